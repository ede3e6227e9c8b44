"""Blocks of convolutions, and what families that are made of them have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from hpo.models.families.head import ClassifierHead
from hpo.models.families.weighted_layers import Activation, BatchNormalization, KernelSize, Style, Units
from hpo.models.family import ModelFamily, Shape
from hpo.models.weights import StudyWeights, WeightsFile, load_weights
from hpo.spaces import Section
from hpo.spaces.sections.section import Rate

if TYPE_CHECKING:
    import keras


class Block(Section):
    """One block by itself."""

    filters: Units = 32
    """Filters of its convolutions."""
    kernel_size: KernelSize = 3
    """Side of its convolution kernels, in pixels."""
    dropout: Rate = 0.0
    """Dropout rate at its end."""

    def apply(self, features: keras.KerasTensor, number: int, style: Style, *, pooled: bool) -> keras.KerasTensor:
        """Put the block on top of feature maps `[batch, height, width, channels]`; where it is pooled, it halves both.

        Its layers are named by its number, from 1.
        """
        from keras import layers

        prefix = f"block{number}_"
        features = self._convolve(features, prefix, style)
        if pooled:
            features = layers.MaxPooling2D(name=f"{prefix}pooling")(features)
        return layers.Dropout(self.dropout, name=f"{prefix}dropout")(features) if self.dropout else features

    def _convolve(self, features: keras.KerasTensor, prefix: str, style: Style) -> keras.KerasTensor:
        return style.convolution(features, self.filters, self.kernel_size, prefix)


class DeepBlock(Block):
    """One block of several convolutions by itself."""

    convolutions: Annotated[int, Field(ge=1, le=8)] = 2
    """How many convolutions it has."""
    convolution_dropout: Rate = 0.0
    """Dropout rate after each of its convolutions but the last."""

    def _convolve(self, features: keras.KerasTensor, prefix: str, style: Style) -> keras.KerasTensor:
        from keras import layers

        for number in range(1, self.convolutions + 1):
            features = style.convolution(features, self.filters, self.kernel_size, prefix, str(number))
            if self.convolution_dropout and number < self.convolutions:
                features = layers.Dropout(self.convolution_dropout, name=f"{prefix}dropout{number}")(features)
        return features


def stack_blocks(
    features: keras.KerasTensor, blocks: Sequence[Block], style: Style, *, pooled: bool = True
) -> keras.KerasTensor:
    """Put blocks on top of each other."""
    for number, block in enumerate(blocks, start=1):
        features = block.apply(features, number, style, pooled=pooled)
    return features


class BlockFamily(ClassifierHead, ModelFamily):
    """A family that has no published weights: blocks, and a head."""

    weights: Literal["none"] | WeightsFile | StudyWeights = "none"
    """What training starts from: `none` (drawn at random), the path of a `.keras`, `.weights.h5` or `.h5` file, or
    `study:NAME` for the best trial of another study. Layers are found by name; all of the base must be there, and the
    head is taken over where all of it fits."""

    @abstractmethod
    def untrained(self, shape: Shape, classes: int) -> keras.Model:
        """Make the network without weights of a file; see `ModelFamily.untrained`."""

    def build(self, shape: Shape, classes: int) -> keras.Model:
        """Make the network; see `ModelFamily.build`."""
        return load_weights(self.weights, self, self.untrained(shape, classes))

    def _make_network(
        self,
        shape: Shape,
        classes: int,
        blocks: Sequence[Block],
        activation: Activation,
        batch_normalization: BatchNormalization,
        *,
        pooled: bool = True,
    ) -> keras.Model:
        import keras

        images = keras.Input(shape, name="images")
        style = Style(activation, batch_normalization, self.kernel_l2, self.bias_l2)
        features = stack_blocks(images, blocks, style, pooled=pooled)
        return keras.Model(images, self.add_head(features, classes), name=self.family)
