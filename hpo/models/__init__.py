"""CNN builders: registered families, and the freezing of pre-trained layers."""

from hpo.models.families.head import ClassifierHead
from hpo.models.family import ImpossibleArchitectureError, ModelFamily, PixelScale, Shape
from hpo.spaces.sections.recipe import FrozenLayers

__all__ = ["ClassifierHead", "FrozenLayers", "ImpossibleArchitectureError", "ModelFamily", "PixelScale", "Shape"]
