"""A study as its owner sees it: trials, sessions, and how it begins and changes."""
