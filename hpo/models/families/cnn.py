"""`simple_cnn` and `deep_cnn`: stacks of convolution blocks and a dense head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from hpo.models.families.blocks import Block, BlockFamily, DeepBlock
from hpo.models.families.weighted_layers import Activation, BatchNormalization, KernelSize, Units
from hpo.models.family import ImpossibleArchitectureError, Shape
from hpo.spaces.sections.section import Rate

if TYPE_CHECKING:
    import keras

MAX_DEPTH = 16


class BlockStack(BlockFamily):
    """A stack of blocks that are described all at once, or one by one in `blocks`."""

    _block: ClassVar[type[Block]] = Block
    _block_options: ClassVar[tuple[str, ...]] = ()
    """What blocks of this family have beside those of `Block`: options of the family under the same names."""

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
    blocks: Annotated[list[Block], Field(min_length=1, max_length=MAX_DEPTH)] | None = None
    """Each block by itself, in place of depth, filters, kernel_size, block_dropout and its growth."""

    @model_validator(mode="after")
    def _check_description(self) -> Self:
        of_all = ("depth", "filters", "kernel_size", "block_dropout", "block_dropout_growth", *self._block_options)
        given = [name for name in of_all if name in self.model_fields_set]
        if self.blocks is not None and given:
            raise ValueError(f"blocks stands in place of {', '.join(of_all)}: remove {', '.join(given)}")
        if isinstance(self.filters, list) and len(self.filters) < self.depth:
            raise ValueError(f"filters is one number, or a list with a number for each of the {self.depth} blocks")
        if self._dropout_in(self.depth - 1) >= 1:
            raise ValueError(
                f"block_dropout grows to {self._dropout_in(self.depth - 1):g} in block {self.depth}: it has to stay "
                "below 1; lower it, or block_dropout_growth"
            )
        return self

    def list_blocks(self) -> Sequence[Block]:
        """List the blocks one by one, whichever way the file describes them."""
        if self.blocks is not None:
            return self.blocks
        filters = self.filters if isinstance(self.filters, list) else [self.filters * 2**n for n in range(self.depth)]
        options = {name: getattr(self, name) for name in ("kernel_size", *self._block_options)}
        return [
            self._block(filters=number, dropout=self._dropout_in(index), **options)
            for index, number in enumerate(filters[: self.depth])
        ]

    def untrained(self, shape: Shape, classes: int) -> keras.Model:
        """See `BlockFamily.untrained`."""
        height, width, _ = shape
        blocks = self.list_blocks()
        if self.max_pooling and min(height, width) >> len(blocks) < 1:
            raise ImpossibleArchitectureError(
                f"{len(blocks)} poolings of 2 x 2 need images of {2 ** len(blocks)} pixels or more. "
                f"Received {height} x {width}. Take fewer blocks, raise data.image_size, "
                "or set model.max_pooling to false."
            )
        style = self.activation, self.batch_normalization
        return self._make_network(shape, classes, blocks, *style, pooled=self.max_pooling)

    def _dropout_in(self, index: int) -> float:
        return round(self.block_dropout + index * self.block_dropout_growth, 10)


class SimpleCnn(BlockStack):
    """A stack of convolution blocks and a dense head, made for small images.

    A block is a convolution, batch normalization if asked, the activation, 2 x 2 max pooling if asked, and dropout.
    """

    has_resettable_networks: ClassVar[bool] = True

    family: Literal["simple_cnn"] = "simple_cnn"


class DeepCnn(BlockStack):
    """A growing stack of blocks of two convolutions or more, and a dense head.

    A block is convolutions, each with batch normalization and the activation, then 2 x 2 max pooling and dropout. With
    `filters: 32, depth: 3, activation: elu, batch_normalization: after_activation, block_dropout: 0.2,
    block_dropout_growth: 0.1, dense_units: 0, kernel_l2: 1e-4` it is the network by which A. Kumar reaches 90 % on
    CIFAR-10 (appliedmachinelearning.blog, 24 March 2018).
    """

    _block: ClassVar[type[Block]] = DeepBlock
    _block_options: ClassVar[tuple[str, ...]] = ("convolutions", "convolution_dropout")

    has_resettable_networks: ClassVar[bool] = True

    family: Literal["deep_cnn"] = "deep_cnn"
    convolutions: Annotated[int, Field(ge=1, le=8)] = 2
    """How many convolutions each block has."""
    convolution_dropout: Rate = 0.0
    """Dropout rate after each convolution but the last of its block."""
    blocks: Annotated[list[DeepBlock], Field(min_length=1, max_length=MAX_DEPTH)] | None = None  # type: ignore[assignment]
    """Each block by itself, in place of depth, filters and all else that says how blocks are made."""
