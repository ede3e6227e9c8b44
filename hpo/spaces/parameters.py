"""What a trial may vary: a tree in which a choice can open parameters of its own."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from hpo.spaces.source import ScalarValue, shown

KINDS = ("int", "float", "choice")
"""The key by which a mapping of the file is a parameter."""

Template: TypeAlias = "ScalarValue | Mapping[str, Template] | tuple[Template, ...] | Int | Float | Choice"
"""A configuration in which any value may be a parameter."""
Tree: TypeAlias = "dict[str, Value]"
Value: TypeAlias = "ScalarValue | Tree | list[Value]"
"""A template with every parameter filled in."""


class ParameterError(ValueError):
    """A parameter that cannot be: the rule that it breaks, what was received, and the remedy."""

    def __init__(self, rule: str, received: str | None = None, remedy: str | None = None) -> None:
        super().__init__(f"{rule}. Received {received}.")
        self.rule, self.received, self.remedy = rule, received, remedy


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

    def snapped(self, value: float) -> float:
        """The value that it has closest to `value`: `0.3` for a sampler's `0.30000000000000004`."""
        if self.step is None:
            return value
        return self.nth(round((_decimal(value) - _decimal(self.low)) / _decimal(self.step)))

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

    def __post_init__(self) -> None:
        if not self.alternatives:
            raise ParameterError("a choice needs two alternatives or more", "none")
        if len(self.alternatives) == 1:
            raise ParameterError("a choice needs two alternatives or more", "one", "write the constant itself")
        seen: list[ScalarValue] = []
        for category in self.categories:
            if category != category:  # noqa: PLR0124 - NaN differs from itself
                raise ParameterError("an alternative is a value that equals itself", shown(category))
            if category in seen:
                raise ParameterError(
                    "the alternatives of a choice differ (1, 1.0 and true count as equal)",
                    f"{shown(seen[seen.index(category)])} and {shown(category)}",
                    "remove one",
                )
            seen.append(category)

    @property
    def size(self) -> int | None:
        """How many configurations it opens; None where a continuous parameter makes them endless."""
        sizes = [_size(alternative.content) for alternative in self.alternatives]
        return None if None in sizes else sum(size for size in sizes if size is not None)

    @property
    def categories(self) -> tuple[ScalarValue, ...]:
        """What samplers choose from."""
        return tuple(alternative.category for alternative in self.alternatives)

    def alternative(self, category: object) -> Alternative:
        """The alternative of that category.

        Raises:
            KeyError: there is none.
        """
        for alternative in self.alternatives:
            if alternative.category == category and isinstance(category, bool) == isinstance(
                alternative.category, bool
            ):
                return alternative
        raise KeyError(category)

    @property
    def extremes(self) -> tuple[ScalarValue, ...]:
        """Every category: each may break a rule of its own."""
        return self.categories


