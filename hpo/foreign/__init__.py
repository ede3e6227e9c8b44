"""Files of other tools: KerasTuner spaces and W&B sweeps to space files, KerasTuner models to parameters."""
