"""What is fitted in a phase: the whole model on images, or its head on features that the frozen part has given."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np
from numpy.typing import NDArray

from hpo.data import Augmentation, Dataset, Part, Rows, TrialData
from hpo.data.layers.batches import Batches
from hpo.spaces import Config
from hpo.training.features.cut import Cut, cut_model
from hpo.training.features.store import FeatureRequest, FeatureStore
from hpo.training.features.versions import Versions, make_versions
from hpo.training.feeding.feeding import evaluation_batches, predictions
from hpo.training.feeding.parts import part_sizes
from hpo.training.measuring.predicting import predicting_model
from hpo.training.memory import uses_gpu
from hpo.training.network.compiling import compile_head
from hpo.training.network.generators import read_generators, write_generators
from hpo.training.network.model import BuiltModel

_EXACT = ("tensorflow", "torch")
"""Engines that run one operation after the other on a CPU, whatever follows: XLA, which compiles a step as a whole for
JAX and for GPUs, may make other digits of a part of it."""


@dataclass(frozen=True, slots=True)
class Trainee:
    """A model that is fitted, and what it is fed.

    Attributes:
        model: the trial's, or a head with its layers and its optimizer.
        data: to train it on; of a head, features take the place of pixels.
        validation: batches of the validation part.
    """

    model: keras.Model
    data: TrialData
    validation: Batches


class Trainees:
    """Chooses what is fitted of a trial's model, phase by phase.

    Attributes:
        built: the trial's model.
        config: of the trial.
        data: its images.
    """

    def __init__(self, built: BuiltModel, config: Config, data: TrialData, store: FeatureStore | None) -> None:
        """Begin with the whole model.

        Args:
            built: the trial's model.
            config: of the trial.
            data: its images.
            store: has features; None where all is computed anew, but for what `cache_augmented` asks for.
        """
        self.built, self.config, self.data = built, config, data
        self._validation = evaluation_batches(data, config, built.accumulation_steps)
        augmentation = config.data.augmentation if isinstance(config.data, Dataset) else None
        self._versions = self._make_versions(augmentation)
        self._store = store
        if self._versions is not None:
            self._store = store or FeatureStore()
        elif not _computes_exactly(built.model) or (augmentation and any(vars(augmentation).values())):
            self._store = None
        self._chosen: dict[tuple[int, int], Trainee] = {}

    def choose(self, phase: int, repeat: int, epochs: int, watch: Callable[[], None]) -> Trainee:
        """Choose what is fitted for the epoch that is next.

        Args:
            phase: the model is frozen for it.
            repeat: of the trial; the model has its weights.
            epochs: how many are to come in the phase.
            watch: is called while features are computed, and may raise.
        """
        place = phase, repeat
        if place not in self._chosen:
            self._chosen = {earlier: trainee for earlier, trainee in self._chosen.items() if earlier[0] == place[0]}
            self._chosen[place] = self._open(epochs, watch) or self._whole
        return self._chosen[place]

    def predict(self, validated: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """Predict the classes of the validation part as the kept model does, of features where they are at hand.

        Args:
            validated: what the model has predicted of each image itself; None where that is not known.
        """
        size = math.ceil(self.config.training.batch_size / self.built.accumulation_steps)
        versions = self.config.data.test_time_augmentation if isinstance(self.config.data, Dataset) else None
        if versions is not None:
            return predictions(
                predicting_model(self.built.model, versions), self.data.validation, math.ceil(size / versions.count)
            )
        if validated is not None:
            return validated
        trainee = self._open(0, None) or self._whole
        return predictions(trainee.model, trainee.data.validation, size)

    @property
    def _whole(self) -> Trainee:
        return Trainee(self.built.model, self.data, self._validation)

    def _make_versions(self, augmentation: Augmentation | None) -> Versions | None:
        count = self.config.data.cache_augmented if isinstance(self.config.data, Dataset) else None
        return None if count is None or augmentation is None else make_versions(augmentation, count)

    def _open(self, epochs: int, watch: Callable[[], None] | None) -> Trainee | None:
        """Have the features of the frozen part, and the head above it; None where the whole model is to be used."""
        store, data, parts = self._store, self.data, self.built.accumulation_steps
        if store is None:
            return None
        generators = read_generators()  # of which the whole model would not draw now
        try:
            cut = _cut(self.built.model, through_augmentation=self._versions is not None)
            images = len(data.train) + len(data.validation)
            if cut is None or not _is_frozen(cut):
                return None
            if watch is not None and self._versions is None and not store.pays(cut, images, epochs):
                return None
            sizes = part_sizes(len(data.train), self.config.training.batch_size, parts)
            size = math.ceil(self.config.training.batch_size / parts)
            sizes |= part_sizes(len(data.validation), size, 1)
            features = store.open(FeatureRequest(cut, data, sizes, self._versions), watch)
        finally:
            write_generators(generators)
        if features is None:
            return None
        head = cut.head
        if getattr(head, "optimizer", None) is not self.built.model.optimizer:
            compile_head(head, self.built.model, self.config.training, data.outline)
        fed = _feed(data, features, 1 if self._versions is None else self._versions.count)
        return Trainee(head, fed, evaluation_batches(fed, self.config, parts))


_CUTS: WeakKeyDictionary[keras.Model, dict[object, Cut | None]] = WeakKeyDictionary()
"""Of models that are in use: a model that is used again has its head with it, compiled and traced."""


def _cut(model: keras.Model, *, through_augmentation: bool) -> Cut | None:
    cuts = _CUTS.setdefault(model, {})
    key = through_augmentation, *(layer.trainable for layer in model._flatten_layers())
    if key not in cuts:
        cuts[key] = cut_model(model, through_augmentation=through_augmentation)
    return cuts[key]


def _computes_exactly(model: keras.Model) -> bool:
    """Tell whether a part of a model that is compiled has the digits that it has in the whole."""
    return keras.backend.backend() in _EXACT and not model.jit_compile and not uses_gpu()


def _is_frozen(cut: Cut) -> bool:
    """Tell whether the base has weights: normalization alone is no base."""
    return bool(cut.variables)


@dataclass(frozen=True, slots=True, eq=False)
class _FeatureRows:
    """Features in the place of pixels."""

    array: Any
    is_slow = False

    @property
    def shape(self) -> Any:  # noqa: ANN401 - of however many axes
        return self.array.shape

    def read(self, rows: Rows) -> Any:  # noqa: ANN401 - of whichever dtype
        return self.array[rows]


def _feed(data: TrialData, features: NDArray[Any], versions: int) -> TrialData:
    """Put features in the place of the images of a trial's data."""
    count = len(data.train)
    train = Part(_FeatureRows(features[:count]), data.train.labels)
    validation = Part(_FeatureRows(features[count * versions :]), data.validation.labels)
    every = Part(_FeatureRows(features[: count * versions]), np.tile(data.train.labels, versions))
    return replace(data, train=train, validation=validation, versions=every if versions > 1 else None)
