"""Brings a network to 8 bits, calibrated on training images; resizing and normalization stay as exact as they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from hpo.shipping.export.samples import split_batches

CALIBRATION = 128
"""Images of the training part by which ranges of activations are found."""
_NETWORK = ("Conv", "Gemm", "MatMul")
_ACTIVATIONS = ("Clip", "Relu")
"""What a layer's range ends with: left out, 8 bits are spread over what these cut off."""
_RESIZING = ("ABS", "ADD", "BATCH_MATMUL", "CAST", "DIV", "FLOOR", "MAXIMUM", "MUL", "RESHAPE", "SUB", "SUM")
"""Operations of LiteRT of which resizing in the model is made."""


def quantize_onnx(path: Path, images: NDArray[Any]) -> None:
    """Quantize an ONNX file in place, statically (onnxruntime): weights by channel, symmetric, and activations.

    Both are uint8: with int8 weights, sums overflow on CPUs without VNNI, and weights of 7 bits (`reduce_range`), which
    do not, are too coarse for MobileNetV2.

    Args:
        path: the file.
        images: as the model takes them.
    """
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    prepared = path.with_name("prepared.onnx")
    quant_pre_process(path, prepared, skip_symbolic_shape=True)
    graph = onnx.load(prepared).graph
    (name,) = (tensor.name for tensor in graph.input)
    constants = {tensor.name for tensor in graph.initializer}

    class _Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._batches = split_batches(images)

        def get_next(self) -> dict[str, NDArray[Any]] | None:
            batch = next(self._batches, None)
            return None if batch is None else {name: batch}

    quantize_static(
        prepared,
        path,
        _Reader(),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=[*_NETWORK, *_ACTIVATIONS],
        # Products without weights are those that resize: 8 bits are too few for them.
        nodes_to_exclude=[
            node.name for node in graph.node if node.op_type in _NETWORK and not constants.intersection(node.input)
        ],
        per_channel=True,
        weight_type=QuantType.QUInt8,
        activation_type=QuantType.QUInt8,
        extra_options={"WeightSymmetric": True},
    )
    prepared.unlink()


def quantize_litert(converter: Any, images: NDArray[Any]) -> bytes:  # noqa: ANN401 - tf.lite.TFLiteConverter
    """Convert to LiteRT with int8 weights and activations of what has weights.

    Operations by which images are resized stay in float32: in 8 bits they would spoil every image. TensorFlow leaves
    operations out by way of its debugger alone.

    Args:
        converter: of the model.
        images: as the model takes them.
    """
    import tensorflow as tf

    def calibrate() -> Iterator[list[NDArray[Any]]]:
        return ([batch] for batch in split_batches(images))

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = calibrate
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=converter,
        debug_dataset=calibrate,
        debug_options=tf.lite.experimental.QuantizationDebugOptions(denylisted_ops=list(_RESIZING)),
    )
    content: bytes = debugger.get_nondebug_quantized_model()
    return content
