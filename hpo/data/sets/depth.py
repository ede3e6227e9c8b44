"""The options of data sets whose images may have more than 8 bits a channel, or be transparent."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from hpo.data.dataset import Dataset
from hpo.data.pixels.reduction import Background, Reduction


class DeepDataset(Dataset):
    """A data set of images whose values may go beyond 255."""

    range: Literal["auto"] | Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    """Which stored values of grey images of more than 8 bits become black and white, with those between in proportion
    and those outside cut: `[low, high]`, or `auto`: the lowest and the highest of the training part. Left out, the 8
    high bits of each value are kept."""
    bits: Annotated[int, Field(ge=8, le=32)] | None = None
    """How many bits the values of such images really have, where that is fewer than they are stored in: of 12 bits in
    16, as many scanners write, the values from 0 to 4095 become black to white."""

    @field_validator("range")
    @classmethod
    def _check_order(cls, value: list[float] | str | None) -> list[float] | str | None:
        if isinstance(value, list) and value[0] >= value[1]:
            raise ValueError("the first value of [low, high] is below the second")
        return value

    @field_validator("bits")
    @classmethod
    def _check_alone(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and info.data.get("range") is not None:
            raise ValueError("range and bits are two ways to say one thing: one of them is left out")
        return value

    @property
    def reduction(self) -> Reduction:
        """What brings images to 8 bits, as far as the file says it."""
        ends = (self.range[0], self.range[1]) if isinstance(self.range, list) else self.range
        return Reduction(ends, self.bits)


class DecodedDataset(DeepDataset):
    """A data set of image files."""

    transparency: Background | None = None
    """What transparent pixels are laid on: `white` or `black`. Left out, transparency is dropped: pixels have the
    colour that is stored for them, which people do not see."""

    @property
    def reduction(self) -> Reduction:
        """See `DeepDataset.reduction`."""
        asked = super().reduction
        return Reduction(asked.ends, asked.bits, self.transparency)
