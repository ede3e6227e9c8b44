"""Writes a Keras model in each format, with what `hpo.json` says in the file itself; called where an engine is."""

from __future__ import annotations

import json
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpo.shipping.export.quantization import quantize_litert, quantize_onnx
from hpo.shipping.formats import ExportFormat
from hpo.shipping.privacy import copy_model
from hpo.shipping.runtimes import import_openvino

if TYPE_CHECKING:
    import keras

_MEMBER = "hpo.json"
OUTPUT = "probabilities"
"""The name of the output, where a format has names."""


@dataclass(frozen=True, slots=True)
class ExportSource:
    """What an export is made of.

    Attributes:
        path: the `.keras` file that is exported.
        model: the same, loaded; computes in float32.
        about: what its `hpo.json` says.
        calibration: images by which it is quantized to int8, as the model takes them; None where it is not.
    """

    path: Path
    model: keras.Model
    about: Mapping[str, Any]
    calibration: NDArray[Any] | None = None

    @property
    def members(self) -> dict[str, str]:
        """What the file says of itself: each key of `hpo.json` with its value as JSON."""
        return {key: json.dumps(value, ensure_ascii=False) for key, value in self.about.items()}

    @property
    def text(self) -> str:
        """`hpo.json` itself."""
        return json.dumps(self.about, indent=2, ensure_ascii=False)


def write_model(name: ExportFormat, source: ExportSource, target: Path) -> None:
    """Write a model in a format.

    Args:
        name: of the format.
        source: what to write.
        target: the file, or the folder, that it becomes.

    Raises:
        Exception: whatever the format's own writer raises.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries, about themselves
        _WRITERS[name](source, target)


def _write_keras(source: ExportSource, target: Path) -> None:
    copy_model(source.path, target)


def _write_onnx(source: ExportSource, target: Path) -> None:
    import onnx

    source.model.export(target, format="onnx", verbose=False)
    if source.calibration is not None:
        quantize_onnx(target, source.calibration)
    written = onnx.load(target)
    _name_tensors(written)
    onnx.helper.set_model_props(written, source.members)
    onnx.checker.check_model(written)
    onnx.save(written, target)


def _name_tensors(model: Any) -> None:  # noqa: ANN401 - an onnx.ModelProto
    """Name the output of an ONNX model, and its free dimensions, as people would."""
    (images,), (output,) = model.graph.input, model.graph.output
    old, output.name = output.name, OUTPUT
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = [OUTPUT if name == old else name for name in names]
    for tensor, free in ((images, ("batch", "height", "width")), (output, ("batch",))):
        for dimension, symbol in zip(tensor.type.tensor_type.shape.dim, free, strict=False):
            if not dimension.dim_value:
                dimension.dim_param = symbol


def _write_saved_model(source: ExportSource, target: Path) -> None:
    _write_endpoint(source.model, target)
    extra = target / "assets.extra"  # where TensorFlow leaves room for the assets of others
    extra.mkdir()
    (extra / _MEMBER).write_text(source.text, encoding="utf-8")


def _write_endpoint(model: keras.Model, target: Path) -> None:
    """Write a SavedModel whose signature names the output."""
    import keras

    archive = keras.export.ExportArchive()
    archive.track(model)
    signature = keras.InputSpec(model.input.dtype, model.input.shape, name=model.input.name)
    archive.add_endpoint("serve", lambda images: {OUTPUT: model(images, training=False)}, [signature])
    archive.write_out(str(target), verbose=False)


def _write_litert(source: ExportSource, target: Path) -> None:
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        _write_endpoint(source.model, Path(folder) / "saved_model")
        converter = tf.lite.TFLiteConverter.from_saved_model(str(Path(folder) / "saved_model"))
        content = converter.convert() if source.calibration is None else quantize_litert(converter, source.calibration)
    target.write_bytes(content)
    with zipfile.ZipFile(target, "a") as archive:  # LiteRT packs associated files as a zip behind the model
        archive.writestr(_MEMBER, source.text)
        archive.writestr("labels.txt", "".join(f"{name}\n" for name in source.about["classes"]))


def _write_openvino(source: ExportSource, target: Path) -> None:
    openvino = import_openvino()
    with tempfile.TemporaryDirectory() as folder:
        _write_endpoint(source.model, Path(folder) / "saved_model")
        written = openvino.Core().read_model(str(Path(folder) / "saved_model"))
    written.inputs[0].tensor.set_names({source.model.input.name})
    written.outputs[0].tensor.set_names({OUTPUT})
    for key, value in source.members.items():
        written.set_rt_info(value, ["hpo", key])
    openvino.save_model(written, target, compress_to_fp16=False)


def _write_torch(source: ExportSource, target: Path) -> None:
    import torch

    height, width, channels = source.model.input_shape[1:]
    free = {axis: torch.export.Dim.DYNAMIC for axis, side in enumerate((None, height, width)) if side is None}
    # No side is 1, or as long as another one: PyTorch would take them for the same.
    example = np.zeros((3, height or 37, width or 53, channels), str(source.model.input.dtype))
    images = torch.from_numpy(example)
    program = torch.export.export(source.model.eval(), (images,), dynamic_shapes=[(free,)], strict=False)
    torch.export.save(program, str(target), extra_files={_MEMBER: source.text})


_WRITERS: dict[ExportFormat, Callable[[ExportSource, Path], None]] = {
    "keras": _write_keras,
    "onnx": _write_onnx,
    "saved_model": _write_saved_model,
    "litert": _write_litert,
    "openvino": _write_openvino,
    "torch": _write_torch,
}
