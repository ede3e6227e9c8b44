"""What a model is fed: batches to train on, and batches to be compared on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from numpy.typing import NDArray

from hpo.data import Dataset, Labels, MixedBatch, Part, TrialData, apply_policies, has_policy, mix
from hpo.data.layers.batches import Batches
from hpo.spaces import Config, Recipe
from hpo.training.feeding.datasets import as_dataset, trace_prediction
from hpo.training.feeding.parts import BatchParts, has_uneven_parts
from hpo.training.network.steps import evaluated_targets, keep_predictions, take_predictions

if TYPE_CHECKING:
    import tensorflow as tf

Batch = tuple[NDArray[Any], ...]
"""Images and targets; and, where they differ, weights of the images."""


def training_batches(
    data: TrialData, config: Config, seed: int, passes: int = 0, *, first_step: int = 0, accumulation_steps: int = 1
) -> Batches | BatchParts:
    """The training part as its recipe feeds it: in another order in every epoch, changed by policies, and mixed.

    Args:
        data: its training part is cut into batches.
        config: its recipe is the one that the model was compiled with; see `check_classes`.
        seed: of the order, and of what is mixed with what.
        passes: that a training which goes on has ended already; see `Batches`.
        first_step: what it begins with in the pass under way, in whole batches.
        accumulation_steps: in how many parts each batch is fed; Keras calls each of them a batch.
    """
    batches = _TrainingBatches(data, config, seed, passes, first_step)
    if accumulation_steps == 1:
        return batches
    is_weighted = has_uneven_parts(len(data.train), config.training.batch_size, accumulation_steps)
    return BatchParts(batches, accumulation_steps, is_weighted=is_weighted)


def evaluation_batches(data: TrialData, config: Config, accumulation_steps: int = 1) -> Batches:
    """The validation part, in its order, with targets of the form that training has: not smoothed, not weighted.

    Batches are as large as the parts in which training is fed.
    """
    return _EvaluationBatches(data, config.training, accumulation_steps)


def predictions(model: keras.Model, part: Part, batch_size: int) -> NDArray[np.float32]:
    """Class probabilities `[n, classes]` of the images of a part, in its order."""
    targets = evaluated_targets(model)
    if targets is not None:
        with_targets = _BatchesWithTargets(part, batch_size, targets)
        keep_predictions(model, math.inf)
        model.evaluate(as_dataset(with_targets), verbose=0)
        predicted = take_predictions(model)
        if predicted is not None:  # as where a step of the user's own computes no metrics of them
            return predicted
    batches = Batches(part, batch_size)  # which lives until the end: a dataset does not keep it
    dataset = as_dataset(batches)
    trace_prediction(model, dataset)
    probabilities: NDArray[np.float32] = model.predict(dataset, verbose=0)
    return probabilities


def class_weights(data: TrialData, recipe: Recipe) -> NDArray[np.float32] | None:
    """How much an image of each class counts, `[classes]`; None where all count the same."""
    classes, weights = data.classes, recipe.class_weights
    if weights is None:
        return None
    if weights == "balanced":  # of classes with images: an empty one has none to be weighted
        counts = np.bincount(data.train.labels, minlength=len(classes))
        return (len(data.train) / np.count_nonzero(counts) / np.maximum(counts, 1)).astype(np.float32)
    return np.array([weights.get(name, 1.0) for name in classes], np.float32)


class _EvaluationBatches(Batches):
    def __init__(self, data: TrialData, recipe: Recipe, accumulation_steps: int) -> None:
        super().__init__(data.validation, math.ceil(recipe.batch_size / accumulation_steps))
        self._classes = len(data.classes)
        self._is_one_hot = recipe.has_one_hot_targets

    def make_batch(self, step: int, images: NDArray[np.uint8], labels: Labels) -> Batch:
        return images, one_hot(labels, self._classes) if self._is_one_hot else labels


class _BatchesWithTargets(Batches):
    """Images with targets of a form, which say nothing: for a function that takes both."""

    def __init__(self, part: Part, batch_size: int, targets: tf.TensorSpec) -> None:
        super().__init__(part, batch_size)
        self._shape, self._dtype = targets.shape[1:], targets.dtype.as_numpy_dtype

    def make_batch(self, step: int, images: NDArray[np.uint8], labels: Labels) -> Batch:
        return images, np.zeros((len(images), *self._shape), self._dtype)


class _TrainingBatches(Batches):
    """What is drawn for a batch follows from seed, pass and step: engines ask for batches in orders of their own."""

    def __init__(self, data: TrialData, config: Config, seed: int, passes: int, first_step: int) -> None:
        recipe = config.training
        self._augmentation = config.data.augmentation if isinstance(config.data, Dataset) else None
        reads_ahead = True if has_policy(self._augmentation) else None
        super().__init__(data.train, recipe.batch_size, seed, passes, first_step, reads_ahead=reads_ahead)
        self._classes = len(data.classes)
        self._recipe = recipe
        self._weights = class_weights(data, recipe)
        self._versions = data.versions
        self._seed = seed

    def change_images(self, rows: NDArray[np.intp], images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return apply_policies(images, self._augmentation, self._seed, self.passes, rows)

    def make_batch(self, step: int, images: NDArray[np.uint8], labels: Labels) -> Batch:
        if self._versions is not None:
            images = self._draw_versions(step)
        if not self._recipe.has_one_hot_targets:
            return (images, labels) if self._weights is None else (images, labels, self._weights[labels])
        weights = np.ones(len(labels), np.float32) if self._weights is None else self._weights[labels]
        batch = MixedBatch(images, self._smooth(one_hot(labels, self._classes)), weights)
        if self._augmentation is not None:
            batch = mix(batch, self._augmentation, np.random.default_rng((self._seed, self.passes, step)))
        return (batch.images, batch.targets, *([] if self._weights is None else [batch.weights]))

    def _draw_versions(self, step: int) -> NDArray[Any]:
        """Draw a version of each image of a batch."""
        assert self._versions is not None  # noqa: S101 - its caller has asked
        rows, images = self.rows(step), len(self._part)
        count = len(self._versions) // images
        drawn = np.random.default_rng((self._seed, self.passes, step, count)).integers(count, size=len(rows))
        return self._versions.pixels(rows + images * drawn)

    def _smooth(self, targets: NDArray[np.float32]) -> NDArray[np.float32]:
        smoothing = np.float32(self._recipe.label_smoothing)
        return targets * (1 - smoothing) + smoothing / np.float32(self._classes)


def one_hot(labels: Labels, classes: int) -> NDArray[np.float32]:
    """Labels `[n]` as float32 `[n, classes]`, 1 at the label and 0 elsewhere."""
    return np.eye(classes, dtype=np.float32)[labels]
