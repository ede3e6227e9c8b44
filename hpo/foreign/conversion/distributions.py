"""The numeric distributions of a Weights & Biases sweep, as ranges.

Their meaning is that of `wandb/sweeps` (params.py, config/schema.json): the bounds of `log_uniform` are exponents of e,
those of `log_uniform_values` are values; a `q_` distribution rounds a draw to the nearest multiple of `q`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from hpo.errors import RuleError
from hpo.foreign.conversion.foreign import Domain, NumberRange, ValueList
from hpo.spaces.space.rendering import flow

Numbers = Mapping[str, float]
DomainAndNotes = tuple[Domain, tuple[str, ...]]

_SIGMAS = 3
_MOST_STEPS = 2**53


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution: the numbers that it needs, those that it may have with their defaults, and its range."""

    make: Callable[[Numbers], DomainAndNotes]
    needs: tuple[str, ...] = ()
    defaults: Mapping[str, float] = field(default_factory=dict)


def _between(numbers: Numbers) -> tuple[float, float]:
    low, high = numbers["min"], numbers["max"]
    if low > high:
        raise RuleError("min is at most max", f"min={flow(low)}, max={flow(high)}", "swap the two")
    return low, high


def _positive(numbers: Numbers) -> tuple[float, float]:
    low, high = _between(numbers)
    if low <= 0:
        raise RuleError("a log scale needs min > 0", f"min={flow(low)}", "raise min, or use another distribution")
    return low, high


def _powers(low: float, high: float) -> tuple[float, float]:
    """Bounds e^low and e^high, to four significant digits."""
    try:
        powers = tuple(float(f"{math.exp(end):.4g}") for end in (low, high))
    except OverflowError:
        powers = (0.0, 0.0)
    if powers[0] <= 0:
        received = f"e^{low:g} to e^{high:g}"
        raise RuleError("a range has finite bounds above 0", received, "min and max are exponents of e here")
    return powers[0], powers[1]


def _exponents(numbers: Numbers) -> tuple[float, float, str]:
    low, high = _between(numbers)
    return *_powers(low, high), f"e^{low:g} to e^{high:g}"


def _uniform(numbers: Numbers) -> DomainAndNotes:
    return NumberRange(*_between(numbers), whole=False), ()


def _int_uniform(numbers: Numbers) -> DomainAndNotes:
    low, high = _between(numbers)
    for end in (low, high):
        if end != int(end):
            raise RuleError("int_uniform takes whole numbers", flow(end), "write distribution: uniform")
    return NumberRange(int(low), int(high), whole=True), ()


def _log_uniform(numbers: Numbers) -> DomainAndNotes:
    low, high, note = _exponents(numbers)
    return NumberRange(low, high, whole=False, log=True), (note,)


def _log_uniform_values(numbers: Numbers) -> DomainAndNotes:
    """Of `inv_log_uniform_values` too: where log(1/x) is uniform, so is log(x)."""
    return NumberRange(*_positive(numbers), whole=False, log=True), ()


def _inv_log_uniform(numbers: Numbers) -> DomainAndNotes:
    low, high = _between(numbers)
    return _log_uniform({"min": -high, "max": -low})


def _normal(numbers: Numbers) -> DomainAndNotes:
    low, high, note = _three_sigmas(numbers)
    return NumberRange(low, high, whole=False), (note,)


def _log_normal(numbers: Numbers) -> DomainAndNotes:
    low, high, note = _three_sigmas(numbers)
    return NumberRange(*_powers(low, high), whole=False, log=True), (f"log-{note}",)


def _three_sigmas(numbers: Numbers) -> tuple[float, float, str]:
    mu, sigma = numbers["mu"], numbers["sigma"]
    if sigma < 0:
        raise RuleError("sigma is at least 0", flow(sigma))
    low, high = (float(f"{mu + sign * _SIGMAS * sigma:.12g}") for sign in (-1, 1))
    if not math.isfinite(high - low):
        raise RuleError("a range has finite bounds", f"mu={flow(mu)}, sigma={flow(sigma)}")
    return low, high, f"normal around {mu:g}, sigma {sigma:g}: taken as 3 sigma to either side"


def _beta(numbers: Numbers) -> DomainAndNotes:
    for name in ("a", "b"):
        if numbers[name] < 0:
            raise RuleError(f"{name} is at least 0", flow(numbers[name]))
    is_flat = numbers["a"] == numbers["b"] == 1
    note = f"beta({numbers['a']:g}, {numbers['b']:g}) from 0 to 1: taken as flat"
    return NumberRange(0.0, 1.0, whole=False), () if is_flat else (note,)


def _quantized(make: Callable[[Numbers], DomainAndNotes]) -> Callable[[Numbers], DomainAndNotes]:
    """The same distribution, its draws rounded to the nearest multiple of `q`."""

    def made(numbers: Numbers) -> DomainAndNotes:
        domain, notes = make(numbers)
        assert isinstance(domain, NumberRange)  # noqa: S101 - of every numeric distribution
        q = _step(numbers, domain)
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

    return made


def grid_of_q_uniform(numbers: Numbers) -> DomainAndNotes:
    """What a grid of W&B makes of `q_uniform`: numbers from `min` on, `q` apart, without `max` (`numpy.arange`)."""
    low, high = _between(numbers)
    q = _step(numbers, NumberRange(low, high, whole=False))
    count = max(1, math.ceil((high - low) / q))
    last = float(Decimal(repr(low)) + (count - 1) * Decimal(repr(q)))
    is_whole = all(float(number).is_integer() for number in (low, q))
    return NumberRange(low, last, whole=is_whole, step=q), ("a grid counts from min, and max is no part of it",)


def _step(numbers: Numbers, domain: NumberRange) -> float:
    q = numbers["q"]
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
    exact, low, high = (Decimal(repr(number)) for number in (q, domain.low, domain.high))
    half = Decimal("0.5")
    first = (low / exact + half).to_integral_value(ROUND_FLOOR)
    last = (high / exact - half).to_integral_value(ROUND_CEILING)
    return float(min(first, last) * exact if low == high else first * exact), float(last * exact)


_ENDS = ("min", "max")
_BELL = {"mu": 0.0, "sigma": 1.0}
_SHAPE = {"a": 1.0, "b": 1.0}
_PLAIN = {
    "uniform": Distribution(_uniform, _ENDS),
    "log_uniform": Distribution(_log_uniform, _ENDS),
    "log_uniform_values": Distribution(_log_uniform_values, _ENDS),
    "normal": Distribution(_normal, (), _BELL),
    "log_normal": Distribution(_log_normal, (), _BELL),
    "beta": Distribution(_beta, (), _SHAPE),
}
DISTRIBUTIONS: Mapping[str, Distribution] = {
    **_PLAIN,
    "int_uniform": Distribution(_int_uniform, _ENDS),
    "inv_log_uniform": Distribution(_inv_log_uniform, _ENDS),
    "inv_log_uniform_values": Distribution(_log_uniform_values, _ENDS),
    **{
        f"q_{name}": Distribution(_quantized(plain.make), plain.needs, {**plain.defaults, "q": 1.0})
        for name, plain in _PLAIN.items()
    },
}
"""By name."""
