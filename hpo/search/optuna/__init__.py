"""The search backend by Optuna: samplers, pruners, and a study as they may see it."""
