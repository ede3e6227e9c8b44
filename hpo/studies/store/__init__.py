"""The storage of a study: read by itself to look at, through Optuna to work on."""
