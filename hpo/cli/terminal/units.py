"""Numbers with the units that people use, and paths as people type them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from upath import UPath

_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def format_number(number: float, unit: str = "") -> str:
    """A number in thousands, as `1.2 M`; with a unit, `1.4 GB`."""
    size, prefix = next(((size, prefix) for size, prefix in _PREFIXES if abs(number) >= size * 0.9995), (1.0, ""))
    shown = number / size
    text = f"{shown:.0f}" if shown >= 99.95 or size == 1 else f"{shown:.3g}"  # noqa: PLR2004 - three digits
    return f"{text} {prefix}{unit}".rstrip()


def format_time(seconds: float) -> str:
    """A time as `0.8 s`, `45 s`, `3 min 20 s`, `5.6 h` or `4.2 days`."""
    minute, hour, day = 60, 3600, 86400
    if seconds < 9.95:  # noqa: PLR2004 - two digits
        return f"{seconds:.1f} s"
    if seconds < minute - 0.5:
        return f"{seconds:.0f} s"
    if seconds < hour - 0.5:
        minutes, rest = divmod(round(seconds), minute)
        return f"{minutes} min" + (f" {rest} s" if rest and minutes < 10 else "")  # noqa: PLR2004 - more is not known
    number, unit = (seconds / hour, "h") if seconds < 3 * day else (seconds / day, "days")
    return f"{number:.1f}".removesuffix(".0") + f" {unit}" if number < 9.95 else f"{number:.0f} {unit}"  # noqa: PLR2004


def shorten_path(path: Path | UPath) -> str:
    """Write a path as short as it can be typed from here; one of another file system as its URL."""
    if not isinstance(path, Path):
        return str(path)
    relative = os.path.relpath(path)
    return relative if not relative.startswith("..") else str(path)
