"""Data sets, their parts, and the layers that prepare their images."""

from hpo.data.dataset import Dataset
from hpo.data.layers.augmentation import Augmentation, augmentation_layers
from hpo.data.layers.normalization import normalization_layer, to_network_colors
from hpo.data.parts.outline import Outline
from hpo.data.pixels.images import Images, Part
from hpo.data.preparation import DataStore, PreparedData
from hpo.data.trial_data import TrialData

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
    "normalization_layer",
    "to_network_colors",
]
