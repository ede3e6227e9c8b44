"""What a data set is: the options that a file may set, and the images that they give."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from dataclasses import astuple
from typing import Annotated, Literal, Self

from pydantic import Field, WithJsonSchema, field_validator, model_validator

from hpo.data.layers.augmentation import Augmentation
from hpo.data.layers.prediction_versions import PredictionVersions
from hpo.data.parts.splitting import split_for_trial
from hpo.data.pixels.cache import CacheMode, make_key
from hpo.data.pixels.images import Images, Part
from hpo.data.pixels.resizing import VERSION, Channels, Resize, Resizing
from hpo.data.pixels.sources import ResizedPixels, store_pixels
from hpo.data.trial_data import Outline
from hpo.errors import DataError
from hpo.spaces import Section
from hpo.spaces.sections.section import OrNone, Share
from hpo.spaces.spec.config import POLICIES

_NO_OTHER_IMAGES = {
    "image_size", "resize", "color", "cache", "normalization", "augmentation", "validation", "path", "relabel",
    "damaged", "empty_classes", "duplicates", "range", "bits", "transparency", "cache_augmented",
    "test_time_augmentation", "license",
}  # fmt: skip
"""Options that change how images are used, not which there are; what is left out is missing in the fingerprint."""


class Dataset(Section):
    """A registered data set: its fields are the keys that `data:` takes, and `load` reads the images.

    Subclasses set a default for `dataset` (their registered name) and may add options of their own.
    """

    dataset: str
    image_size: Annotated[int, Field(ge=4, le=2048)] | None = None
    """Side in pixels to which images are brought; as they are when left out."""
    resize: Resize = "stretch"
    """How images get `image_size`: `stretch` both sides; `pad` keeps their ratio and fills with black; `crop` keeps it
    and takes the middle."""
    color: Channels = "as_is"
    """`rgb`: networks see three channels; grey images are repeated by a layer of the model, so that it takes them as
    they are. `grey`: images are made grey as they are read. `as_is`: whatever the data set has."""
    cache: CacheMode = "auto"
    """Where images that have to be decoded or resized are kept: `disk`, in a memory map that all workers share (in
    `$HPO_CACHE`); `memory`, in that of each worker; `stream`, nowhere: they are decoded anew in every epoch. `auto` is
    `disk` where they fit there, else `stream`."""
    validation: Share | Annotated[str, WithJsonSchema({"const": "validation"})] | None = None
    """What trials are compared on: a share of the training part (stratified, seeded), or `validation` for the data
    set's own validation part. Left out, that part where there is one, else 0.1."""
    normalization: Literal["auto", "none", "unit", "standardize", "imagenet"] = "auto"
    """`unit` divides by 255; `standardize` gives each channel of the training part mean 0 and deviation 1;
    `imagenet` applies what ImageNet weights of the model family expect; `auto` is `imagenet` where the network starts
    from such weights, else `unit`."""
    augmentation: Annotated[Augmentation | None, OrNone] = None
    """Random changes of the training images, drawn anew in every epoch."""

    test_time_augmentation: PredictionVersions | None = None
    """Versions of an image of which saved models average the probabilities: `{flip: horizontal, shift: 2}`. It is part
    of the model that is kept and scored, and of no epoch: trials are compared without."""
    cache_augmented: Annotated[Annotated[int, Field(ge=2, le=1000)] | None, OrNone] = None
    """How many versions of each training image `augmentation` makes for all trials together, of which every epoch draws
    one for each image: where the base of a network is frozen, what it makes of them is then computed once, and not in
    every epoch. The two versions that `flip` can make (of `both`, four) are all that there are. More of them hold more
    of what augmentation does, and take more of `$HPO_CACHE`. Layers that are trained see other changes in every
    epoch, as without it."""
    license: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Under which licence the images are given, as `CC BY 4.0`: the card of a model says it. Nothing else depends on
    it."""

    @model_validator(mode="after")
    def _check_versions(self) -> Self:
        augmentation = self.augmentation
        if self.cache_augmented is not None and augmentation is not None:
            mixing = [name for name in ("mixup", "cutmix") if getattr(augmentation, name) is not None]
            if mixing:
                raise ValueError(
                    "cache_augmented has versions of single images, which augmentation changes one by one. Received "
                    f"augmentation.{mixing[0]}, which mixes images of a batch. Leave one of the two out"
                )
            policies = [name for name in POLICIES if getattr(augmentation, name) is not None]
            if policies:
                raise ValueError(
                    "cache_augmented has versions that layers of the model make. Received "
                    f"augmentation.{policies[0]}, which draws others in every epoch. Leave one of the two out"
                )
        return self

    @field_validator("validation")
    @classmethod
    def _check_part(cls, value: float | str | None) -> float | str | None:
        if isinstance(value, str) and value != "validation":
            raise ValueError("it is a share between 0 and 1, or `validation` for the data set's own validation part")
        return value

    def require(self) -> None:
        """Hold that the packages which reading it needs are installed, without importing them; none here.

        Raises:
            hpo.errors.MissingExtraError: one is not.
        """

    @abstractmethod
    def load(self, seed: int) -> Images:
        """Read all parts of the data set, in the size and colour that are asked for.

        Data sets of arrays are `ArrayDataset`s, which do that by themselves.

        Args:
            seed: for a test part that has to be split off; the same seed gives the same parts.

        Returns:
            The images with their fingerprint.

        Raises:
            hpo.errors.DataError: it cannot be read.
        """

    def outline(self, seed: int) -> Outline:
        """Tell what trials will see of the data set, without their images: exactly what preparing it would give.

        This reads all of it. A data set that can answer by less, or would download it, overrides this.

        Args:
            seed: as for `load`.

        Raises:
            hpo.errors.DataError: `load` or the split for the validation would raise it, as far as can be seen.
        """
        images = self.load(seed)
        return self.outline_of(images, images.train.shape, seed)

    def outline_of(self, images: Images, shape: tuple[int, int, int], seed: int, *, is_here: bool = True) -> Outline:
        """Make the outline that images give; for `outline` alone.

        Args:
            images: with their labels; the pixels do not matter.
            shape: height, width and channels of the images at their source.
            seed: of the split for the validation.
            is_here: see `Outline`.
        """
        train, validation = split_for_trial(images, self.validation, seed)
        height, width, channels = self.resizing.output_shape(*shape)
        grey_to_rgb = self.grey_to_rgb(channels)
        shape = (height, width, 3 if grey_to_rgb else channels)
        return Outline(shape, images.classes, len(train), len(validation), is_here, grey_to_rgb)

    def require_one_size(self, place: object, sizes: Collection[tuple[int, int]]) -> None:
        """Hold that images of these heights and widths have one size, or get one.

        Raises:
            hpo.errors.DataError: sizes differ, and there is no `image_size`.
        """
        if len(sizes) > 1 and self.image_size is None:
            (height, width), (most_height, most_width) = min(sizes), max(sizes)
            raise DataError(
                f"{place}: images have one size, or data.image_size gives them one. Received sizes from "
                f"{height} x {width} to {most_height} x {most_width}. Set data.image_size."
            )

    def grey_to_rgb(self, channels: int) -> bool:
        """Say whether a layer of the model makes images of so many channels RGB."""
        return self.color == "rgb" and channels == 1

    def source_key(self) -> str:
        """Say what decides which images there are, besides where they lie: a study holds that they stay the same."""
        return self.model_dump_json(exclude=_NO_OTHER_IMAGES)

    @property
    def resizing(self) -> Resizing:
        """What is done to images that are read."""
        return Resizing(self.image_size, self.resize, "grey" if self.color == "grey" else "as_is")


class ArrayDataset(Dataset):
    """A data set whose images are in memory once they are read: a subclass says by `read` which."""

    @abstractmethod
    def read(self, seed: int) -> Images:
        """Read all parts of the data set, in the size and colour that they have.

        Args:
            seed: for a test part that has to be split off; the same seed gives the same parts.

        Raises:
            hpo.errors.DataError: it cannot be read.
        """

    def load(self, seed: int) -> Images:
        """Read the data set and resize its images; see `Dataset.load`."""
        images = self.read(seed).with_fingerprint()
        return images.map_parts(lambda name, part: self._resize(name, part, images.fingerprint))

    def outline(self, seed: int) -> Outline:
        """See `Dataset.outline`; images are not resized for it."""
        images = self.read(seed)
        return self.outline_of(images, images.train.shape, seed)

    def _resize(self, name: str, part: Part, fingerprint: str) -> Part:
        resizing = self.resizing
        if resizing.output_shape(*part.shape) == part.shape:
            return part
        key = make_key("arrays", fingerprint, name, *astuple(resizing), VERSION)
        source = store_pixels(ResizedPixels(part, resizing), key, self.cache)
        return Part(source, part.labels, identities=part.identities)
