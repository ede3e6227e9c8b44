"""Data sets, their parts, and the layers that prepare their images."""

from hpo.data.augmentation import Augmentation, augmentation_layers
from hpo.data.dataset import Dataset
from hpo.data.images import Images, Part
from hpo.data.normalization import in_network_colors, normalization_layer
from hpo.data.outline import Outline
from hpo.data.preparation import DataStore, PreparedData, TrialData

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
