"""Search by a sweep of Weights & Biases: its server decides what to try, and workers are its agents."""
