"""What is in a data set, to be looked at."""
