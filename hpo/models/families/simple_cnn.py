"""`simple_cnn`: a stack of convolution blocks and a dense head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from hpo.models.families.stack import MAX_DEPTH, Block, Stack


class SimpleCnn(Stack):
    """A stack of convolution blocks and a dense head, made for small images.

    A block is a convolution, batch normalization if asked, the activation, 2 x 2 max pooling if asked, and dropout.
    """

    family: Literal["simple_cnn"] = "simple_cnn"
    blocks: Annotated[list[Block], Field(min_length=1, max_length=MAX_DEPTH)] | None = None
    """Each block by itself, in place of depth, filters, kernel_size, block_dropout and its growth."""

    def described(self) -> Sequence[Block] | None:
        """See `Stack.described`."""
        return self.blocks

    def one_of_all(self, **options: Any) -> Block:  # noqa: ANN401 - a block's options
        """See `Stack.one_of_all`."""
        return Block(**options)
