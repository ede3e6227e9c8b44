"""How the parameters of two files differ, in the words of a report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal, cast

from hpo.spaces.change.adoption import fit_parts
from hpo.spaces.change.matching import Misfit, find_differences, is_same
from hpo.spaces.sections.keys import KEYS
from hpo.spaces.space.parameters import Choice, Parameter, Value
from hpo.spaces.space.search_space import Params
from hpo.spaces.spec.spec import StudySpec
from hpo.spaces.spec.wording import ABSENT, in_words, values_of
from hpo.spaces.text.source import ScalarValue

_LOOKED_AT = 64
"""Configs that are looked at to tell what earlier trials have in the place of a new parameter."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was.

    Attributes:
        kind: what became of a parameter, or of anything else of the file (`other`).
        place: the parameter's name, or the path.
        text: what is, and what was.
    """

    kind: Literal["new", "wider", "narrower", "other", "fixed"]
    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


def list_changes(old: StudySpec, new: StudySpec) -> list[Change]:
    """What is new, wider, narrower, other or fixed, in the order of the new file, and what else a study takes up."""
    return [*_of_parameters(old, new), *_of_fixed_ones(old, new), *_of_settings(old, new)]


def _of_parameters(old: StudySpec, new: StudySpec) -> Iterator[Change]:
    parameters = {parameter.name: parameter for parameter in old.space.parameters()}
    stands = _values(old, new)
    for parameter, conditions in new.space.conditions():
        name = parameter.name
        if name in parameters:
            yield from _compare(parameters[name], parameter)
        elif all(_could_be(parameters.get(holder), values) for holder, values in conditions.items()):
            earlier = f", earlier trials have {in_words(stands[name])}" if name in stands else ""
            yield Change("new", name, f"{_describe(parameter)}{earlier}")


def _of_fixed_ones(old: StudySpec, new: StudySpec) -> Iterator[Change]:
    parameters = {parameter.name: parameter for parameter in new.space.parameters()}
    stands = _values(new, old)
    for parameter, conditions in old.space.conditions():
        name = parameter.name
        could_exist = all(_could_be(parameters.get(holder), values) for holder, values in conditions.items())
        if name not in parameters and could_exist:
            now = in_words(stands[name]) if name in stands else "no parameter"
            yield Change("fixed", name, f"{now}, was {_describe(parameter)}")


def _of_settings(old: StudySpec, new: StudySpec) -> Iterator[Change]:
    for section in (key for key in KEYS.values() if key.kind == "section" and key.change == "followed"):
        was, now = (cast("dict[str, Value]", spec.value(section)) for spec in (old, new))
        for key in dict.fromkeys([*was, *now]):
            one, other = was.get(key, ABSENT), now.get(key, ABSENT)
            is_renamed = isinstance(one, dict) and isinstance(other, dict) and one.get("name") != other.get("name")
            for path, earlier, later in find_differences(one, other):
                if not is_renamed or path == ("name",):
                    place = ".".join((section.name, key, *(path if not is_renamed else ())))
                    yield Change("other", place, f"{in_words(later)}, was {in_words(earlier)}")
    texts = [[constraint.text for constraint in spec.constraints] for spec in (old, new)]
    for text in texts[1]:
        if text not in texts[0]:
            yield Change("other", "constraints", f"{text} is new")
    for text in texts[0]:
        if text not in texts[1]:
            yield Change("other", "constraints", f"{text} is dropped")


def _compare(was: Parameter, now: Parameter) -> Iterator[Change]:
    if was == now:
        return
    forth, back = _holds(now, was), _holds(was, now)
    text = f"{_describe(now)}, was {_describe(was)}"
    if isinstance(was, Choice) and isinstance(now, Choice) and was.categories == now.categories:
        return  # what an alternative opens is told by its own name
    yield Change("wider" if forth and not back else "narrower" if back and not forth else "other", now.name, text)


def _holds(one: Parameter, other: Parameter) -> bool:
    """Whether one parameter can take every value of another; of a range without steps, its ends are looked at."""
    if isinstance(one, Choice) or isinstance(other, Choice):
        values = other.categories if isinstance(other, Choice) else other.extremes
        return all(_could_be(one, (value,)) for value in values)
    if one.step is not None and other.step is None:
        return False
    inner = () if other.step is None else (other.nth(1),)
    return all(one.take(value) is not None for value in (*other.extremes, *inner))


def _could_be(parameter: Parameter | None, values: tuple[ScalarValue, ...]) -> bool:
    if parameter is None:
        return False
    if isinstance(parameter, Choice):
        return any(is_same(category, value) for category in parameter.categories for value in values)
    return any(parameter.take(value) is not None for value in values)


def _describe(parameter: Parameter) -> str:
    on_a_log_scale = " on a log scale" if not isinstance(parameter, Choice) and parameter.log else ""
    return f"{values_of(parameter)}{on_a_log_scale}"


def _values(old: StudySpec, new: StudySpec) -> Params:
    """What trials of `old` have in the place of parameters of `new`, where it is the same for those looked at."""
    earlier: Params = {}
    differ: set[str] = set()
    for _, params in islice(old.space.corners(), _LOOKED_AT):
        parts = fit_parts(old.space.tree(params), new.space, params)
        for name, value in (item for part in parts if not isinstance(part, Misfit) for item in part.items()):
            if not is_same(earlier.setdefault(name, value), value):
                differ.add(name)
    return {name: value for name, value in earlier.items() if name not in differ}
