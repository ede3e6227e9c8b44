"""A few images of a data set with their labels: as they are read, and as they are when trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo.data.dataset import Dataset
from hpo.data.inspection.inspection import choose_reduction, tolerant_listing
from hpo.data.layers.augmentation import Augmentation, augmentation_layers
from hpo.data.pixels.decoding import UndecodableError, open_image
from hpo.data.pixels.images import Labels, Part, Pixels
from hpo.data.pixels.resizing import Resizing
from hpo.data.sets.folder import Folder
from hpo.data.trial_data import TrialData

SAMPLES = 100


@dataclass(frozen=True, slots=True)
class Samples:
    """Images of the training part, by class, as many of each as can be.

    Attributes:
        classes: the names that labels are indices of.
        images: uint8 `[height, width, 1 or 3]` each; of one size where `image_size` is set.
        labels: one an image.
    """

    classes: tuple[str, ...]
    images: tuple[Pixels, ...]
    labels: Labels


def load_samples(dataset: Dataset, seed: int) -> Samples:
    """A hundred images to look at, or as many as there are; the same seed gives the same."""
    if isinstance(dataset, Folder):
        listing = tolerant_listing(dataset)
        part = listing.parts["train"]
        resizing = Resizing(dataset.image_size, dataset.resize, "grey" if dataset.color == "grey" else "rgb")
        reduction = choose_reduction(dataset, listing, seed)
        images, labels = [], []
        for row in _spread(part.labels, seed).tolist():
            try:
                with open_image(part.files[row].read_bytes()) as stored:
                    images.append(resizing.apply(stored.reduce(reduction)))
            except (OSError, UndecodableError):
                continue
            labels.append(part.labels[row])
            if len(images) == SAMPLES:
                break
        return _by_class(listing.classes, images, np.asarray(labels, np.int32))
    loaded = dataset.load(seed)
    chosen = loaded.train.take(_spread(loaded.train.labels, seed)[:SAMPLES])
    return _by_class(loaded.classes, list(chosen.images), chosen.labels)


def augment(samples: Samples, augmentation: Augmentation, seed: int) -> Samples:
    """The same images as a model gets them in training, before normalization. Imports the engine.

    The same seed changes them alike; they have one size.

    Raises:
        ValueError: the augmentation does not fit to images of this size.
    """
    import keras

    keras.utils.set_random_seed(seed)
    stacked = Part(np.stack(samples.images), samples.labels)
    pixels = stacked.images
    for layer in augmentation_layers(augmentation, TrialData(samples.classes, stacked, stacked)):
        pixels = layer(pixels, training=True)
    changed = np.clip(np.round(keras.ops.convert_to_numpy(pixels)), 0, 255).astype(np.uint8)
    return Samples(samples.classes, tuple(changed), samples.labels)


def _spread(labels: Labels, seed: int) -> NDArray[np.intp]:
    """All rows in an order whose beginning has as many of each class as there can be."""
    random = np.random.default_rng(seed)
    shuffled = random.permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    starts = np.searchsorted(labels[by_class], labels[by_class])
    rounds = np.arange(len(labels)) - starts  # the first of every class, then the second of each
    order: NDArray[np.intp] = by_class[np.lexsort((random.random(len(labels)), rounds))]
    return order


def _by_class(classes: tuple[str, ...], images: list[Pixels], labels: Labels) -> Samples:
    order = np.argsort(labels, kind="stable")
    return Samples(classes, tuple(images[row] for row in order.tolist()), labels[order])
