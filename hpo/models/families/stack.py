"""Networks that are a stack of convolution blocks below a dense head: what such families have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from hpo.models.families.head import ClassifierHead
from hpo.models.families.weighted_layers import Activation, BatchNormalization, KernelSize, Style, Units
from hpo.models.family import ImpossibleArchitectureError, ModelFamily, Shape
from hpo.models.weights import Started
from hpo.spaces import Section
from hpo.spaces.sections.section import Rate

if TYPE_CHECKING:
    import keras

MAX_DEPTH = 16


class Block(Section):
    """One block by itself."""

    filters: Units = 32
    """Filters of its convolutions."""
    kernel_size: KernelSize = 3
    """Side of its convolution kernels, in pixels."""
    dropout: Rate = 0.0
    """Dropout rate at its end."""

    def add_to(self, features: keras.KerasTensor, number: int, style: Style, *, pooled: bool) -> keras.KerasTensor:
        """The block, on top of feature maps.

        Args:
            features: `[batch, height, width, channels]`.
            number: of the block, from 1: its layers are named by it.
            style: of its convolutions.
            pooled: whether it halves height and width.
        """
        from keras import layers

        prefix = f"block{number}_"
        features = self._convolved(features, prefix, style)
        if pooled:
            features = layers.MaxPooling2D(name=f"{prefix}pooling")(features)
        return layers.Dropout(self.dropout, name=f"{prefix}dropout")(features) if self.dropout else features

    def _convolved(self, features: keras.KerasTensor, prefix: str, style: Style) -> keras.KerasTensor:
        return style.convolution(features, self.filters, self.kernel_size, prefix)


class DeepBlock(Block):
    """One block of several convolutions by itself."""

    convolutions: Annotated[int, Field(ge=1, le=8)] = 2
    """How many convolutions it has."""
    convolution_dropout: Rate = 0.0
    """Dropout rate after each of its convolutions but the last."""

    def _convolved(self, features: keras.KerasTensor, prefix: str, style: Style) -> keras.KerasTensor:
        from keras import layers

        for number in range(1, self.convolutions + 1):
            features = style.convolution(features, self.filters, self.kernel_size, prefix, str(number))
            if self.convolution_dropout and number < self.convolutions:
                features = layers.Dropout(self.convolution_dropout, name=f"{prefix}dropout{number}")(features)
        return features


def stacked(
    features: keras.KerasTensor, blocks: Sequence[Block], style: Style, *, pooled: bool = True
) -> keras.KerasTensor:
    """Blocks on top of each other."""
    for number, block in enumerate(blocks, start=1):
        features = block.add_to(features, number, style, pooled=pooled)
    return features


class Stack(Started, ClassifierHead, ModelFamily):
    """A stack of blocks that are described all at once, or one by one in `blocks`, which a subclass adds."""

    _OF_ALL_BLOCKS: ClassVar[tuple[str, ...]] = (
        "depth",
        "filters",
        "kernel_size",
        "block_dropout",
        "block_dropout_growth",
    )
    depth: Annotated[int, Field(ge=1, le=MAX_DEPTH)] = 3
    """How many blocks."""
    filters: Units | Annotated[list[Units], Field(min_length=1)] = 32
    """Filters of each block: a list with one number a block, or the first block's number, doubled in every next one."""
    kernel_size: KernelSize = 3
    """Side of the convolution kernels, in pixels."""
    block_dropout: Rate = 0.0
    """Dropout rate at the end of each block."""
    block_dropout_growth: Rate = 0.0
    """What every next block adds to it: 0.2 with a growth of 0.1 is 0.2, 0.3, 0.4."""
    activation: Activation = "relu"
    """After each convolution."""
    batch_normalization: BatchNormalization = True
    """Between convolution and activation, or `after_activation`."""
    max_pooling: bool = True
    """Whether each block halves height and width."""

    @abstractmethod
    def described(self) -> Sequence[Block] | None:
        """The blocks that the file describes one by one; None where it describes all at once."""

    @abstractmethod
    def one_of_all(self, **options: Any) -> Block:  # noqa: ANN401 - a block's options
        """A block, where all are described at once."""

    @model_validator(mode="after")
    def _one_description(self) -> Self:
        given = [name for name in self._OF_ALL_BLOCKS if name in self.model_fields_set]
        if self.described() is not None and given:
            raise ValueError(f"blocks stands in place of {', '.join(self._OF_ALL_BLOCKS)}: remove {', '.join(given)}")
        if isinstance(self.filters, list) and len(self.filters) < self.depth:
            raise ValueError(f"filters is one number, or a list with a number for each of the {self.depth} blocks")
        if self._dropout_of(self.depth - 1) >= 1:
            raise ValueError(
                f"block_dropout grows to {self._dropout_of(self.depth - 1):g} in block {self.depth}: it has to stay "
                "below 1; lower it, or block_dropout_growth"
            )
        return self

    def each_block(self) -> Sequence[Block]:
        """The blocks, one by one, whichever way the file describes them."""
        described = self.described()
        if described is not None:
            return described
        filters = (
            self.filters[: self.depth]
            if isinstance(self.filters, list)
            else [self.filters * 2**block for block in range(self.depth)]
        )
        return [
            self.one_of_all(filters=each, kernel_size=self.kernel_size, dropout=self._dropout_of(index))
            for index, each in enumerate(filters)
        ]

    def build(self, shape: Shape, classes: int) -> keras.Model:
        """Make the network; see `ModelFamily.build`."""
        return self.started(self, self.untrained(shape, classes))

    def untrained(self, shape: Shape, classes: int) -> keras.Model:
        """Make the network without weights of a file; see `ModelFamily.untrained`."""
        import keras

        height, width, _ = shape
        blocks = self.each_block()
        if self.max_pooling and min(height, width) >> len(blocks) < 1:
            raise ImpossibleArchitectureError(
                f"{len(blocks)} poolings of 2 x 2 need images of {2 ** len(blocks)} pixels or more. "
                f"Received {height} x {width}. Take fewer blocks, raise data.image_size, "
                "or set model.max_pooling to false."
            )
        images = keras.Input(shape, name="images")
        style = Style(self.activation, self.batch_normalization, self.kernel_l2, self.bias_l2)
        features = stacked(images, blocks, style, pooled=self.max_pooling)
        return keras.Model(images, self.add_head(features, classes), name=self.family)

    def _dropout_of(self, index: int) -> float:
        return round(self.block_dropout + index * self.block_dropout_growth, 10)
