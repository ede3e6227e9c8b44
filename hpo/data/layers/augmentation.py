"""Random changes of training images: the options that a file may set, and the Keras layers that make them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from hpo.spaces import Section
from hpo.spaces.sections.section import OrNone, Rate
from hpo.spaces.spec.config import POLICIES

if TYPE_CHECKING:
    import keras

    from hpo.data.trial_data import Outline, TrialData

Extent = Annotated[float, Field(ge=0, le=1)]
"""How far a change goes at most; 0 is none."""
PixelsOrShare = Annotated[int, Field(ge=0, le=1024)] | Rate
"""A length: a whole number of pixels, or a share of the image's side."""

_GREY, _RGB = 1, 3
_NAMES = frozenset(
    f"random_{change}"
    for change in ("flip", "crop", "shift", "rotation", "zoom", "brightness", "contrast", "saturation", "hue", "cutout")
)


class Mixing(Section):
    """How much of two images goes into one: a share drawn for each batch from Beta(alpha, alpha)."""

    alpha: Annotated[float, Field(gt=0)] = 0.2
    """Near 0 one of the two is nearly all; at 1 every share is as likely; above, even shares are likelier."""


class RandAugment(Section):
    """Operations drawn from a list of fourteen, in a row, all of one strength (Cubuk et al., 2020).

    Identity, shear and shift along either axis, rotation, brightness, colour, contrast, sharpness, posterize, solarize,
    autocontrast and equalize, each as strong as in torchvision.
    """

    operations: Annotated[int, Field(ge=1, le=14)] = 2
    """How many are drawn for an image (N in the paper)."""
    magnitude: Annotated[float, Field(ge=0, le=30)] = 9.0
    """How strong they are (M in the paper), from 0 to 30. Autocontrast and equalize are the same at any: `none` in the
    place of all of it changes nothing."""


class AugMix(Section):
    """Chains of operations on an image, blended with each other and with the image (Hendrycks et al., 2020).

    Nine operations: shear and shift along either axis, rotation, posterize, solarize, autocontrast and equalize. The
    paper's loss, which compares several versions of an image, is no part of it.
    """

    severity: Annotated[float, Field(gt=0, le=10)] = 3.0
    """How strong operations are at most; each is drawn from 0.1 to it."""
    chains: Annotated[int, Field(ge=1, le=10)] = 3
    """How many chains there are (the paper's width)."""
    depth: Annotated[int, Field(ge=1, le=10)] | None = None
    """How many operations make a chain; left out, one to three, drawn for each."""
    alpha: Annotated[float, Field(gt=0)] = 1.0
    """Shares are drawn from Dirichlet(alpha) and Beta(alpha, alpha): at 1 all are as likely; above, even ones are
    likelier."""


class Augmentation(Section):
    """Random changes of training images, drawn anew for each image in every epoch; Keras layers, run on the device.

    They are made in the order of this list, on pixels from 0 to 255, before normalization. The last four come before
    all others, and before a batch reaches the device: policies, then what mixes images of a batch with each other.
    """

    flip: Annotated[Literal["horizontal", "vertical", "both"] | None, OrNone] = None
    """Mirror every second image."""
    crop: PixelsOrShare = 0
    """Pad each side with black, by pixels (`4`) or by a share of the side (`0.125`), and cut an image of the old size
    out at random: the usual augmentation on CIFAR (Lee et al., 2015)."""
    shift: Extent = 0.0
    """The most that an image is moved along either axis, as a share of its side; its edges are repeated."""
    rotation: Annotated[float, Field(ge=0, le=180)] = 0.0
    """The most that an image is turned either way, in degrees; its edges are repeated."""
    zoom: Rate = 0.0
    """The most that an image is enlarged or reduced, as a share of its side; its edges are repeated."""
    brightness: Extent = 0.0
    """The most that is added to all pixels or taken from them, as a share of the way from black to white."""
    contrast: Extent = 0.0
    """The most that the distance of pixels from their channel's mean grows or shrinks, as a share of that distance."""
    saturation: Rate = 0.0
    """How much the strength of colours varies: at 0.2, from 0.67 to 1.5 times, (1 - 0.2) / (1 + 0.2) and its inverse.
    Grey images have none."""
    hue: Annotated[float, Field(ge=0, le=180)] = 0.0
    """The most that colours are turned either way on the colour wheel, in degrees. Grey images have none."""
    cutout: PixelsOrShare = 0
    """Blot a square out of every second image, in the mean grey of the training part: its side in pixels (`16`), or as
    a share of the image's side (`0.5`; DeVries and Taylor, 2017)."""
    randaugment: Annotated[RandAugment | None, OrNone] = None
    """Change each image by a few operations that are drawn for it: `{operations: 2, magnitude: 9}`."""
    augmix: Annotated[AugMix | None, OrNone] = None
    """Blend each image with chains of operations on it: `{severity: 3}`."""
    mixup: Annotated[Mixing | None, OrNone] = None
    """Blend each image, and its label, with another of its batch (Zhang et al., 2018)."""
    cutmix: Annotated[Mixing | None, OrNone] = None
    """Paste a box of another image of the batch into each, and share the label by area (Yun et al., 2019). With `mixup`
    as well, half of the batches have the one and half the other."""


