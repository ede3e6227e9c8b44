"""What a value that is refused as a share was meant to be."""

from __future__ import annotations

_PERCENT = 100
_ENLARGED = 2
_SIDE = 32


def meant_by(key: str, bound: object, value: object) -> str | None:
    """What to write in the place of a value above a bound of 1, at which shares end; None where nobody knows.

    Args:
        key: of the option.
        bound: the most that it may be.
        value: what was received.
    """
    if bound != 1 or isinstance(value, bool) or not isinstance(value, int | float) or not 1 < value <= _PERCENT:
        return None
    if key == "shift":
        return f"it is a share of the image's side: {value:g} of {_SIDE} pixels are {value / _SIDE:.4g}"
    if key == "factor":
        return f"write {1 / value:.4g} to divide by {value:g}"
    if key == "zoom" and value < _ENLARGED:
        return f"write {value - 1:.4g} to enlarge up to {value:g} times"
    return f"write {value / _PERCENT:.4g} for {value:g} %" if value >= _ENLARGED else None
