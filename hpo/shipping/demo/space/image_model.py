"""The model beside this file: reads pictures as it was trained on them, classifies them, and shows where it looks."""

from __future__ import annotations

import json
import os
import warnings
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

HERE = Path(__file__).resolve().parent
MODEL = HERE / "model.keras"
ABOUT: dict[str, Any] = json.loads(zipfile.ZipFile(MODEL).read("hpo.json"))
_ENGINES = ("tensorflow", "jax", "torch")
_TRAINED_ON = [name for name in _ENGINES if name in ABOUT["made_with"]]
os.environ.setdefault("KERAS_BACKEND", next(filter(find_spec, [*_TRAINED_ON, *_ENGINES]), "tensorflow"))

import keras  # noqa: E402 - it reads its engine from the environment

Image.init()
FORMATS: list[str] = [
    name for name in ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP") if name in Image.OPEN
]
"""Of pictures, by Pillow's names: none of them starts another program."""
MOST_PIXELS = 50_000_000
"""Of a picture, before it is resized: more are refused before they are decoded."""
_CONVOLUTIONS = (
    keras.layers.Conv2D,
    keras.layers.Conv2DTranspose,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
)
_HEAT = np.array([[0, 0, 4], [66, 10, 104], [147, 38, 103], [221, 81, 58], [252, 165, 10], [252, 255, 164]], np.float32)
"""Colours of the map `inferno`, from 0 to 1: brightness alone tells the order, whatever colours somebody sees."""


class UnreadableError(Exception):
    """A file is no picture that can be classified; the message says why."""


class ImageModel:
    """A classifier of images.

    Attributes:
        classes: their names, in the order of the probabilities.
        saliency_layer: the layer whose feature maps say where the model looks; None where it has no such layer.
    """

    def __init__(self) -> None:
        """Load the model, in Keras' safe mode: no code is loaded with it."""
        self.classes: list[str] = list(map(str, ABOUT["classes"]))
        self._model = keras.saving.load_model(MODEL, compile=False)
        self._height, self._width = ABOUT["image_size"]
        self.saliency_layer: str | None = None
        *self._first, network = _list_models(self._model)
        operation = _find_maps(network)
        if operation is not None:
            self.saliency_layer = operation.name
            self._first.append(keras.Model(network.input, operation.output))
            self._score_of = _make_score(network, operation.output)

    def read(self, path: str | Path) -> NDArray[Any]:
        """Read a picture as the images of the training were read: uint8 `[height, width, 1 or 3]`.

        Raises:
            UnreadableError: it is none, or too large.
        """
        try:
            with warnings.catch_warnings(), Image.open(path, formats=FORMATS) as file:
                warnings.simplefilter("ignore")
                if file.width * file.height > MOST_PIXELS:
                    raise UnreadableError(f"The picture has {file.width} x {file.height} pixels, which is too many.")
                image = _reduce(ImageOps.exif_transpose(file))
        except UnreadableError:
            raise
        except Exception as error:  # whatever a damaged file makes Pillow raise
            raise UnreadableError("This file is no picture that can be read.") from error
        mode = "L" if ABOUT["color_mode"] == "grayscale" else "RGB"
        pixels: NDArray[Any] = np.asarray(self._resize(image.convert(mode)))
        return pixels if pixels.ndim > 2 else pixels[:, :, np.newaxis]  # noqa: PLR2004 - height and width

    def predict(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Predict the probability of each class, float32 `[classes]`, for pixels that `read` gives."""
        probabilities: NDArray[Any] = _numpy(self._model(_stored(pixels)[np.newaxis], training=False))[0]
        return probabilities

    def explain(self, pixels: NDArray[Any], index: int) -> NDArray[Any] | None:
        """Say where a class is seen, by Grad-CAM (Selvaraju et al., ICCV 2017): float32 `[height, width]`, from 0 to 1.

        Feature maps are weighted by the mean over their places of the gradient of the class's score before the softmax;
        what is left above 0 of their sum speaks for the class.

        Args:
            pixels: as `read` gives them.
            index: of the class.

        Returns:
            The map, in the size of the pixels; None where the model has no maps, or none speaks for the class.
        """
        if self.saliency_layer is None:
            return None
        maps: Any = _stored(pixels)[np.newaxis]
        for model in self._first:
            maps = model(maps, training=False)
        weights = _numpy(_gradient(lambda features: self._score_of(features, index), maps)).mean(axis=(1, 2))
        heat = np.maximum((_numpy(maps)[0] * weights[0]).sum(axis=-1), 0)
        if not np.isfinite(heat).all() or heat.max() <= 0:
            return None
        size = (self._width, self._height)
        return np.asarray(Image.fromarray(heat / heat.max()).resize(size, Image.Resampling.BILINEAR))

    def _resize(self, image: Image.Image) -> Image.Image:
        """Resize by Pillow's antialiased bilinear filter: the width first, then the height, each rounded."""
        wide, high, (width, height) = self._width, self._height, image.size
        resize, box = ABOUT.get("resize", "stretch"), (0.0, 0.0, float(width), float(height))
        if (width, height) == (wide, high):
            return image
        if resize == "crop":
            span = min(width, height)
            box = ((width - span) / 2, (height - span) / 2, (width + span) / 2, (height + span) / 2)
        elif resize == "pad":
            wide, high = (max(1, round(side * wide / max(image.size))) for side in image.size)
        left, top, right, bottom = box
        image = image.resize((wide, height), Image.Resampling.BILINEAR, box=(left, 0, right, height))
        image = image.resize((wide, high), Image.Resampling.BILINEAR, box=(0, top, wide, bottom))
        if image.size == (self._width, self._height):
            return image
        padded = Image.new(image.mode, (self._width, self._height))
        padded.paste(image, (round((self._width - wide) / 2), round((self._height - high) / 2)))
        return padded


def show_pixels(pixels: NDArray[Any], least_side: int = 0) -> Image.Image:
    """Make a picture of pixels, each as large as it takes to have the picture so large."""
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[-1] == 1 else pixels).convert("RGB")
    factor = max(1, round(least_side / max(image.size)))
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)


