"""A template beside a config: the parameters that may give it, and the first value that does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hpo.spaces.space.parameters import Choice, Float, Int, Repeat, Template, Value
from hpo.spaces.space.search_space import Params
from hpo.spaces.spec.wording import ABSENT, NAME_KEYS, Absent, either, in_words, place_name, values_of
from hpo.spaces.text.source import KeyPath, ScalarValue


@dataclass(frozen=True, slots=True)
class Misfit:
    """A config that a space does not hold.

    Attributes:
        reason: the first value that keeps it out.
        rule: the same without the value, which many configs share.
    """

    reason: str
    rule: str


def describe_misfit(name: str, value: object, instead: str) -> Misfit:
    """`depth = 5, where the new space has [1, 4]`."""
    rule = f"where the new space has {instead}"
    return Misfit(f"{name} = {in_words(value)}, {rule}", f"{name}, {rule}")


class Matcher:
    """Lays templates beside spelled-out values, and notes what does not fit.

    Attributes:
        misfits: what did not fit, in the order in which it was seen.
    """

    def __init__(self, earlier: Mapping[str, ScalarValue], path: KeyPath) -> None:
        """Begin.

        Args:
            earlier: the values that parameters had; a choice tries the alternative of that name first.
            path: where the value stands in the config.
        """
        self.misfits: list[Misfit] = []
        self._earlier = earlier
        self._path = path

    def candidates(self, template: Template, target: Value) -> Iterator[Params]:
        """Parameters with which a template may give a value, the likely ones first.

        Constants are not compared, since they can be spelled in several ways; whoever asks compares whole configs.
        """
        match template:
            case Choice():
                yield from self._choices(template, target)
            case Int() | Float():
                value = template.take(target)
                if value is None:
                    self.misfits.append(describe_misfit(template.name, target, values_of(template)))
                else:
                    yield {template.name: value}
            case Repeat():
                yield from self._repeat(template, target)
            case tuple():
                if isinstance(target, list) and len(target) == len(template):
                    yield from self._combine(template, target)
                else:
                    self.misfits.append(describe_misfit(place_name(self._path), target, f"a list of {len(template)}"))
            case Mapping():
                yield from self._mapping(template, target)
            case _:
                yield {}

    def _choices(self, choice: Choice, target: Value) -> Iterator[Params]:
        earlier = self._earlier.get(choice.name, ABSENT)
        same = [alternative for alternative in choice.alternatives if is_same(alternative.category, earlier)]
        others = [
            alternative
            for alternative in choice.alternatives
            if alternative not in same and may_give(alternative.content, target)
        ]
        noted, fits = len(self.misfits), False
        for alternative in (*same, *others):
            for below in self.candidates(alternative.content, target):
                fits = True
                yield {choice.name: alternative.category, **below}
        if not fits and not same and len(others) != 1:  # else what did not fit below the only alternative says more
            del self.misfits[noted:]
            value = target if isinstance(earlier, Absent) else earlier
            self.misfits.append(describe_misfit(choice.name, value, either(choice.categories)))

    def _repeat(self, repeat: Repeat, target: Value) -> Iterator[Params]:
        name = place_name(self._path) if isinstance(repeat.count, int) else repeat.count.name
        if not (isinstance(target, list) and len(target) in repeat.counts):
            there = f"a list of {len(target)}" if isinstance(target, list) else target
            self.misfits.append(describe_misfit(name, there, f"a list of {either(repeat.counts)}"))
            return
        length: Params = {} if isinstance(repeat.count, int) else {name: len(target)}
        yield from ({**length, **below} for below in self._combine(repeat.items[: len(target)], target))

    def _mapping(self, template: Mapping[str, Template], target: Value) -> Iterator[Params]:
        content = content_of(template, target)
        if content is not None:
            yield from self.candidates(content, target)
        elif isinstance(target, dict) and template.keys() <= target.keys():
            yield from self._combine(tuple(template.values()), [target[key] for key in template])
        else:
            self.misfits.append(describe_misfit(place_name(self._path), target, in_words(template)))

    def _combine(self, templates: Sequence[Template], values: Sequence[Value]) -> Iterator[Params]:
        if not templates:
            yield {}
            return
        for first in self.candidates(templates[0], values[0]):
            yield from ({**first, **others} for others in self._combine(templates[1:], values[1:]))


def may_give(template: Template, target: Value) -> bool:
    """Whether an alternative looks like a spelled-out value; at what it opens, nobody has looked yet."""
    match template:
        case Choice() | Int() | Float() | Repeat():
            return True
        case Mapping():
            return content_of(template, target) is not None or _names_the_same(template, target)
        case tuple():
            return isinstance(target, list) and len(target) == len(template)
    if isinstance(target, dict):
        return any(is_same(target.get(key, ABSENT), template) for key in NAME_KEYS)
    if target is None:
        return template in (None, "none")
    return is_same(template, target) or str(target) == template  # a path is a text in the file


def _names_the_same(template: Mapping[str, Template], target: Value) -> bool:
    """Whether a mapping has only keys of a spelled-out value, and no name that is another."""
    if not (isinstance(target, dict) and template.keys() <= target.keys()):
        return False
    names = [key for key in NAME_KEYS if isinstance(template.get(key), str)]
    return all(template[key] == target[key] for key in names)


def content_of(template: Template, target: Value) -> Mapping[str, Template] | None:
    """What `{NAME: OPTIONS}` opens, where that is how the file spells `target`; None for anything else."""
    if not (isinstance(template, Mapping) and len(template) == 1 and isinstance(target, dict)):
        return None
    ((key, content),) = template.items()
    if key in target or key != target.get("name"):
        return None
    return {} if content is None else content if isinstance(content, Mapping) else None


def is_same(one: object, other: object) -> bool:
    """Whether two plain values are equal; true is no 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def find_differences(one: object, other: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any, Any]]:
    """Where two plain values differ, and what each has there, `ABSENT` where it has nothing."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys([*one, *other]):
            yield from find_differences(one.get(key, ABSENT), other.get(key, ABSENT), (*path, str(key)))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, values in enumerate(zip(one, other, strict=True)):
            yield from find_differences(*values, (*path, str(index)))
    elif not is_same(one, other):
        yield path, one, other
