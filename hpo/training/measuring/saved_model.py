"""What a model that was kept predicts for images that no trial has seen."""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import keras

from hpo.data import Part, cut_to_bytes, split_at_network
from hpo.own_code import describe_error
from hpo.training.failures import cause_of
from hpo.training.feeding.feeding import predictions
from hpo.training.measuring.score import Probabilities

if TYPE_CHECKING:
    from upath import UPath

    from hpo.training.pool.pool import ModelPool

_RUNS_CODE = re.compile("safe_mode|unsafe_deserialization")


class UnusableModelError(Exception):
    """A kept model is damaged or another study's: it cannot be loaded, or does not predict the study's classes."""


def predict_with(
    path: Path | UPath, part: Part, classes: Sequence[str], batch_size: int, pool: ModelPool | None = None
) -> Probabilities:
    """Class probabilities `[n, classes]` of the images of a part, by a saved model.

    Args:
        path: a `.keras` file, behind any fsspec URL.
        part: images of the size that the model takes.
        classes: their names, in the order of the model's probabilities.
        batch_size: the one that the model was trained with, which fits into memory.
        pool: may have a compiled model that differs from the saved one in nothing but its weights, and gets those then.

    Raises:
        UnusableModelError: the model cannot be loaded, or does not predict classes of such images.
        MemoryError: there is not enough.
    """
    model = load_saved_model(path)
    shape = getattr(model, "output_shape", None)
    if not isinstance(shape, tuple) or shape[1:] != (len(classes),):
        raise UnusableModelError(f"it does not predict {len(classes)} classes: its output has the shape {shape}")
    try:
        network = _cut_to_network(model)
        compiled = None if pool is None else pool.load_weights(network)
        return predictions(network if compiled is None else compiled, part, batch_size)
    except Exception as error:
        if cause_of(error).kind == "out_of_memory":
            raise MemoryError(str(error)) from error
        raise UnusableModelError(f"it does not predict: {describe_error(error)}") from error


def _cut_to_network(model: keras.Model) -> keras.Model:
    """Cut a saved model to what follows its hundred operations of resizing, which leave images of its size as they are.

    To trace them takes as long as the rest of a small network.
    """
    parts = split_at_network(model)
    return cut_to_bytes(model) if parts is None else parts[1]


def load_saved_model(path: Path | UPath) -> keras.Model:
    """Load a kept model; code that its file brings is not run.

    Raises:
        UnusableModelError: it cannot be loaded.
        MemoryError: there is not enough.
    """
    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder) / "model.keras"
        if path.exists() and not (path.is_file() or path.is_dir()):  # reading a pipe could last for ever
            raise UnusableModelError("it cannot be read: it is no file")
        try:
            content = path.read_bytes()
        except OSError as error:
            raise UnusableModelError(f"it cannot be read: {error.strerror or error}") from error
        local.write_bytes(content)
        if not zipfile.is_zipfile(local):
            raise UnusableModelError("it cannot be loaded: it is no .keras file, which is a zip archive")
        try:
            return keras.models.load_model(local, compile=False)
        except Exception as error:
            if cause_of(error).kind == "out_of_memory":
                raise MemoryError(str(error)) from error
            raise UnusableModelError(f"it cannot be loaded: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """What Keras says of it, without its advice to run code that a file brings."""
    if _RUNS_CODE.search(str(error)):
        return "it brings code of its own, such as a Lambda layer, and code of a file is not run"
    return describe_error(error)
