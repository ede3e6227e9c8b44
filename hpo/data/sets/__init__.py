"""The data sets that a file can name."""
