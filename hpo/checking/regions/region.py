"""A part of a space: the conditions on its parameters, and how people say them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hpo.spaces import ScalarValue
from hpo.spaces.text.source import format_value


@dataclass(frozen=True, slots=True)
class Interval:
    """A number within bounds, both included; None where the parameter's own bound is meant, but never for both."""

    name: str
    low: float | None
    high: float | None

    def holds(self, value: ScalarValue) -> bool:
        """Whether a value of the parameter meets the condition."""
        if not isinstance(value, int | float):
            return False
        return (self.low is None or self.low <= value) and (self.high is None or value <= self.high)

    @property
    def predicate(self) -> str:
        """What is said of the parameter, after its name: `>= 5`."""
        if self.low == self.high:
            return f"= {word(self.low)}"
        if self.low is None or self.high is None:
            return f"<= {word(self.high)}" if self.low is None else f">= {word(self.low)}"
        return f"from {word(self.low)} to {word(self.high)}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of some values."""

    name: str
    values: tuple[ScalarValue, ...]

    def holds(self, value: ScalarValue) -> bool:
        """Whether a value of the parameter meets the condition."""
        return value in self.values

    @property
    def predicate(self) -> str:
        """What is said of the parameter, after its name: `= 5`, `in (adam, sgd)`."""
        words = [word(value) for value in self.values]
        return f"= {words[0]}" if len(words) == 1 else f"in ({', '.join(words)})"


Condition = Interval | OneOf


@dataclass(frozen=True, slots=True)
class Region:
    """The configs that meet every condition; all configs where there is none.

    A condition on a parameter that exists only under others says by itself that it exists.
    """

    conditions: tuple[Condition, ...]

    def covers(self, params: Mapping[str, ScalarValue]) -> bool:
        """Whether a config with these active parameters lies in it."""
        return all(
            condition.name in params and condition.holds(params[condition.name]) for condition in self.conditions
        )

    def __str__(self) -> str:
        """`depth >= 5 with image_size 32`; `every config`."""
        if not self.conditions:
            return "every config"
        first, *others = self.conditions
        text = f"{first.name} {first.predicate}"
        rest = " and ".join(f"{other.name} {other.predicate.removeprefix('= ')}" for other in others)
        return f"{text} with {rest}" if rest else text


def word(value: ScalarValue) -> str:
    """A value as people say it."""
    if value is None:
        return "none"
    return value if isinstance(value, str) else format_value(value).removesuffix(".0")
