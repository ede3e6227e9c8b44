"""The parts of a data set: how images are split, counted and summed up."""
