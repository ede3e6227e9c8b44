"""The numeric distributions of a Weights & Biases sweep, as ranges.

Their meaning is that of `wandb/sweeps` (params.py, config/schema.json): the bounds of `log_uniform` are exponents of e,
those of `log_uniform_values` are values; a `q_` distribution rounds a draw to the nearest multiple of `q`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from hpo.errors import RuleError
from hpo.foreign.search import NotedDomain, NumberRange, ValueList, decimal
from hpo.spaces.space.rendering import flow

Numbers = Mapping[str, float]

_SIGMAS = 3
_MOST_STEPS = 2**53
_BETWEEN: Mapping[str, float | None] = {"min": None, "max": None}
_BELL = {"mu": 0.0, "sigma": 1.0}
_QUANTIZED: Mapping[str, Mapping[str, float | None]] = {
    "uniform": _BETWEEN,
    "log_uniform": _BETWEEN,
    "log_uniform_values": _BETWEEN,
    "normal": _BELL,
    "log_normal": _BELL,
    "beta": {"a": 1.0, "b": 1.0},
}
DISTRIBUTIONS: Mapping[str, Mapping[str, float | None]] = {
    **_QUANTIZED,
    "int_uniform": _BETWEEN,
    "inv_log_uniform": _BETWEEN,
    "inv_log_uniform_values": _BETWEEN,
    **{f"q_{name}": {**numbers, "q": 1.0} for name, numbers in _QUANTIZED.items()},
}
"""The numbers that each distribution takes, with their defaults; None for one that it needs."""


def read_distribution(name: str, numbers: Numbers, *, is_grid: bool) -> NotedDomain:
    """Read a distribution.

    Args:
        name: a key of `DISTRIBUTIONS`.
        numbers: all that it takes, finite.
        is_grid: whether the sweep is a grid, which takes `q_uniform` in another way than a draw does.

    Raises:
        RuleError: with those numbers there is no range.
    """
    if name == "q_uniform" and is_grid:
        return _grid_of_q_uniform(numbers)
    domain, notes = _range(name.removeprefix("q_"), numbers)
    return _quantize(domain, notes, _step(numbers["q"], domain)) if name.startswith("q_") else (domain, notes)


def _range(name: str, numbers: Numbers) -> tuple[NumberRange, tuple[str, ...]]:
    if name == "beta":
        return _beta_range(numbers["a"], numbers["b"])
    if name in ("normal", "log_normal"):
        low, high, note = _three_sigmas(numbers["mu"], numbers["sigma"])
        log = name == "log_normal"
        return NumberRange(*(_powers(low, high) if log else (low, high)), log=log), (f"{'log-' * log}{note}",)
    low, high = numbers["min"], numbers["max"]
    if low > high:
        raise RuleError("min is at most max", f"min={flow(low)}, max={flow(high)}", "swap the two")
    match name:
        case "uniform":
            return NumberRange(low, high), ()
        case "int_uniform":
            for end in (low, high):
                if end != int(end):
                    raise RuleError("int_uniform takes whole numbers", flow(end), "write distribution: uniform")
            return NumberRange(int(low), int(high), whole=True), ()
        case "log_uniform" | "inv_log_uniform":
            low, high = (low, high) if name == "log_uniform" else (-high, -low)
            return NumberRange(*_powers(low, high), log=True), (f"e^{low:g} to e^{high:g}",)
    # where log(1/x) is uniform, as in `inv_log_uniform_values`, so is log(x)
    if low <= 0:
        raise RuleError("a log scale needs min > 0", f"min={flow(low)}", "raise min, or use another distribution")
    return NumberRange(low, high, log=True), ()


def _powers(low: float, high: float) -> tuple[float, float]:
    """Bounds e^low and e^high, to four significant digits."""
    try:
        first, last = (float(f"{math.exp(end):.4g}") for end in (low, high))
    except OverflowError:
        first = last = 0.0
    if first <= 0:
        received = f"e^{low:g} to e^{high:g}"
        raise RuleError("a range has finite bounds above 0", received, "min and max are exponents of e here")
    return first, last


def _three_sigmas(mu: float, sigma: float) -> tuple[float, float, str]:
    if sigma < 0:
        raise RuleError("sigma is at least 0", flow(sigma))
    low, high = (float(f"{mu + sign * _SIGMAS * sigma:.12g}") for sign in (-1, 1))
    if not math.isfinite(high - low):
        raise RuleError("a range has finite bounds", f"mu={flow(mu)}, sigma={flow(sigma)}")
    return low, high, f"normal around {mu:g}, sigma {sigma:g}: taken as 3 sigma to either side"


def _beta_range(a: float, b: float) -> tuple[NumberRange, tuple[str, ...]]:
    for name, number in (("a", a), ("b", b)):
        if number < 0:
            raise RuleError(f"{name} is at least 0", flow(number))
    note = f"beta({a:g}, {b:g}) from 0 to 1: taken as flat"
    return NumberRange(0.0, 1.0), () if a == b == 1 else (note,)


def _quantize(domain: NumberRange, notes: tuple[str, ...], q: float) -> NotedDomain:
    """The same distribution, its draws rounded to the nearest multiple of `q`."""
    low, high = _drawn_multiples(domain, q)
    is_whole = float(q).is_integer()
    if not domain.log:
        return NumberRange(low, high, whole=is_whole, step=q), notes
    if q != 1:
        notes = (*notes, f"multiples of {flow(q)} alone before; a log scale has no step")
    if high <= 0:
        return ValueList((0,)), notes
    if low <= 0:
        notes = (*notes, "0 is left out, which a log scale does not have")
    return NumberRange(max(low, q), high, whole=is_whole, log=True), notes


def _grid_of_q_uniform(numbers: Numbers) -> NotedDomain:
    """What a grid of W&B makes of `q_uniform`: numbers from `min` on, `q` apart, without `max` (`numpy.arange`)."""
    domain, _ = _range("uniform", numbers)
    low, q = domain.low, _step(numbers["q"], domain)
    count = max(1, math.ceil((domain.high - low) / q))
    last = float(decimal(low) + (count - 1) * decimal(q))
    is_whole = all(float(number).is_integer() for number in (low, q))
    return NumberRange(low, last, whole=is_whole, step=q), ("a grid counts from min, and max is no part of it",)


def _step(q: float, domain: NumberRange) -> float:
    if q <= 0:
        raise RuleError("q is above 0", flow(q))
    if max(abs(domain.low), abs(domain.high)) / q > _MOST_STEPS:
        raise RuleError("q is large enough for its multiples to be different numbers", flow(q), "raise q")
    return q


def _drawn_multiples(domain: NumberRange, q: float) -> tuple[float, float]:
    """The first and the last multiple that draws are rounded to.

    An end half way between two multiples is rounded away from the range only where it is drawn itself, which has
    probability 0: of 8 to 104 by 16 come 16 to 96.
    """
    exact, low, high = (decimal(number) for number in (q, domain.low, domain.high))
    half = Decimal("0.5")
    first = (low / exact + half).to_integral_value(ROUND_FLOOR)
    last = (high / exact - half).to_integral_value(ROUND_CEILING)
    return float(min(first, last) * exact if low == high else first * exact), float(last * exact)
