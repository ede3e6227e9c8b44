"""What a data set is: the options that a file may set, and the images that they give."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema, field_validator

from hpo.data.images import Images
from hpo.data.outline import Outline
from hpo.data.splitting import trial_parts
from hpo.spaces import Section
from hpo.spaces.section import OrNone, Share


class Mixing(Section):
    """How much of two images goes into one: a share drawn for each batch from Beta(alpha, alpha)."""

    alpha: Annotated[float, Field(gt=0)] = 0.2
    """Near 0 one of the two is nearly all; at 1 every share is as likely; above, even shares are likelier."""


class Augmentation(Section):
    """Random changes of training images, drawn anew in every epoch; Keras layers, run on the device."""

    flip: Annotated[Literal["horizontal", "vertical", "both"] | None, OrNone] = None
    """Mirror every second image."""
    shift: Annotated[float, Field(ge=0, le=1)] = 0.0
    """The most that an image is moved along either axis, as a share of its side."""
    rotation: Annotated[float, Field(ge=0, le=180)] = 0.0
    """The most that an image is turned either way, in degrees."""
    mixup: Annotated[Mixing | None, OrNone] = None
    """Blend each image, and its label, with another of its batch (Zhang et al., 2018)."""
    cutmix: Annotated[Mixing | None, OrNone] = None
    """Paste a box of another image of the batch into each, and share the label by area (Yun et al., 2019). With `mixup`
    as well, half of the batches have the one and half the other."""


class Dataset(Section):
    """A registered data set: its fields are the keys that `data:` takes, and `load` reads the images.

    Subclasses set a default for `dataset` (their registered name) and may add options of their own.
    """

    dataset: str
    image_size: Annotated[int, Field(ge=4, le=2048)] | None = None
    """Side in pixels to which images are stretched; as they are when left out."""
    validation: Share | Annotated[str, WithJsonSchema({"const": "validation"})] | None = None
    """What trials are compared on: a share of the training part (stratified, seeded), or `validation` for the data
    set's own validation part. Left out, that part where there is one, else 0.1."""
    normalization: Literal["auto", "none", "unit", "standardize", "imagenet"] = "auto"
    """`unit` divides by 255; `standardize` gives each channel of the training part mean 0 and deviation 1;
    `imagenet` applies what ImageNet weights of the model family expect; `auto` is `imagenet` where the network starts
    from such weights, else `unit`."""
    augmentation: Annotated[Augmentation | None, OrNone] = None
    """Random changes of the training images, drawn anew in every epoch."""

    @field_validator("validation")
    @classmethod
    def _is_a_part(cls, value: float | str | None) -> float | str | None:
        if isinstance(value, str) and value != "validation":
            raise ValueError("it is a share between 0 and 1, or `validation` for the data set's own validation part")
        return value

    @abstractmethod
    def load(self, seed: int) -> Images:
        """Read all parts of the data set, at `image_size` where that is set.

        Args:
            seed: for a test part that has to be split off; the same seed gives the same parts.

        Returns:
            The images with their fingerprint.

        Raises:
            hpo.errors.DataError: it cannot be read.
        """

    def outline(self, seed: int) -> Outline:
        """What trials will see of the data set, without their images: exactly what preparing it would give.

        This reads all of it. A data set that can answer by less, or would download it, overrides this.

        Args:
            seed: as for `load`.

        Raises:
            hpo.errors.DataError: `load` or the split for the validation would raise it, as far as can be seen.
        """
        images = self.load(seed)
        return self.outline_of(images, images.train.images.shape[1:], seed)

    def outline_of(self, images: Images, shape: tuple[int, ...], seed: int, *, is_here: bool = True) -> Outline:
        """The outline that images give; for `outline` alone.

        Args:
            images: with their labels; the pixels do not matter.
            shape: height, width and channels of the images at their source.
            seed: of the split for the validation.
            is_here: see `Outline`.
        """
        train, validation = trial_parts(images, self.validation, seed)
        height, width, channels = shape
        if self.image_size is not None:
            height = width = self.image_size
        return Outline((height, width, channels), len(images.classes), len(train), len(validation), is_here)


def at_size(images: Images, image_size: int | None) -> Images:
    """Images with their fingerprint, at `image_size` where that is set: how array data sets end their `load`."""
    images = images.fingerprinted()
    return images if image_size is None else images.resized(image_size)
