"""Exported models in the runtimes of their formats: what runs them where neither Keras nor hpo is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpo.shipping.formats import TRAITS, ExportFormat

Predict = Callable[[NDArray[Any]], NDArray[np.float32]]
"""From images `[n, height, width, channels]`, as the model takes them, to probabilities `[n, classes]`."""


@dataclass(frozen=True, slots=True)
class LoadedExport:
    """An exported model, loaded by the runtime of its format.

    Attributes:
        runtime: its name and version, as `onnxruntime 1.32.0`.
        predict: see `Predict`; one thread calls it at a time.
    """

    runtime: str
    predict: Predict


def load_export(name: ExportFormat, path: Path) -> LoadedExport | None:
    """Load an exported model by the runtime of its format, on the CPU where the runtime knows several devices.

    Args:
        name: of the format.
        path: of the model: `model.onnx`, or the folder `saved_model`.

    Returns:
        None where the runtime is not installed.

    Raises:
        Exception: whatever the runtime raises where it cannot load the file.
    """
    traits = TRAITS[name]
    if traits.runtime_version is None:
        return None
    return LoadedExport(f"{traits.runtime} {traits.runtime_version}", _LOADERS[name](path))


def _load_keras(path: Path) -> Predict:
    import keras

    model = keras.models.load_model(path, compile=False)  # in safe mode: no code of the file is run
    return lambda images: np.asarray(model.predict_on_batch(images), np.float32)


def _load_onnx(path: Path) -> Predict:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (images_input,) = session.get_inputs()

    def predict(images: NDArray[Any]) -> NDArray[np.float32]:
        (probabilities,) = session.run(None, {images_input.name: images})
        return np.asarray(probabilities, np.float32)

    return predict


def _load_saved_model(path: Path) -> Predict:
    import tensorflow as tf

    signature = tf.saved_model.load(str(path)).signatures["serving_default"]
    (name,) = signature.structured_input_signature[1]

    def predict(images: NDArray[Any]) -> NDArray[np.float32]:
        (probabilities,) = signature(**{name: tf.constant(images)}).values()
        return np.asarray(probabilities.numpy(), np.float32)

    return predict


def _load_litert(path: Path) -> Predict:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path))
    (images_input,), (output,) = interpreter.get_input_details(), interpreter.get_output_details()
    shapes: list[tuple[int, ...]] = []

    def predict(images: NDArray[Any]) -> NDArray[np.float32]:
        if shapes != [images.shape]:
            interpreter.resize_tensor_input(images_input["index"], images.shape)
            interpreter.allocate_tensors()
            shapes[:] = [images.shape]
        interpreter.set_tensor(images_input["index"], images)
        interpreter.invoke()
        return np.array(interpreter.get_tensor(output["index"]), np.float32)

    return predict


def _load_openvino(path: Path) -> Predict:
    openvino = import_openvino()
    compiled = openvino.Core().compile_model(str(path), "CPU")
    return lambda images: np.array(compiled(images)[0], np.float32)


def import_openvino() -> ModuleType:
    """Import OpenVINO without what reports each import of it to Google Analytics (2026.4), unless it is told not to.

    It does without where that package cannot be imported.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    return import_module("openvino")


def _load_torch(path: Path) -> Predict:
    import torch

    module = torch.export.load(str(path)).module()

    def predict(images: NDArray[Any]) -> NDArray[np.float32]:
        with torch.no_grad():
            return np.asarray(module(torch.from_numpy(images)).numpy(), np.float32)

    return predict


_LOADERS: dict[ExportFormat, Callable[[Path], Predict]] = {
    "keras": _load_keras,
    "onnx": _load_onnx,
    "saved_model": _load_saved_model,
    "litert": _load_litert,
    "openvino": _load_openvino,
    "torch": _load_torch,
}
