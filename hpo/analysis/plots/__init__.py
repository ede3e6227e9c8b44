"""A study as figures."""
