"""Networks that somebody else's code makes: the user's own, and KerasTuner's models."""

from hpo.models.foreign.keras_tuner import KerasTuner, check_installed, load_hypermodel, name_alternative
from hpo.models.foreign.own_network import own_compilation

__all__ = ["KerasTuner", "check_installed", "load_hypermodel", "name_alternative", "own_compilation"]
