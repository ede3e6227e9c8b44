"""`vgg16`: the convolutions of VGG16, pre-trained or not, partly frozen or not, and a dense head."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from zipfile import BadZipFile

from pydantic import Field, Strict

from hpo.errors import WeightsError
from hpo.models.family import ClassifierHead, ImpossibleArchitectureError, ModelFamily, PixelScale, Shape

if TYPE_CHECKING:
    import keras

StudyWeights = Annotated[str, Field(pattern=r"^study:.+$", title="study:NAME")]
MIN_SIZE = 32
"""Five poolings leave one pixel of 32."""
BASE_LAYERS = 19
"""Layers of the base in Keras' count: the input, 13 convolutions, 5 poolings."""


class Vgg16(ModelFamily, ClassifierHead):
    """VGG16 (Simonyan and Zisserman, 2015) by Keras, with a head of its own.

    Keras' ImageNet weights expect BGR images with the ImageNet means subtracted. Here the first convolution's kernel is
    flipped instead, so that the network takes RGB like every other, and `normalization: imagenet` subtracts the means.
    """

    family: Literal["vgg16"] = "vgg16"
    weights: Literal["imagenet", "none"] | Annotated[Path, Strict(False)] | StudyWeights = "imagenet"
    """`imagenet`, `none`, a Keras weights file of the base, trained on RGB images, or `study:NAME` for the base of the
    best trial of another study."""
    frozen_layers: Annotated[int, Field(ge=0, le=BASE_LAYERS)] | str = 0
    """How many layers of the base, counted from the input with the input layer, keep their weights; or the name of the
    last of them, or `all`."""
    head_pooling: Literal["flatten", "average", "max"] = "average"
    """How the feature maps become a vector."""
    dense_units: Annotated[int, Field(ge=0)] = 256
    """Units of the hidden dense layer; 0 leaves it out."""

    def build(self, shape: Shape, classes: int) -> keras.Model:
        """Make the network; see `ModelFamily.build`."""
        self._check(shape)
        return self._network(self._pretrained_base(shape), classes)

    def untrained(self, shape: Shape, classes: int) -> keras.Model:
        """Make the network without its weights; see `ModelFamily.untrained`."""
        self._check(shape)
        return self._network(_base(shape, weights=None), classes)

    @property
    def is_pretrained(self) -> bool:
        """Whether the weights are ImageNet's."""
        return self.weights == "imagenet"

    def imagenet_scale(self) -> PixelScale:
        """See `ModelFamily.imagenet_scale`: means are subtracted, and nothing is divided."""
        return PixelScale((123.68, 116.779, 103.939), (1.0, 1.0, 1.0))

    def _check(self, shape: Shape) -> None:
        height, width, channels = shape
        if min(height, width) < MIN_SIZE:
            raise ImpossibleArchitectureError(
                f"vgg16 needs images of {MIN_SIZE} pixels or more. Received {height} x {width}. Raise data.image_size."
            )
        if self.weights == "imagenet" and channels != 3:  # noqa: PLR2004 - RGB
            raise ImpossibleArchitectureError(
                f"ImageNet weights need images of 3 channels. Received {channels}. Set model.weights to none."
            )

    def _network(self, base: keras.Model, classes: int) -> keras.Model:
        import keras

        return keras.Model(base.input, self.add_head(base.output, classes), name=self.family)

    def _pretrained_base(self, shape: Shape) -> keras.Model:
        try:
            base = _base(shape, weights="imagenet" if self.weights == "imagenet" else None)
        except Exception as error:
            # Keras raises a bare Exception when a download fails; an engine out of memory raises its own.
            if self.weights != "imagenet" or not (type(error) is Exception or isinstance(error, OSError)):
                raise
            raise WeightsError(
                f"model.weights: the ImageNet weights of vgg16 are downloaded once by Keras. Received: {error}. "
                "Connect to the internet, or give the path of a weights file, or set weights to none."
            ) from error
        if isinstance(self.weights, Path):
            try:
                _load(base, self.weights)
            except (BadZipFile, KeyError, OSError, ValueError) as error:
                raise WeightsError(
                    f"model.weights: a weights file holds the base of vgg16. Received {self.weights}: "
                    f"{' '.join(str(error).split())} Give a file that Keras saved of keras.applications.VGG16 "
                    "without its top, or set weights to none."
                ) from error
        if self.weights == "imagenet":
            first = base.get_layer("block1_conv1")
            kernel, bias = first.get_weights()
            first.set_weights([kernel[:, :, ::-1, :], bias])
        return base


def _load(base: keras.Model, path: Path) -> None:
    import keras

    if path.suffix != ".keras":
        base.load_weights(path)
        return
    stored = keras.models.load_model(path, compile=False)._flatten_layers()
    layers = {layer.name: layer for layer in stored}
    for layer in base.layers:
        if layer.weights:
            layer.set_weights(layers[layer.name].get_weights())


def _base(shape: Shape, weights: Literal["imagenet"] | None) -> keras.Model:
    import keras

    return keras.applications.VGG16(include_top=False, weights=weights, input_shape=shape)
