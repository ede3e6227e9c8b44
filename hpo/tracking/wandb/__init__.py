"""Weights & Biases: a run for each trial."""
