"""Quantities that a file writes with a unit: times, and amounts of memory."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

_NUMBER = r"\d+(\.\d+)?"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_TIMES = rf"({_NUMBER}[smhd])+"
_BYTES = {"kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_SIZE = rf"{_NUMBER} ?({'|'.join(_BYTES)})"


def duration_seconds(value: float | str) -> float:
    """Convert `8h`, `90m`, `1h30m` to seconds; a number is seconds already.

    Raises:
        ValueError: the text is no duration.
    """
    if not isinstance(value, str):
        return value
    if re.fullmatch(_NUMBER, value):
        return float(value)
    if not re.fullmatch(_TIMES, value):
        raise ValueError("a duration is a number of seconds, or a text such as 90s, 30m, 8h, 2d or 1h30m")
    return sum(float(amount) * _SECONDS[unit] for amount, _, unit in re.findall(rf"({_NUMBER})([smhd])", value))


def size_bytes(value: int | str) -> int:
    """Convert `8GB`, `500 MB`, `1.5GiB` to bytes; a number is bytes already.

    Raises:
        ValueError: the text is no size.
    """
    if not isinstance(value, str):
        return value
    if not re.fullmatch(_SIZE, value):
        raise ValueError("an amount of memory is a number of bytes, or a text such as 500MB, 8GB or 1.5GiB")
    unit = next(unit for unit in _BYTES if value.endswith(unit))
    return int(float(value.removesuffix(unit)) * _BYTES[unit])


_PositiveNumber = Annotated[float, Field(gt=0)]
_PositiveCount = Annotated[int, Field(gt=0)]
_DurationText = Annotated[str, Field(pattern=rf"^(?=.*[1-9])({_NUMBER}|{_TIMES})$")]
_SizeText = Annotated[str, Field(pattern=rf"^(?=.*[1-9]){_SIZE}$")]

Duration = Annotated[
    _PositiveNumber, BeforeValidator(duration_seconds, json_schema_input_type=_DurationText | _PositiveNumber)
]
"""A time: more than 0 seconds, or a text such as `90s`, `30m`, `1h30m`."""
Size = Annotated[_PositiveCount, BeforeValidator(size_bytes, json_schema_input_type=_SizeText | _PositiveCount)]
"""An amount of memory: more than 0 bytes, or a text such as `500MB`, `8GB`, `1.5GiB`."""
