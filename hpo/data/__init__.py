"""Data sets, their parts, and the layers that prepare their images."""

from hpo.data.dataset import Augmentation, Dataset
from hpo.data.images import Images, Part
from hpo.data.outline import Outline
from hpo.data.preparation import DataStore, PreparedData, TrialData
from hpo.data.transforms import augmentation_layers, in_network_colors, normalization_layer

__all__ = [
    "Augmentation",
    "DataStore",
    "Dataset",
    "Images",
    "Outline",
    "Part",
    "PreparedData",
    "TrialData",
    "augmentation_layers",
    "in_network_colors",
    "normalization_layer",
]
