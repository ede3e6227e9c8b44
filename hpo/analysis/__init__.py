"""Why the best is the best: importance, plots, the report."""
