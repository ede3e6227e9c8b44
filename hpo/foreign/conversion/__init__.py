"""From other tools: a Weights & Biases sweep, or a KerasTuner space, as a space file."""

from hpo.foreign.conversion.conversion import Conversion, convert

__all__ = ["Conversion", "convert"]
