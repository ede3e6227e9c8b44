"""A file on the disk to a spec: bases, overrides, paths, all mistakes at once."""
