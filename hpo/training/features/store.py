"""Features of the images of a data set, computed once for all trials and workers of a machine."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from hpo.data import Cache, NoRoomError, Part, TrialData, make_key
from hpo.errors import WorkError
from hpo.processes.environment import thread_count
from hpo.processes.machine import describe_processor
from hpo.studies import package_versions
from hpo.training.features.cut import Cut
from hpo.training.features.versions import FeatureArray, Versions
from hpo.training.network.fingerprint import describe_calls

_FORMAT = 1
_OPERATIONS_A_BYTE = 100
"""From which on features are sooner read than computed anew: a core computes 1e10 to 1e11 a second, a disk reads 1e9
bytes, and the memory in which files are cached 1e10."""
_RECENT = 4
_SETTINGS = ("ATEN_", "DNNL_", "MKL_", "ONEDNN_", "TF_DISABLE_", "TF_ENABLE_", "TF_XLA_", "XLA_")
"""What the names of variables of the environment begin with by which libraries choose their kernels."""
_log = logging.getLogger("hpo.training")


@dataclass(frozen=True, slots=True)
class FeatureRequest:
    """Which features are asked for.

    Attributes:
        cut: of a model with the weights that it is trained with.
        data: the images.
        sizes: of the batches that they are trained and validated in.
        versions: of each training image; None for the image alone.
    """

    cut: Cut
    data: TrialData
    sizes: Collection[int]
    versions: Versions | None = None


class FeatureStore:
    """The features that a trial needs, in the cache that it shares with all others on the machine.

    Features are used where they have the bits of those that the whole model computes. Whether a row of a batch has the
    same bits in batches of other sizes and of other images is up to the kernels of an engine and of a machine: it is
    tried with the sizes that a trial has, once for each of them.
    """

    def __init__(self, cache: Cache | None = None, least_operations: float = 2e10) -> None:
        """Open a store.

        Args:
            cache: where features are kept; the user's own when left out.
            least_operations: that have to be saved in a phase, for all images and epochs together, before it is worth
                to have the base compute for itself: a second of one core, about.
        """
        self._cache = cache or Cache(content="features")
        self._least_operations = least_operations
        self._recent: dict[str, FeatureArray] = {}

    def pays(self, cut: Cut, images: int, epochs: int) -> bool:
        """Tell whether features of so many images save more than they cost, in so many epochs to come."""
        saved = cut.flops * images * (epochs - 1)
        return cut.flops >= _OPERATIONS_A_BYTE * cut.feature_bytes and saved >= max(self._least_operations, 1)

    def open(self, request: FeatureRequest, watch: Callable[[], None] | None) -> FeatureArray | None:
        """Map the features of all images read-only, computed now if nobody has before.

        Args:
            request: which ones.
            watch: is called every now and then, and may raise; None where nothing is to be computed.

        Returns:
            The features; None where they are not to be had, or have other digits than in the whole model.

        Raises:
            WorkError: there is no room for versions of images, which a file asks for.
        """
        key, versions = _make_key(request), request.versions
        try:
            features = self._recent.pop(key, None)
            if features is None and watch is not None:
                features = self._load_or_compute(key, request, watch)
        except OSError as error:
            reason = error.strerror or str(error)
            if versions is not None:
                raise WorkError(
                    f"data.cache_augmented: the cache has room for {versions.count} versions of each training image. "
                    f"Received: {reason}. Raise HPO_CACHE_GB, or lower cache_augmented."
                ) from error
            if not isinstance(error, NoRoomError):
                reason = f"{self._cache.root} cannot be written ({reason})"
            _log.warning("features of the frozen layers are computed anew in every epoch: %s", reason)
            return None
        if features is None:
            return None
        while len(self._recent) >= _RECENT:
            del self._recent[next(iter(self._recent))]
        self._recent[key] = features
        return features if versions is not None or self._has_equal_digits(key, request, features) else None

    def _load_or_compute(self, key: str, request: FeatureRequest, watch: Callable[[], None]) -> FeatureArray | None:
        features = self._cache.array(key)
        if features is None:
            with self._cache.lock(key, watch):
                features = self._cache.array(key)
                if features is None:
                    self._compute(key, request, watch)
                    features = self._cache.array(key)
        return None if features is None else features.view(np.dtype(request.cut.feature.dtype))

    def _compute(self, key: str, request: FeatureRequest, watch: Callable[[], None]) -> None:
        cut, data, versions = request.cut, request.data, request.versions
        shape, dtype = cut.feature.shape[1:], np.dtype(cut.feature.dtype)
        stored = np.dtype(f"u{dtype.itemsize}") if dtype.kind == "V" else dtype  # bfloat16, which NumPy has no name for
        count = len(data.train) * (1 if versions is None else versions.count) + len(data.validation)
        writer = self._cache.writer(key, (count, *shape), stored.str)
        _log.info(
            "computing features of %d images (%.3g MB)", count, count * int(np.prod(shape)) * dtype.itemsize / 1e6
        )
        try:
            for features in _features_of(cut, data, max(request.sizes), versions):
                writer.append(features.view(stored))
                watch()
            self._cache.adopt(key, writer)
        finally:
            writer.discard()

    def _has_equal_digits(self, key: str, request: FeatureRequest, features: FeatureArray) -> bool:
        """Tell whether a batch of any of these sizes, of whichever images, has the features that are kept."""
        verdict = make_key("equal digits", key, sorted(request.sizes))
        text = self._cache.text(verdict)
        if text is None:
            text = json.dumps(all(_is_equal(request.cut, request.data.train, features, size) for size in request.sizes))
            self._cache.write_text(verdict, text)
            if text == "false":
                _log.warning("features of the frozen layers are computed anew: their digits depend on the batch")
        return text == "true"


def _is_equal(cut: Cut, part: Part, features: FeatureArray, size: int) -> bool:
    rows = np.random.default_rng(size).permutation(len(part))[:size]
    return _predict(cut, part.pixels(rows)).tobytes() == np.ascontiguousarray(features[rows]).tobytes()


def _features_of(cut: Cut, data: TrialData, size: int, versions: Versions | None) -> Iterator[FeatureArray]:
    """Compute features batch by batch."""
    if versions is None:
        yield from _features_of_part(cut, data.train, size)
    else:
        yield from versions.features_of(cut, (lambda: _batches(data.train, versions.batch_size)), _predict)
    yield from _features_of_part(cut, data.validation, size)


def _features_of_part(cut: Cut, part: Part, size: int) -> Iterator[FeatureArray]:
    """Compute features in batches of one size, the last one filled up: smaller ones may have other digits."""
    for start in range(0, len(part), size):
        rows = np.arange(start, start + size) % len(part)
        yield _predict(cut, part.pixels(rows))[: len(part) - start]


def _batches(part: Part, size: int) -> Iterator[NDArray[np.uint8]]:
    rows = np.arange(len(part))
    for start in range(0, len(part), size):
        yield part.pixels(rows[start : start + size])


def _predict(cut: Cut, pixels: NDArray[np.uint8]) -> FeatureArray:
    return np.asarray(cut.base.predict_on_batch(pixels))


def _make_key(request: FeatureRequest) -> str:
    """Make a key of all that decides features: images, what is computed of them, by what, and where."""
    cut, data, versions = request.cut, request.data, request.versions
    weights = hashlib.sha256()
    for variable in cut.variables:
        weights.update(keras.ops.convert_to_numpy(variable).tobytes())
    described = describe_calls(cut.calls, cut.inputs)
    engine = keras.backend.backend()
    return make_key(
        "features",
        _FORMAT,
        data.key or _digest_images(data),
        weights.hexdigest(),
        json.dumps(described, default=keras.saving.serialize_keras_object),
        cut.feature.dtype,
        None if versions is None else versions.count,
        [engine, thread_count(engine), package_versions("keras", engine), describe_processor(), _kernel_settings()],
    )


def _digest_images(data: TrialData) -> str:
    digest = hashlib.sha256()
    for part in (data.train, data.validation):
        digest.update(str((len(part), part.shape)).encode())
        for chunk in part.chunks():
            digest.update(np.ascontiguousarray(chunk).data)
    return digest.hexdigest()


def _kernel_settings() -> list[str]:
    """List the settings of this process by which libraries choose their kernels."""
    return sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith(_SETTINGS))