def make_augmentation_layers(augmentation: Augmentation | None, data: TrialData | Outline) -> list[keras.layers.Layer]:
    """Make the layers that change training images at random; they do nothing at validation, test and prediction.

    They are Keras' own, so that a saved model opens anywhere, and draw from Keras' seed: after
    `keras.utils.set_random_seed` the same layers change the same images alike.

    Args:
        augmentation: what to change.
        data: `cutout` fills with the mean of its training part, over all channels.

    Returns:
        Layers from pixels 0..255 of any dtype to float32 in the same range, in the order in which they are applied;
        none where nothing is changed.

    Raises:
        ValueError: `crop` or `cutout` is as large as the images; or a policy has operations for other channels.
    """
    _check_policies(augmentation, data.input_shape[-1])
    from keras import layers

    changes = [] if augmentation is None else list(_make_layers(augmentation, data))
    # Some of Keras' layers compute in the dtype that they are given, which is uint8.
    return [layers.Rescaling(1.0, name="pixels", dtype="float32"), *changes] if changes else []


def is_augmentation(layer: keras.Operation) -> bool:
    """Say whether a layer of a model is one of these."""
    return layer.name in _NAMES


def _check_policies(augmentation: Augmentation | None, channels: int) -> None:
    """Hold that the operations of policies are made for images of so many channels."""
    for name in POLICIES:
        if channels not in (_GREY, _RGB) and augmentation is not None and getattr(augmentation, name) is not None:
            raise ValueError(
                f"data.augmentation.{name}: it changes grey images and those of three colours. Received {channels} "
                "channels. Set data.color, or leave it out."
            )


def _make_layers(augmentation: Augmentation, data: TrialData | Outline) -> Iterator[keras.layers.Layer]:
    from keras import layers

    edges, shape = {"fill_mode": "nearest", "dtype": "float32"}, data.shape
    if augmentation.flip:
        mode = "horizontal_and_vertical" if augmentation.flip == "both" else augmentation.flip
        yield layers.RandomFlip(mode, name="random_flip", dtype="float32")
    if augmentation.crop:
        # To pad by 4 and cut is to move by whole pixels: rounded, a draw from -4.5 to 4.5 is each of -4 to 4 alike.
        # (Keras' RandomCrop, 3.15, cuts all images of a batch at one place.)
        shares = ((pixels + 0.5) / side for pixels, side in _measure("crop", augmentation.crop, shape))
        yield layers.RandomTranslation(
            *shares, fill_mode="constant", interpolation="nearest", name="random_crop", dtype="float32"
        )
    if augmentation.shift:
        yield layers.RandomTranslation(augmentation.shift, augmentation.shift, name="random_shift", **edges)
    if augmentation.rotation:
        yield layers.RandomRotation(augmentation.rotation / 360, name="random_rotation", **edges)
    if augmentation.zoom:
        yield layers.RandomZoom(augmentation.zoom, name="random_zoom", **edges)
    if augmentation.brightness:
        yield layers.RandomBrightness(augmentation.brightness, name="random_brightness", dtype="float32")
    if augmentation.contrast:
        both_ways = (augmentation.contrast, augmentation.contrast)  # a single number would only strengthen it
        yield layers.RandomContrast(both_ways, name="random_contrast", dtype="float32")
    has_colours = shape[-1] != _GREY
    if augmentation.saturation and has_colours:
        # Keras multiplies by f / (1 - f). What it clips to value_range is the saturation, a share, and no pixels.
        around = (0.5 - augmentation.saturation / 2, 0.5 + augmentation.saturation / 2)
        yield layers.RandomSaturation(around, value_range=(0, 1), name="random_saturation", dtype="float32")
    if augmentation.hue and has_colours:
        yield layers.RandomHue(augmentation.hue / 180, name="random_hue", dtype="float32")
    if augmentation.cutout:
        # By its authors' second way, which they found as good: wholly inside of the image, in every second one.
        share = max(pixels / side for pixels, side in _measure("cutout", augmentation.cutout, shape))
        yield layers.RandomErasing(
            factor=(0.5, 0.5),
            scale=(share**2, share**2),
            fill_value=float(data.statistics[0].mean()),  # of one number: a list of them fails on JAX (Keras 3.15)
            name="random_cutout",
            dtype="float32",
        )


def _measure(option: str, length: float, shape: tuple[int, int, int]) -> Iterator[tuple[int, int]]:
    """Give a length in pixels along height and width, and how many pixels there are."""
    for side in shape[:2]:
        pixels = length if isinstance(length, int) else min(round(length * side), side - 1)
        if pixels >= side:
            raise ValueError(
                f"data.augmentation.{option}: it is below the side of the images. Received {pixels} pixels for images "
                f"of {shape[0]} x {shape[1]}. Give a share, such as 0.125."
            )
        yield pixels, side
