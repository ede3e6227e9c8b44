"""CNN builders: registered families, and the freezing of pre-trained layers."""

from hpo.models.family import ClassifierHead, FrozenLayers, ImpossibleArchitectureError, ModelFamily, PixelScale, Shape

__all__ = ["ClassifierHead", "FrozenLayers", "ImpossibleArchitectureError", "ModelFamily", "PixelScale", "Shape"]