Parameter = Int | Float | Choice
Draw = Callable[[Parameter], ScalarValue]


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """A template and what can be asked of it."""

    template: Mapping[str, Template]

    def parameters(self) -> tuple[Parameter, ...]:
        """Every parameter, in the order of the file, those inside alternatives included."""
        return tuple(parameter for parameter, _ in self._walk(self.template, {}))

    def unconditional(self) -> tuple[Parameter, ...]:
        """The parameters that every config has."""
        return tuple(parameter for parameter, ancestors in self._walk(self.template, {}) if not ancestors)

    def fill(self, draw: Draw) -> tuple[Tree, dict[str, ScalarValue]]:
        """Fill every active parameter in.

        Args:
            draw: gives a parameter's value; asked once for each active parameter, a choice before what it opens.

        Returns:
            The filled tree, and the active parameters' values by name.
        """
        values: dict[str, ScalarValue] = {}

        def filled(template: Template) -> Value:
            match template:
                case Choice():
                    category = values[template.name] = draw(template)
                    return filled(template.alternative(category).content)
                case Int():
                    value = values[template.name] = draw(template)
                    return value
                case Float():
                    value = values[template.name] = template.snapped(float(draw(template)))  # type: ignore[arg-type]
                    return value
                case Mapping():
                    return {key: filled(item) for key, item in template.items()}
                case tuple():
                    return [filled(item) for item in template]
            return template

        tree = {key: filled(item) for key, item in self.template.items()}
        return tree, values

    def snapped(self, params: Mapping[str, ScalarValue]) -> dict[str, ScalarValue]:
        """The same values, those of stepped floats free of binary rounding; see `Float.snapped`."""
        floats = {parameter.name: parameter for parameter in self.parameters() if isinstance(parameter, Float)}
        return {
            name: floats[name].snapped(value) if name in floats and isinstance(value, float) else value
            for name, value in params.items()
        }

    def tree(self, params: Mapping[str, ScalarValue]) -> Tree:
        """The configuration that has these values.

        Raises:
            KeyError: an active parameter is missing from `params`.
        """
        return self.fill(lambda parameter: params[parameter.name])[0]

    def corners(self) -> Iterator[tuple[Parameter | None, dict[str, ScalarValue]]]:
        """Draws that show each extreme value of each parameter, with the others at their first and at their last.

        So a rule about two numbers, or about a number and a choice, is seen to break wherever it does at extremes.

        Yields:
            The parameter whose extreme is shown (None for the first draw) and the active parameters' values.
        """
        yield None, self.fill(lambda parameter: parameter.extremes[0])[1]
        for parameter, ancestors in self._walk(self.template, {}):
            for value in parameter.extremes:
                forced = {**ancestors, parameter.name: value}
                for others in (0, -1):
                    yield parameter, self.fill(lambda p, f=forced, o=others: f.get(p.name, p.extremes[o]))[1]  # type: ignore[misc]

    @property
    def size(self) -> int | None:
        """How many different configurations there are; None where a continuous parameter makes them endless."""
        return _size(self.template)

    def nth(self, index: int) -> dict[str, ScalarValue]:
        """The parameters of configuration `index`, from 0 to `size - 1`, in the order of the file."""
        values: dict[str, ScalarValue] = {}
        _nth(self.template, index, values)
        return values

    def _walk(
        self, template: Template, ancestors: dict[str, ScalarValue]
    ) -> Iterator[tuple[Parameter, dict[str, ScalarValue]]]:
        match template:
            case Choice():
                yield template, ancestors
                for alternative in template.alternatives:
                    yield from self._walk(alternative.content, {**ancestors, template.name: alternative.category})
            case Int() | Float():
                yield template, ancestors
            case Mapping():
                for item in template.values():
                    yield from self._walk(item, ancestors)
            case tuple():
                for item in template:
                    yield from self._walk(item, ancestors)


def category_of(constant: Value) -> ScalarValue:
    """The category under which samplers and storages know a constant: itself, or its JSON text."""
    return json.dumps(constant, separators=(", ", ": ")) if isinstance(constant, dict | list) else constant


def _size(template: Template) -> int | None:
    match template:
        case Int() | Float() | Choice():
            return template.size
        case Mapping() | tuple():
            total = 1
            for item in template.values() if isinstance(template, Mapping) else template:
                size = _size(item)
                if size is None:
                    return None
                total *= size
            return total
    return 1


def _nth(template: Template, index: int, values: dict[str, ScalarValue]) -> None:
    """Mixed-radix decoding of `index`: the last parameter of the file turns fastest."""
    match template:
        case Choice():
            for alternative in template.alternatives:
                size = _size(alternative.content) or 1
                if index < size:
                    values[template.name] = alternative.category
                    _nth(alternative.content, index, values)
                    return
                index -= size
        case Int() | Float():
            values[template.name] = template.nth(index)
        case Mapping() | tuple():
            items = list(template.values()) if isinstance(template, Mapping) else list(template)
            sizes = [_size(item) or 1 for item in items]
            for position, item in enumerate(items):
                radix = math.prod(sizes[position + 1 :])
                digit, index = divmod(index, radix)
                _nth(item, digit, values)


def _decimal(number: float) -> Decimal:
    return Decimal(repr(number))


def _check_range(parameter: Int | Float) -> None:
    low, high, step = parameter.low, parameter.high, parameter.step
    if not math.isfinite(high - low):
        raise ParameterError("a range has finite bounds", f"[{low}, {high}]")
    if low >= high:
        raise ParameterError(
            "a range needs low < high",
            f"low={low}, high={high}",
            "write the constant itself" if low == high else "swap the two",
        )
    if parameter.log and low <= 0:
        raise ParameterError("a log scale needs low > 0", f"low={low}", "raise low or drop log")
    default_step = 1 if isinstance(parameter, Int) else None
    if parameter.log and step != default_step:
        raise ParameterError("a log scale has no step", f"step={step}", "drop step or log")
    if step is None:
        return
    if not (math.isfinite(step) and step > 0 and parameter.nth(1) <= high):
        raise ParameterError("a step is above 0 and fits between low and high", f"step={step} in [{low}, {high}]")
    if isinstance(parameter, Float) and step < 2 * math.ulp(max(abs(low), abs(high))):
        raise ParameterError(
            "a step is large enough for its multiples to be different numbers",
            f"step={step} in [{low}, {high}]",
            "drop step",
        )
