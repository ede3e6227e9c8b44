"""CNN builders: registered families, and the freezing of pre-trained layers."""

from hpo.models.family import FrozenLayers, ImpossibleArchitectureError, ModelFamily, PixelScale, Shape
from hpo.models.head import ClassifierHead

__all__ = ["ClassifierHead", "FrozenLayers", "ImpossibleArchitectureError", "ModelFamily", "PixelScale", "Shape"]
