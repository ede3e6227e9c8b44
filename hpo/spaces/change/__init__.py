"""One space beside another: what differs, and which trials of one lie in the other."""
