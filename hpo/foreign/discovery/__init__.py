"""What a space file leaves to be found out: the hyperparameters of a KerasTuner model that it names."""

from hpo.foreign.discovery.completion import Completion

__all__ = ["Completion"]
