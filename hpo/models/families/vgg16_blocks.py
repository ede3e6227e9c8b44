"""The convolutions of VGG16 (Simonyan and Zisserman, 2015: configuration D) as blocks."""

from __future__ import annotations

from hpo.models.families.stack import DeepBlock

_CONVOLUTIONS = (2, 2, 3, 3, 3)
_LARGEST = 8
"""Filters double from block to block, up to this many times those of the first."""


def vgg16_blocks(
    filters: int = 64, first_dropout: float = 0.0, convolution_dropout: float = 0.0, last_dropout: float = 0.0
) -> list[DeepBlock]:
    """Five blocks of 13 convolutions.

    Args:
        filters: of the first block.
        first_dropout: rate between the convolutions of the first block.
        convolution_dropout: rate between the convolutions of the others.
        last_dropout: rate at the end of the last block.
    """
    return [
        DeepBlock(
            convolutions=convolutions,
            filters=filters * min(2**index, _LARGEST),
            convolution_dropout=convolution_dropout if index else first_dropout,
            dropout=last_dropout if index == len(_CONVOLUTIONS) - 1 else 0.0,
        )
        for index, convolutions in enumerate(_CONVOLUTIONS)
    ]