def show_heat(pixels: NDArray[Any], heat: NDArray[Any], least_side: int) -> Image.Image:
    """Lay a map of `explain` over the pixels that it is of: the more a place speaks for the class, the brighter."""
    image = show_pixels(pixels, least_side)
    scaled = np.asarray(Image.fromarray(heat).resize(image.size, Image.Resampling.BICUBIC)).clip(0, 1)
    steps = np.linspace(0, 1, len(_HEAT))
    colours = np.stack([np.interp(scaled, steps, _HEAT[:, channel]) for channel in range(3)], axis=-1)
    mixed = 0.45 * np.asarray(image.convert("L"), np.float32)[..., np.newaxis] + 0.55 * colours
    return Image.fromarray(mixed.round().astype(np.uint8))


def _reduce(image: Image.Image) -> Image.Image:
    """Make a picture opaque, with 8 bits a channel: of deeper grey ones by the range or the bits of the training."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        values = np.asarray(image).astype(np.float64)
        if (ends := ABOUT.get("range")) is not None:
            values = (values - ends[0]) * (255 / (ends[1] - ends[0]))
        elif image.mode == "F" or (image.mode == "I" and image.format != "PPM" and "bits" not in ABOUT):
            raise UnreadableError("The file does not say which of its values are black and white.")
        else:
            values = np.floor(values / 2 ** max(0, (ABOUT.get("bits") or 16) - 8))
        return Image.fromarray(np.rint(values.clip(0, 255)).astype(np.uint8))
    ground = ABOUT.get("transparency")
    if ground is not None and image.has_transparency_data:
        return Image.alpha_composite(Image.new("RGBA", image.size, ground), image.convert("RGBA")).convert("RGB")
    return (image.convert("RGBA") if image.mode == "P" else image).convert("RGB")


def _stored(pixels: NDArray[Any]) -> NDArray[Any]:
    """Give pixels as the model takes them: one of deep images takes values as they are stored."""
    if ABOUT.get("dtype", "uint8") == "uint8":
        return pixels
    if (ends := ABOUT.get("range")) is not None:
        values: NDArray[Any] = ends[0] + pixels * ((ends[1] - ends[0]) / 255)
        return values.astype(np.float32)
    return pixels.astype(np.float32) * 2.0 ** max(0, (ABOUT.get("bits") or 8) - 8)


def _list_models(model: keras.Model) -> list[keras.Model]:
    """List what a model does one after the other: what comes before the network within it, and that network, the last.

    hpo's own models resize and scale pixels, and have the network as their last layer. Those that average over versions
    of an image have operations of that name around it; the first version is the image itself.
    """
    operations = [operation for operation in model.operations if not operation.name.startswith("versions_")]
    if not isinstance(operations[-1], keras.Model):
        return [model]
    return [keras.Model(model.input, operations[-2].output), *_list_models(operations[-1])]


def _find_maps(model: keras.Model) -> Any | None:  # noqa: ANN401 - a keras.Operation
    """Find the last operation that gives feature maps of the last convolution's size; all that follows takes those."""
    operations = [operation for operation in model.operations if len(getattr(operation.output, "shape", ())) == 4]  # noqa: PLR2004 - images
    convolutions = [operation for operation in operations if _has_convolution(operation)]
    if not convolutions:
        return None
    size = convolutions[-1].output.shape[1:3]
    if None in size or size[0] * size[1] == 1:
        return None
    later = operations[operations.index(convolutions[-1]) :]
    return [operation for operation in later if operation.output.shape[1:3] == size][-1]


def _has_convolution(operation: Any) -> bool:  # noqa: ANN401 - a keras.Operation
    if isinstance(operation, keras.Model):
        return any(map(_has_convolution, operation.layers))
    return isinstance(operation, _CONVOLUTIONS)


def _make_score(model: keras.Model, maps: Any) -> Callable[[Any, int], Any]:  # noqa: ANN401 - a KerasTensor
    """Make what computes the score of a class, before the softmax, from feature maps."""
    last = model.operations[-1]
    is_softmax = getattr(last, "activation", None) is keras.activations.softmax
    if is_softmax and isinstance(last, keras.layers.Dense):
        rest = keras.Model(maps, last.input)
        return lambda features, index: keras.ops.sum(
            keras.ops.cast(rest(features, training=False), "float32") * last.kernel[:, index]
        )
    has_scores = is_softmax or isinstance(last, keras.layers.Softmax)
    scores = keras.Model(maps, last.input if has_scores else last.output)
    return lambda features, index: scores(features, training=False)[0, index]


def _gradient(score: Callable[[Any], Any], maps: Any) -> Any:  # noqa: ANN401 - tensors of the engine
    """Compute the gradient of a score by feature maps, with the engine that Keras runs on."""
    engine = keras.config.backend()
    if engine == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(maps)
            value = score(maps)
        return tape.gradient(value, maps)
    if engine == "jax":
        import jax

        return jax.grad(score)(maps)
    import torch

    maps = maps.detach().requires_grad_()
    return torch.autograd.grad(score(maps), maps)[0]


def _numpy(tensor: Any) -> NDArray[Any]:  # noqa: ANN401 - a tensor of the engine
    array: NDArray[Any] = np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32")))
    return array
