"""What runs a model: Keras on an engine, or the runtime of a format that it was exported to."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hpo.errors import Fault, UserError, WorkError


class Runtime(Protocol):
    """A loaded model; one thread calls it at a time."""

    @property
    def name(self) -> str:
        """What it is, as people know it, with its version."""

    @property
    def model(self) -> Any | None:  # noqa: ANN401 - keras.Model, where no engine is imported
        """The Keras model, where it is one."""

    def predict(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """Predict a batch: `[n, height, width, channels]` of the model's dtype to probabilities `[n, classes]`."""


class _KerasRuntime:
    def __init__(self, model: Any) -> None:  # noqa: ANN401
        keras = import_module("keras")
        self.model = model
        self._engine = keras.config.backend()
        self.name = f"keras {keras.__version__} on {self._engine}"

    def predict(self, images: NDArray[Any]) -> NDArray[np.float32]:
        count = len(images)
        if self._engine == "jax":  # which compiles for each number of images: a few numbers, then
            padding = 2 ** (count - 1).bit_length() - count
            images = np.concatenate([images, np.repeat(images[-1:], padding, axis=0)])
        return np.asarray(self.model.predict_on_batch(images), np.float32)[:count]


def load_keras_runtime(path: Path, classes: int) -> Runtime:
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
    return _KerasRuntime(model)
