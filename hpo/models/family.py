"""What a model family is: the options that a file may set, and the network that they give."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from hpo.spaces import Section

if TYPE_CHECKING:
    import keras

Units = Annotated[int, Field(ge=1)]
Shape = tuple[int, int, int]
"""Height, width and channels of an image."""


class ImpossibleArchitectureError(ValueError):
    """These options give no network for images of this size."""


class ModelFamily(Section):
    """A registered builder: its fields are the keys that `model:` takes, and `build` makes the network.

    Subclasses set a default for `family` (their registered name) and give every other option a default.
    """

    IMAGENET_MEAN: ClassVar[tuple[float, float, float]] = (123.675, 116.28, 103.53)
    """What `normalization: imagenet` subtracts from each RGB channel in 0..255."""
    IMAGENET_STD: ClassVar[tuple[float, float, float]] = (58.395, 57.12, 57.375)
    """What it divides by. A family whose published weights expect another scale overrides both."""

    family: str

    @abstractmethod
    def build(self, shape: Shape, classes: int) -> keras.Model:
        """Make the untrained (or pre-trained) network.

        Args:
            shape: height, width and channels of the images.
            classes: how many classes there are, at least 2.

        Returns:
            A model from float32 images `[batch, height, width, channels]`, normalized, to class probabilities
            `[batch, classes]`, float32.

        Raises:
            ImpossibleArchitectureError: these options give no network for images of this size.
            hpo.errors.WeightsError: pre-trained weights could not be had.
        """

    def untrained(self, shape: Shape, classes: int) -> keras.Model:
        """The network that `build` makes, before any weights are loaded: what is asked of it is its size and speed.

        Same layers, same freezing, same rules; nothing is downloaded or read. A family that loads weights overrides it.

        Raises:
            ImpossibleArchitectureError: these options give no network for images of this size.
        """
        return self.build(shape, classes)


class ClassifierHead(Section):
    """Options of what follows the convolutions: pooling, one dense layer, dropout, softmax."""

    head_pooling: Literal["flatten", "average", "max"] = "flatten"
    """How the feature maps become a vector."""
    dense_units: Annotated[int, Field(ge=0)] = 128
    """Units of the hidden dense layer; 0 leaves it out."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Dropout rate before the output layer."""

    def add_head(self, features: keras.KerasTensor, classes: int) -> keras.KerasTensor:
        """Class probabilities `[batch, classes]` from feature maps `[batch, height, width, channels]`."""
        from keras import layers

        pooling = {
            "flatten": layers.Flatten,
            "average": layers.GlobalAveragePooling2D,
            "max": layers.GlobalMaxPooling2D,
        }[self.head_pooling]
        vector = pooling(name="head_pooling")(features)
        if self.dense_units:
            vector = layers.Dense(self.dense_units, activation="relu", name="dense")(vector)
        if self.dropout:
            vector = layers.Dropout(self.dropout, name="dropout")(vector)
        return layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(vector)
