"""What a trial may vary: a tree in which a choice can open parameters of its own."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from hpo.errors import RuleError
from hpo.spaces.text.source import KeyPath, ScalarValue, format_value

KINDS = ("int", "float", "choice", "repeat")
"""The key by which a mapping of the file is a parameter."""
MAX_REPEAT = 64
"""The longest list that `repeat` makes."""

Template: TypeAlias = "ScalarValue | Mapping[str, Template] | tuple[Template, ...] | Int | Float | Choice | Repeat"
"""A configuration in which any value may be a parameter."""
Tree: TypeAlias = "dict[str, Value]"
Value: TypeAlias = "ScalarValue | Tree | list[Value]"
"""A template with every parameter filled in."""


class SectionTemplate(dict[str, "Template"]):
    """A section that says what it is, `{family: NAME, OPTION: ...}`, however the file writes it.

    Attributes:
        paths: where the file has each entry, from the section down; without those that it leaves out.
    """

    def __init__(self, entries: Mapping[str, Template], paths: Mapping[str, KeyPath]) -> None:
        super().__init__(entries)
        self.paths = paths


@dataclass(frozen=True, slots=True)
class Int:
    """A whole number from `low` to `high`, both included, in multiples of `step` from `low`.

    A `high` that `step` does not reach is lowered to the last value that it does.
    """

    name: str
    low: int
    high: int
    step: int = 1
    log: bool = False
    prior: int | None = field(default=None, compare=False)
    """A guess of a good value."""

    def __post_init__(self) -> None:
        _check_range(self)
        object.__setattr__(self, "high", self.low + (self.high - self.low) // self.step * self.step)

    @property
    def size(self) -> int:
        """How many values it can take."""
        return (self.high - self.low) // self.step + 1

    def nth(self, index: int) -> int:
        """The value at `index`, from 0 to `size - 1`."""
        return self.low + index * self.step

    def take(self, value: Value) -> int | None:
        """The value in the parameter's own type; None for one that it cannot have."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            return None
        return int(value) if (value - self.low) % self.step == 0 else None

    @property
    def extremes(self) -> tuple[int, int]:
        """The values at which a rule about it breaks first."""
        return (self.low, self.high)


