"""`simple_cnn`: a stack of convolution blocks and a dense head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from hpo.models.family import ClassifierHead, ImpossibleArchitectureError, ModelFamily, Shape, Units
from hpo.spaces import Section
from hpo.spaces.section import Rate

if TYPE_CHECKING:
    import keras

KernelSize = Annotated[int, Field(ge=1, le=15)]
_OF_ALL_BLOCKS = ("depth", "filters", "kernel_size", "block_dropout")


class Block(Section):
    """One block by itself."""

    filters: Units = 32
    """Filters of its convolution."""
    kernel_size: KernelSize = 3
    """Side of its convolution kernels, in pixels."""
    dropout: Rate = 0.0
    """Dropout rate at its end."""


class SimpleCnn(ModelFamily, ClassifierHead):
    """A stack of convolution blocks and a dense head, made for small images.

    A block is a convolution, batch normalization if asked, the activation, 2 x 2 max pooling if asked, and dropout.
    """

    family: Literal["simple_cnn"] = "simple_cnn"
    depth: Annotated[int, Field(ge=1, le=16)] = 3
    """How many blocks."""
    filters: Units | Annotated[list[Units], Field(min_length=1)] = 32
    """Filters of each block: a list with one number a block, or the first block's number, doubled in every next one."""
    kernel_size: KernelSize = 3
    """Side of the convolution kernels, in pixels."""
    block_dropout: Rate = 0.0
    """Dropout rate at the end of each block."""
    blocks: Annotated[list[Block], Field(min_length=1, max_length=16)] | None = None
    """Each block by itself, in place of depth, filters, kernel_size and block_dropout."""
    activation: Literal["relu", "elu", "gelu", "selu", "silu", "leaky_relu", "tanh"] = "relu"
    """After each convolution."""
    batch_normalization: bool = True
    """Between convolution and activation."""
    max_pooling: bool = True
    """Whether each block halves height and width."""

    @model_validator(mode="after")
    def _one_description(self) -> Self:
        given = [name for name in _OF_ALL_BLOCKS if name in self.model_fields_set]
        if self.blocks is not None and given:
            raise ValueError(f"blocks stands in place of {', '.join(_OF_ALL_BLOCKS)}: remove {', '.join(given)}")
        if isinstance(self.filters, list) and len(self.filters) < self.depth:
            raise ValueError(f"filters is one number, or a list with a number for each of the {self.depth} blocks")
        return self

    def each_block(self) -> list[Block]:
        """The blocks, one by one, whichever way the file describes them."""
        if self.blocks is not None:
            return self.blocks
        filters = (
            self.filters[: self.depth]
            if isinstance(self.filters, list)
            else [self.filters * 2**block for block in range(self.depth)]
        )
        return [Block(filters=each, kernel_size=self.kernel_size, dropout=self.block_dropout) for each in filters]

    def build(self, shape: Shape, classes: int) -> keras.Model:
        """Make the network; see `ModelFamily.build`."""
        import keras
        from keras import layers

        height, width, _ = shape
        blocks = self.each_block()
        if self.max_pooling and min(height, width) >> len(blocks) < 1:
            raise ImpossibleArchitectureError(
                f"{len(blocks)} poolings of 2 x 2 need images of {2 ** len(blocks)} pixels or more. "
                f"Received {height} x {width}. Take fewer blocks, raise data.image_size, "
                "or set model.max_pooling to false."
            )
        inputs = features = keras.Input(shape, name="images")
        for number, block in enumerate(blocks, start=1):
            features = layers.Conv2D(
                block.filters,
                block.kernel_size,
                padding="same",
                use_bias=not self.batch_normalization,
                name=f"block{number}_convolution",
            )(features)
            if self.batch_normalization:
                features = layers.BatchNormalization(name=f"block{number}_batch_normalization")(features)
            features = layers.Activation(self.activation, name=f"block{number}_activation")(features)
            if self.max_pooling:
                features = layers.MaxPooling2D(name=f"block{number}_pooling")(features)
            if block.dropout:
                features = layers.Dropout(block.dropout, name=f"block{number}_dropout")(features)
        return keras.Model(inputs, self.add_head(features, classes), name=self.family)
