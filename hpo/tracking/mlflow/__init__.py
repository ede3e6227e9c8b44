"""MLflow: a run for each trial, in an experiment for each study."""
