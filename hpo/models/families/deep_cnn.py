"""`deep_cnn`: a growing stack of blocks of several convolutions each, and a dense head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from hpo.models.families.stack import MAX_DEPTH, DeepBlock, Stack
from hpo.spaces.sections.section import Rate


class DeepCnn(Stack):
    """A growing stack of blocks of two convolutions or more, and a dense head.

    A block is convolutions, each with batch normalization and the activation, then 2 x 2 max pooling and dropout. With
    `filters: 32, depth: 3, activation: elu, batch_normalization: after_activation, block_dropout: 0.2,
    block_dropout_growth: 0.1, dense_units: 0, kernel_l2: 1e-4` it is the network by which A. Kumar reaches 90 % on
    CIFAR-10 (appliedmachinelearning.blog, 24 March 2018).
    """

    _OF_ALL_BLOCKS: ClassVar[tuple[str, ...]] = (*Stack._OF_ALL_BLOCKS, "convolutions", "convolution_dropout")
    family: Literal["deep_cnn"] = "deep_cnn"
    convolutions: Annotated[int, Field(ge=1, le=8)] = 2
    """How many convolutions each block has."""
    convolution_dropout: Rate = 0.0
    """Dropout rate after each convolution but the last of its block."""
    blocks: Annotated[list[DeepBlock], Field(min_length=1, max_length=MAX_DEPTH)] | None = None
    """Each block by itself, in place of depth, filters and all else that says how blocks are made."""

    def described(self) -> Sequence[DeepBlock] | None:
        """See `Stack.described`."""
        return self.blocks

    def one_of_all(self, **options: Any) -> DeepBlock:  # noqa: ANN401 - a block's options
        """See `Stack.one_of_all`."""
        return DeepBlock(convolutions=self.convolutions, convolution_dropout=self.convolution_dropout, **options)
