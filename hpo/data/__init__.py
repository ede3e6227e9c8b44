"""Data sets, their parts, and the layers that prepare their images."""

from hpo.data.dataset import ArrayDataset, Dataset
from hpo.data.files.unlabelled import ImageFile, list_images, list_table_images
from hpo.data.layers.augmentation import Augmentation, is_augmentation, make_augmentation_layers
from hpo.data.layers.mixing import MixedBatch, mix
from hpo.data.layers.normalization import make_normalization_layer, to_network_colors
from hpo.data.layers.policies import apply_policies, has_policy
from hpo.data.layers.prediction_versions import PredictionVersions, average_versions, make_versions
from hpo.data.layers.raw_images import cut_to_bytes, raw_images, split_at_network
from hpo.data.parts.class_counts import count_classes, describe_missing_classes
from hpo.data.parts.splitting import split_for_trial
from hpo.data.pixels.cache import Cache, NoRoomError, make_key
from hpo.data.pixels.decoding import UndecodableError
from hpo.data.pixels.image_reader import ImageReader, ReadableImage
from hpo.data.pixels.images import Images, Labels, Part, Pixels, Rows
from hpo.data.pixels.reduction import Depth
from hpo.data.pixels.resizing import Resize
from hpo.data.pixels.threads import map_in_threads
from hpo.data.preparation import DataStore, PreparedData
from hpo.data.trial_data import Outline, TrialData

__all__ = [
    "ArrayDataset",
    "Augmentation",
    "Cache",
    "DataStore",
    "Dataset",
    "Depth",
    "ImageFile",
    "ImageReader",
    "Images",
    "Labels",
    "MixedBatch",
    "NoRoomError",
    "Outline",
    "Part",
    "Pixels",
    "PredictionVersions",
    "PreparedData",
    "ReadableImage",
    "Resize",
    "Rows",
    "TrialData",
    "UndecodableError",
    "apply_policies",
    "average_versions",
    "count_classes",
    "cut_to_bytes",
    "describe_missing_classes",
    "has_policy",
    "is_augmentation",
    "list_images",
    "list_table_images",
    "make_augmentation_layers",
    "make_key",
    "make_normalization_layer",
    "make_versions",
    "map_in_threads",
    "mix",
    "raw_images",
    "split_at_network",
    "split_for_trial",
    "to_network_colors",
]
