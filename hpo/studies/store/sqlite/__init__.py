"""A study in an SQLite file of this machine."""
