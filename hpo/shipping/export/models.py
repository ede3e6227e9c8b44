"""Brings a kept model into the form that formats take: constants that are constants, and computation in float32."""

from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hpo.errors import WorkError
from hpo.training.measuring.saved_model import UnusableModelError, load_saved_model

if TYPE_CHECKING:
    import keras

_CONFIG = "config.json"


def load_model(path: Path) -> keras.Model:
    """Load a kept model; code that its file brings is not run.

    Raises:
        WorkError: it cannot be loaded.
    """
    try:
        return load_saved_model(path)
    except (UnusableModelError, MemoryError) as error:
        raise WorkError(f"{path.name}: {error or 'there is not enough memory for it'}") from error


def list_policies(model: keras.Model) -> list[str]:
    """List the precisions in which the layers of a model compute: `float32`, `mixed_float16` and such."""
    return sorted({layer.dtype_policy.name for layer in model._flatten_layers() if layer.weights})


def make_exportable(path: Path, model: keras.Model) -> keras.Model:
    """Make the model that is exported: the same one, or one with the same weights that computes in float32.

    Formats say which precision is computed in, and runtimes choose a lower one themselves where that is quicker: LiteRT
    has no kernels for operations in float16 (it would need TensorFlow's, "Flex"), and ONNX on a CPU would convert back
    and forth.

    Args:
        path: of its `.keras` file.
        model: the same, loaded.
    """
    if list_policies(model) != ["float32"]:
        with tempfile.TemporaryDirectory() as folder:
            model = load_model(_write_in_float32(path, Path(folder) / path.name))
    _embed_constants(model)
    return model


def _embed_constants(model: keras.Model) -> None:
    """Have mean and variance of normalization layers be constants of the graph.

    Keras (3.15) holds them as tensors of the engine, and tf2onnx makes two more inputs of those, which whoever runs
    the ONNX file would have to give.
    """
    import keras

    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Normalization):
            layer.mean, layer.variance = (keras.ops.convert_to_numpy(values) for values in (layer.mean, layer.variance))


def _write_in_float32(path: Path, target: Path) -> Path:
    """Copy a `.keras` file with the precision of each of its layers changed."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            content = source.read(name)
            if name == _CONFIG:
                content = json.dumps(_replace_policies(json.loads(content))).encode()
            copy.writestr(name, content)
    return target


def _replace_policies(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return [_replace_policies(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("class_name") == "DTypePolicy":
        return {**value, "config": {**value["config"], "name": "float32"}}
    return {key: _replace_policies(item) for key, item in value.items()}


def predict(model: keras.Model, images: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Predict a batch of images."""
    return np.asarray(model.predict_on_batch(images), np.float32)
