"""CNN builders: registered families, and the freezing of pre-trained layers."""

from hpo.models.family import ClassifierHead, ImpossibleArchitectureError, ModelFamily, Shape

__all__ = ["ClassifierHead", "ImpossibleArchitectureError", "ModelFamily", "Shape"]
