"""Test-time augmentation: a saved model predicts several versions of each image, and gives the mean."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from hpo.spaces import Section
from hpo.spaces.sections.section import OrNone, Share

if TYPE_CHECKING:
    import keras

Move = tuple[list[int], list[int]]
"""Which row and which column of an image each row and column of a version is."""
_UNCHANGED, _LEFT_TO_RIGHT, _UPSIDE_DOWN, _BOTH = (False, False), (False, True), (True, False), (True, True)
_FLIPS = {
    None: [_UNCHANGED],
    "horizontal": [_UNCHANGED, _LEFT_TO_RIGHT],
    "vertical": [_UNCHANGED, _UPSIDE_DOWN],
    "both": [_UNCHANGED, _LEFT_TO_RIGHT, _UPSIDE_DOWN, _BOTH],
}


_SHIFTS = 5
"""In place, and by each way."""


class PredictionVersions(Section):
    """Versions of an image whose probabilities are averaged where a saved model predicts (Krizhevsky et al., 2012).

    The image itself is one of them, and each flip is moved in each way. A prediction takes as many times as long as
    there are versions.
    """

    flip: Annotated[Literal["horizontal", "vertical", "both"] | None, OrNone] = None
    """Mirrored versions: two in all, or four of `both`."""
    shift: Annotated[int, Field(ge=0, le=1024)] | Share = 0
    """Versions that are moved to the left, to the right, up and down: by pixels (`2`), or by a share of the side
    (`0.05`). Edges are repeated."""

    @model_validator(mode="after")
    def _has_versions(self) -> Self:
        if self.flip is None and not self.shift:
            raise ValueError("it has versions of an image: set flip or shift, or leave it out")
        return self

    @property
    def count(self) -> int:
        """How many versions there are, the image itself among them."""
        return len(_FLIPS[self.flip]) * (_SHIFTS if self.shift else 1)

    def moves(self, height: int, width: int) -> list[Move]:
        """List the versions of an image of that size, the image itself first."""
        down, right = (
            self.shift if isinstance(self.shift, int) else max(1, round(self.shift * side)) for side in (height, width)
        )
        shifts = [(0, 0), *([(down, 0), (-down, 0), (0, right), (0, -right)] if self.shift else [])]
        return [
            (_indices(height, move_down, is_flipped=up), _indices(width, move_right, is_flipped=across))
            for (up, across), (move_down, move_right) in product(_FLIPS[self.flip], shifts)
        ]


def make_versions(pixels: keras.KerasTensor, versions: PredictionVersions) -> keras.KerasTensor:
    """Give the versions of all images `[n, height, width, channels]`, as `[versions * n, ...]`: one after the other."""
    from keras import ops

    pixels = ops.cast(pixels, "float32")
    height, width = pixels.shape[1:3]
    every = []
    for rows, columns in versions.moves(height, width):
        version = pixels if rows == list(range(height)) else ops.take(pixels, rows, axis=1)
        every.append(version if columns == list(range(width)) else ops.take(version, columns, axis=2))
    return ops.concatenate(every, axis=0)


def average_versions(probabilities: keras.KerasTensor, count: int) -> keras.KerasTensor:
    """Average what a model gives for so many versions `[versions * n, classes]` over them: `[n, classes]`."""
    from keras import ops

    return ops.mean(ops.reshape(probabilities, (count, -1, probabilities.shape[-1])), axis=0)


def _indices(side: int, shift: int, *, is_flipped: bool) -> list[int]:
    indices = np.clip(np.arange(side) - shift, 0, side - 1)
    return [int(index) for index in (side - 1 - indices if is_flipped else indices)]
