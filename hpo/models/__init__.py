"""CNN builders: registered families, the freezing of pre-trained layers, and weights to start from."""

from hpo.models.families.head import ClassifierHead
from hpo.models.family import ImpossibleArchitectureError, ModelFamily, PixelScale, Shape
from hpo.models.weights import check_fit
from hpo.spaces.sections.recipe import FrozenLayers

__all__ = [
    "ClassifierHead",
    "FrozenLayers",
    "ImpossibleArchitectureError",
    "ModelFamily",
    "PixelScale",
    "Shape",
    "check_fit",
]
