"""Networks that somebody else's code makes: the user's own, and KerasTuner's models."""

from hpo.models.foreign.keras_tuner import KerasTuner, alternative_name, check_installed, load_hypermodel
from hpo.models.foreign.own_network import own_compilation

__all__ = ["KerasTuner", "alternative_name", "check_installed", "load_hypermodel", "own_compilation"]
