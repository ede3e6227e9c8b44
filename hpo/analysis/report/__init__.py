"""A study in one document."""
