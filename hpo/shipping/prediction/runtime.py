"""What runs a model: Keras on an engine, or the runtime of the format that it was exported to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpo.errors import Fault, MissingExtraError, UserError, WorkError
from hpo.own_code import describe_error
from hpo.shipping.formats import TRAITS, ExportFormat
from hpo.shipping.runtimes import load_export


@dataclass(frozen=True, slots=True)
class Runtime:
    """A loaded model.

    Attributes:
        name: of what runs it, with its version: `keras 3.15.1 on jax`, `onnxruntime 1.32.0`.
        predict: a batch `[n, height, width, channels]` of the model's dtype to probabilities, float32 `[n, classes]`;
            one thread calls it at a time.
        model: the Keras model, where it is one.
    """

    name: str
    predict: Callable[[NDArray[Any]], NDArray[np.float32]]
    model: Any | None = None


def load_keras_model(path: Path, classes: int) -> Runtime:
    """Load a `.keras` file in Keras' safe mode, on the engine that Keras is set to.

    Raises:
        WorkError: it is damaged, or cannot be loaded.
        UserError: it does not predict so many classes.
    """
    from hpo.training.measuring.saved_model import UnusableModelError, load_saved_model

    try:
        model = load_saved_model(path)
    except (UnusableModelError, MemoryError) as error:
        raise WorkError(f"{path.name}: {error or 'there is not enough memory for it'}") from error
    shape = getattr(model, "output_shape", None)
    if not isinstance(shape, tuple) or shape[1:] != (classes,):
        rule, received = f"the model predicts {classes} classes", f"one whose output has the shape {shape}"
        raise UserError(Fault(rule, received, "name a model that a study has kept", subject=path.name))
    keras = import_module("keras")
    engine = keras.config.backend()

    def predict(images: NDArray[Any]) -> NDArray[np.float32]:
        count = len(images)
        if engine == "jax":  # which compiles for each number of images: a few numbers, then
            padding = 2 ** (count - 1).bit_length() - count
            images = np.concatenate([images, np.repeat(images[-1:], padding, axis=0)])
        return np.asarray(model.predict_on_batch(images), np.float32)[:count]

    return Runtime(f"keras {keras.__version__} on {engine}", predict, model)


def load_exported_model(path: Path, name: ExportFormat) -> Runtime:
    """Load an exported model by the runtime of its format.

    Raises:
        MissingExtraError: the runtime is not installed.
        WorkError: the model is damaged, or cannot be loaded.
    """
    try:
        loaded = load_export(name, path)
    except Exception as error:  # whatever the runtime raises
        raise WorkError(
            f"{path}: {TRAITS[name].runtime} loads it. Received {describe_error(error).rstrip('.')}."
        ) from error
    if loaded is None:
        rule, received = f"{TRAITS[name].runtime} runs it", "an installation without"
        raise MissingExtraError(Fault(rule, received, f"type: pip install {TRAITS[name].runtime}", subject=str(path)))
    return Runtime(loaded.runtime, loaded.predict)