@dataclass(frozen=True, slots=True)
class Float:
    """A number from `low` to `high`, both included; with a `step`, only its multiples from `low`."""

    name: str
    low: float
    high: float
    step: float | None = None
    log: bool = False
    prior: float | None = field(default=None, compare=False)
    """A guess of a good value."""

    def __post_init__(self) -> None:
        _check_range(self)
        if self.step is not None:
            object.__setattr__(self, "high", self.nth((self.size or 1) - 1))

    @property
    def size(self) -> int | None:
        """How many values it can take; None where it is continuous."""
        if self.step is None:
            return None
        steps = int((_decimal(self.high) - _decimal(self.low)) // _decimal(self.step))
        return steps + 1 + (self.nth(steps + 1) <= self.high)  # high itself may have been rounded down a little

    def nth(self, index: int) -> float:
        """The value at `index`, from 0 to `size - 1`, free of binary rounding; only with a step."""
        return float(_decimal(self.low) + index * _decimal(self.step or 0.0))

    def snap(self, value: float) -> float:
        """The value that it has closest to `value`: `0.3` for a sampler's `0.30000000000000004`."""
        if self.step is None:
            return value
        return self.nth(round((_decimal(value) - _decimal(self.low)) / _decimal(self.step)))

    def take(self, value: Value, tolerance: float = 0.0) -> float | None:
        """The value that it has in the place of another; None where none is as near as the tolerance, in steps."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            return None
        snapped = self.snap(float(value))
        return snapped if abs(snapped - value) <= tolerance * (self.step or 1.0) else None

    @property
    def extremes(self) -> tuple[float, float]:
        """The values at which a rule about it breaks first."""
        return (self.low, self.high)


@dataclass(frozen=True, slots=True)
class Alternative:
    """One category of a choice: what it is called, and what stands in the config where it is chosen."""

    category: ScalarValue
    content: Template


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several alternatives; an alternative may open parameters that exist only under it.

    Categories keep the order of the file: samplers index them. A category is the constant itself, or its JSON text
    where the constant is a list.
    """

    name: str
    alternatives: tuple[Alternative, ...]
    prior: ScalarValue = field(default=None, compare=False)
    """A guess of a good category; None for none."""
    categories: tuple[ScalarValue, ...] = field(init=False, repr=False, compare=False)
    """What samplers choose from."""
    _by_category: Mapping[tuple[bool, ScalarValue], Alternative] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.alternatives:
            raise RuleError("a choice needs two alternatives or more", "none")
        if len(self.alternatives) == 1:
            raise RuleError("a choice needs two alternatives or more", "one", "write the constant itself")
        object.__setattr__(self, "categories", tuple(alternative.category for alternative in self.alternatives))
        by_category = {(isinstance(item.category, bool), item.category): item for item in self.alternatives}
        object.__setattr__(self, "_by_category", by_category)
        seen: list[ScalarValue] = []
        for category in self.categories:
            if category != category:  # noqa: PLR0124 - NaN differs from itself
                raise RuleError("an alternative is a value that equals itself", format_value(category))
            if category in seen:
                raise RuleError(
                    "the alternatives of a choice differ (1, 1.0 and true count as equal)",
                    f"{format_value(seen[seen.index(category)])} and {format_value(category)}",
                    "remove one",
                )
            seen.append(category)

    def has(self, category: ScalarValue) -> bool:
        """Whether there is an alternative of that category; true is no 1."""
        return (isinstance(category, bool), category) in self._by_category

    def alternative(self, category: ScalarValue) -> Alternative:
        """The alternative of that category.

        Raises:
            KeyError: there is none.
        """
        return self._by_category[isinstance(category, bool), category]

    @property
    def extremes(self) -> tuple[ScalarValue, ...]:
        """Every category: each may break a rule of its own."""
        return self.categories


@dataclass(frozen=True, slots=True)
class Repeat:
    """A list of sub-configs; item `i` exists only in lists longer than `i`.

    The parameter is its length, under the list's own name; the items' parameters are called by their index, from 0.
    """

    count: Int | Choice | int
    items: tuple[Template, ...]

    def __post_init__(self) -> None:
        for count in self._ends():
            if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MAX_REPEAT:
                raise RuleError(f"a list is repeated 0 to {MAX_REPEAT} times", format_value(count))

    @property
    def counts(self) -> tuple[int, ...]:
        """The lengths that the list can have, the smallest first."""
        if isinstance(self.count, Int):
            return tuple(range(self.count.low, self.count.high + 1, self.count.step))
        return tuple(sorted(int(count) for count in self._ends()))  # type: ignore[arg-type]

    def _ends(self) -> tuple[ScalarValue, ...]:
        return (self.count,) if isinstance(self.count, int) else self.count.extremes


Parameter = Int | Float | Choice
Draw = Callable[[Parameter], ScalarValue]


def category_of(constant: Value) -> ScalarValue:
    """The category under which samplers and storages know a constant: itself, or its JSON text."""
    return json.dumps(constant, separators=(", ", ": ")) if isinstance(constant, dict | list) else constant


def as_whole(value: ScalarValue) -> ScalarValue:
    """`16.0` and `1e2` as the whole numbers that they are; anything else as it is."""
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**63
    return int(value) if is_whole else value  # type: ignore[arg-type]


def _decimal(number: float) -> Decimal:
    return Decimal(repr(number))


def _check_range(parameter: Int | Float) -> None:
    low, high, step = parameter.low, parameter.high, parameter.step
    if not math.isfinite(high - low):
        raise RuleError("a range has finite bounds", f"[{low}, {high}]")
    if low >= high:
        raise RuleError(
            "a range needs low < high",
            f"low={low}, high={high}",
            "write the constant itself" if low == high else "swap the two",
        )
    if parameter.log and low <= 0:
        raise RuleError("a log scale needs low > 0", f"low={low}", "raise low or drop log")
    default_step = 1 if isinstance(parameter, Int) else None
    if parameter.log and step != default_step:
        raise RuleError("a log scale has no step", f"step={step}", "drop step or log")
    if step is None:
        return
    if not (math.isfinite(step) and step > 0 and parameter.nth(1) <= high):
        raise RuleError("a step is above 0 and fits between low and high", f"step={step} in [{low}, {high}]")
    if isinstance(parameter, Float) and step < 2 * math.ulp(max(abs(low), abs(high))):
        raise RuleError(
            "a step is large enough for its multiples to be different numbers",
            f"step={step} in [{low}, {high}]",
            "drop step",
        )
