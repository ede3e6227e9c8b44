"""A template with parameters in it, and what can be asked of it: draws, corners, how many configs there are."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from types import MappingProxyType

from hpo.spaces.space.parameters import (
    Choice,
    Draw,
    Float,
    Int,
    Parameter,
    Repeat,
    SectionTemplate,
    Template,
    Tree,
    Value,
)
from hpo.spaces.text.source import ScalarValue

Params = dict[str, ScalarValue]
"""Active parameters by name, a choice before what it opens."""
Conditions = Mapping[str, tuple[ScalarValue, ...]]
"""Where a parameter exists: the values, by name, that those it depends on may have."""
Admits = Callable[[Params], bool]

_ATTEMPTS = 8
"""Draws that are tried for one extreme..."""
_ALL_ATTEMPTS = 500
"""...and for all of a space, whose constraints may leave nothing."""


@dataclass(frozen=True)
class SearchSpace:
    """A template and what can be asked of it."""

    template: Mapping[str, Template]

    def parameters(self) -> tuple[Parameter, ...]:
        """Every parameter, in the order of the file, those inside alternatives included."""
        return tuple(parameter for parameter, _ in self.conditions())

    def unconditional(self) -> tuple[Parameter, ...]:
        """The parameters that every config has."""
        return tuple(parameter for parameter, conditions in self.conditions() if not conditions)

    def conditions(self) -> Iterator[tuple[Parameter, Conditions]]:
        """Every parameter, in the order of the file, with the values of others under which it exists."""
        return _walk(self.template, {})

    def fill(self, draw: Draw) -> tuple[Tree, Params]:
        """Fill every active parameter in.

        Args:
            draw: gives a parameter's value; asked once for each active parameter, a choice before what it opens.

        Returns:
            The filled tree, and the active parameters' values by name.
        """
        values: Params = {}

        def fill_template(template: Template) -> Value:  # noqa: PLR0911 - one return a kind of node
            match template:
                case None | bool() | int() | float() | str():
                    return template
                case Choice():
                    category = values[template.name] = draw(template)
                    return fill_template(template.alternative(category).content)
                case Int():
                    value = values[template.name] = draw(template)
                    return value
                case Float():
                    value = values[template.name] = template.snap(float(draw(template)))  # type: ignore[arg-type]
                    return value
                case Repeat():
                    count = int(fill_template(template.count))  # type: ignore[arg-type]
                    return [fill_template(item) for item in template.items[:count]]
                case tuple():
                    return [fill_template(item) for item in template]
            return {key: fill_template(item) for key, item in template.items()}

        tree = {key: fill_template(item) for key, item in self.template.items()}
        return tree, values

    def draw(self, generator: random.Random, fixed: Mapping[str, ScalarValue] = MappingProxyType({})) -> Params:
        """A draw in which every active parameter that is not fixed is uniform on its scale."""
        return self.fill(lambda p: fixed[p.name] if p.name in fixed else _uniform(p, generator))[1]

    def guess(self) -> Params:
        """Give the priors that some config has together: of an alternative's parameters, where it is a prior itself."""
        params: Params = {}
        for parameter, conditions in self.conditions():
            is_open = all(params.get(name) in allowed for name, allowed in conditions.items())
            if parameter.prior is not None and is_open:
                params[parameter.name] = parameter.prior
        return params

    def restrict(self, params: Mapping[str, ScalarValue]) -> SearchSpace:
        """The part of the space in which these parameters have these values; they are no parameters of it."""
        return SearchSpace({key: _restrict(item, params) for key, item in self.template.items()})

    def snap(self, params: Mapping[str, ScalarValue]) -> Params:
        """The same values, those of stepped floats free of binary rounding; see `Float.snapped`."""
        floats = self._floats
        return {
            name: floats[name].snap(value) if name in floats and isinstance(value, float) else value
            for name, value in params.items()
        }

    @cached_property
    def _floats(self) -> Mapping[str, Float]:
        return {parameter.name: parameter for parameter in self.parameters() if isinstance(parameter, Float)}

    def tree(self, params: Mapping[str, ScalarValue]) -> Tree:
        """The configuration that has these values.

        Raises:
            KeyError: an active parameter is missing from `params`.
        """
        return self.fill(lambda parameter: params[parameter.name])[0]

    def corners(self, admits: Admits | None = None) -> Iterator[tuple[Parameter | None, Params]]:
        """Draws that show each extreme value of each parameter, with the others at their first and at their last.

        So a rule about two numbers, or about a number and a choice, is seen to break wherever it does at extremes.

        Args:
            admits: whether a draw counts; for one that does not, seeded others with the same extreme are tried, and
                an extreme for which none counts is not shown.

        Yields:
            The parameter whose extreme is shown (None for the first draw) and the active parameters' values.
        """
        attempts = iter(range(_ALL_ATTEMPTS))
        conditions = tuple(self.conditions())
        ends = [{parameter.name: parameter.extremes[end] for parameter, _ in conditions} for end in (0, -1)]
        first = self.fill(lambda parameter: ends[0][parameter.name])[1]
        if admits is None or admits(first):
            yield None, first
        for parameter, needed in conditions:
            for value in parameter.extremes:
                forced = {**needed, parameter.name: (value,)}
                for end, others in zip((0, -1), ends, strict=True):
                    values = {**others, **{name: allowed[end] for name, allowed in forced.items()}}
                    params = self.fill(lambda p, values=values: values[p.name])[1]  # type: ignore[misc]
                    if admits is not None and not admits(params):
                        other = self._find_admitted(forced, admits, attempts)
                        if other is None:
                            continue
                        params = other
                    yield parameter, params

    def _find_admitted(self, forced: Conditions, admits: Admits, attempts: Iterator[int]) -> Params | None:
        generator = random.Random(0)
        for _ in islice(attempts, _ATTEMPTS):
            drawn = self.fill(lambda p: forced[p.name][0] if p.name in forced else _uniform(p, generator))[1]
            if admits(drawn):
                return drawn
        return None

    @property
    def size(self) -> int | None:
        """How many different configurations there are; None where a continuous parameter makes them endless."""
        return _size(self.template)

    def nth(self, index: int) -> Params:
        """The parameters of configuration `index`, from 0 to `size - 1`, in the order of the file."""
        values: Params = {}
        _nth(self.template, index, values)
        return values


