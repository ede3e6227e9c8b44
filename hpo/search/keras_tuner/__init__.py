"""Search by KerasTuner's oracles."""
