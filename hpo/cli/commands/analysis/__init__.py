"""Commands that say what a study teaches."""
