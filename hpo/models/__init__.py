"""CNN builders: registered families, and the freezing of pre-trained layers."""

from hpo.models.family import ImpossibleArchitectureError, ModelFamily, PixelScale, Shape
from hpo.models.head import ClassifierHead
from hpo.spaces.phases import FrozenLayers

__all__ = ["ClassifierHead", "FrozenLayers", "ImpossibleArchitectureError", "ModelFamily", "PixelScale", "Shape"]