def _walk(template: Template, conditions: Conditions) -> Iterator[tuple[Parameter, Conditions]]:
    match template:
        case Choice():
            yield template, conditions
            for alternative in template.alternatives:
                yield from _walk(alternative.content, {**conditions, template.name: (alternative.category,)})
        case Int() | Float():
            yield template, conditions
        case Repeat(count, items):
            yield from _walk(count, conditions)
            for index, item in enumerate(items):
                longer = tuple(length for length in template.counts if length > index)
                always = isinstance(count, int) or longer == template.counts
                yield from _walk(item, conditions if always else {**conditions, count.name: longer})  # type: ignore[union-attr]
        case Mapping():
            for item in template.values():
                yield from _walk(item, conditions)
        case tuple():
            for item in template:
                yield from _walk(item, conditions)


def _restrict(template: Template, params: Mapping[str, ScalarValue]) -> Template:  # noqa: PLR0911 - one return a kind of node
    match template:
        case Choice(name, alternatives):
            if name in params:
                return _restrict(template.alternative(params[name]).content, params)
            return Choice(name, tuple(replace(item, content=_restrict(item.content, params)) for item in alternatives))
        case Int(name) | Float(name):
            return params.get(name, template)
        case Repeat(count, items):
            length = count if isinstance(count, int) else params.get(count.name, count)
            return Repeat(length, tuple(_restrict(item, params) for item in items))  # type: ignore[arg-type]
        case Mapping():
            entries = {key: _restrict(item, params) for key, item in template.items()}
            return SectionTemplate(entries, template.paths) if isinstance(template, SectionTemplate) else entries
        case tuple():
            return tuple(_restrict(item, params) for item in template)
    return template


def _uniform(parameter: Parameter, generator: random.Random) -> ScalarValue:
    if isinstance(parameter, Choice):
        return generator.choice(parameter.categories)
    if parameter.log:
        value = math.exp(generator.uniform(math.log(parameter.low), math.log(parameter.high)))
        bounded = min(parameter.high, max(parameter.low, value))
        return round(bounded) if isinstance(parameter, Int) else bounded
    if parameter.size is not None:
        return parameter.nth(generator.randrange(parameter.size))
    return generator.uniform(parameter.low, parameter.high)


def _size(template: Template) -> int | None:
    match template:
        case Int() | Float():
            return template.size
        case Choice():
            return _sum(_size(alternative.content) for alternative in template.alternatives)
        case Repeat():
            return _sum(_size(template.items[:count]) for count in template.counts)
        case Mapping():
            return _size(tuple(template.values()))
        case tuple():
            sizes = [_size(item) for item in template]
            return None if None in sizes else math.prod(size for size in sizes if size is not None)
    return 1


def _sum(sizes: Iterator[int | None]) -> int | None:
    total = 0
    for size in sizes:
        if size is None:
            return None
        total += size
    return total


def _nth(template: Template, index: int, values: Params) -> None:
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
        case Repeat():
            for count in template.counts:
                size = _size(template.items[:count]) or 1
                if index < size:
                    if not isinstance(template.count, int):
                        values[template.count.name] = count
                    _nth(template.items[:count], index, values)
                    return
                index -= size
        case Mapping():
            _nth(tuple(template.values()), index, values)
        case tuple():
            sizes = [_size(item) or 1 for item in template]
            for position, item in enumerate(template):
                digit, index = divmod(index, math.prod(sizes[position + 1 :]))
                _nth(item, digit, values)
