"""What a study cannot take up of another file: the places at which no trial of it would be one of the new space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from hpo.spaces.change.adoption import FilledSection, at
from hpo.spaces.change.matching import Misfit, find_differences
from hpo.spaces.sections.keys import KEYS, SECTION_NAMES, SECTIONS, may_vary
from hpo.spaces.space.parameters import Choice, Float, Int, Repeat, Template, Tree
from hpo.spaces.spec.spec import StudySpec
from hpo.spaces.spec.wording import ABSENT, Absent, describe_template, in_words
from hpo.spaces.text.source import KeyPath

_LOOKED_AT = 64
"""Configs of either file; what a constant has to do with other values shows at a few."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change that would leave no trial to go on from: where, the rule, what was there, what is, and a remedy."""

    place: str
    rule: str
    was: str
    now: str
    remedy: str | None = None

    def __str__(self) -> str:
        remedy = f" {self.remedy}." if self.remedy else ""
        return f"{self.place}: {self.rule}. It was {self.was}, and is {self.now}.{remedy}"


def list_refusals(old: StudySpec, new: StudySpec) -> list[Refusal]:
    """Everything in `new` that a study of `old` cannot take up, in the order of the file."""
    return [*_of_head(old, new), *_of_data(old, new), *_of_constants(old, new)]


def _of_head(old: StudySpec, new: StudySpec) -> Iterator[Refusal]:
    for key in (key for key in KEYS.values() if key.change == "refused" and key.kind != "own"):
        was, now = old.value(key), new.value(key)
        if was != now:
            yield Refusal(key.name, f"all trials of a study have the same {key.name}", in_words(was), in_words(now))
    objectives = [
        ", ".join(f"{objective.direction} {objective.metric}" for objective in spec.objectives) for spec in (old, new)
    ]
    if old.objectives != new.objectives:
        yield Refusal("objective", "trials are compared by what they were all told", *objectives)


def _of_data(old: StudySpec, new: StudySpec) -> Iterator[Refusal]:
    rule = "trials are compared on the same images"
    was, now = (FilledSection("data", _first_config(spec)).whole for spec in (old, new))
    is_another = at(was, (SECTION_NAMES["data"],)) != at(now, (SECTION_NAMES["data"],))
    for path, *values in find_differences(was, now):
        is_own = is_another and ABSENT in values  # an option that only one of two data sets has
        if not may_vary(("data", path[0])) and not is_own:
            yield Refusal(".".join(("data", *path)), rule, *map(in_words, values))


def _of_constants(old: StudySpec, new: StudySpec) -> Iterator[Refusal]:
    for key in SECTIONS:
        yield from _Sections(key, old, new).list_refusals()


class _Sections:
    """One section of two files, compared part by part."""

    def __init__(self, key: str, old: StudySpec, new: StudySpec) -> None:
        self._key = key
        self._old, self._new = _Side(key, old), _Side(key, new)

    def list_refusals(self) -> Iterator[Refusal]:
        was, now = self._old.template, self._new.template
        if not (isinstance(was, Mapping) and isinstance(now, Mapping)):
            yield from self._compare((), was, now)
            return
        constant = KEYS[self._key].constant
        keys = [key for key in dict.fromkeys([*was, *now]) if may_vary((self._key, key)) or key in constant]
        for key in sorted(keys, key=lambda key: key != SECTION_NAMES.get(self._key)):
            refusals = list(self._compare((key,), was.get(key, ABSENT), now.get(key, ABSENT)))
            yield from refusals
            if refusals and key == SECTION_NAMES.get(self._key):
                return  # the keys of another family are other keys

    def _compare(self, path: KeyPath, was: Template | Absent, now: Template | Absent) -> Iterator[Refusal]:
        if not (_varies(was) or _varies(now)) or not path:
            yield from self._compare_constant(path, was, now)
        elif isinstance(was, Mapping) and isinstance(now, Mapping) and not _names_another(was, now):
            for key in dict.fromkeys([*was, *now]):
                yield from self._compare((*path, key), was.get(key, ABSENT), now.get(key, ABSENT))
        elif isinstance(was, tuple) and isinstance(now, tuple) and len(was) == len(now):
            for index, parts in enumerate(zip(was, now, strict=True)):
                yield from self._compare((*path, str(index)), *parts)
        elif isinstance(was, Repeat) and isinstance(now, Repeat):
            always = min(was.counts[0], now.counts[0])
            for index, parts in enumerate(zip(was.items[:always], now.items[:always], strict=True)):
                yield from self._compare((*path, str(index)), *parts)
        else:
            yield from self._compare_constant(path, was, now)

    def _compare_constant(self, path: KeyPath, was: Template | Absent, now: Template | Absent) -> Iterator[Refusal]:
        """Whether what does not vary is a value that the other side can have."""
        if _varies(was) and _varies(now):
            if isinstance(was, Mapping | tuple) and isinstance(now, Mapping | tuple):
                yield self._refusal(path, was, now, None)
        elif _varies(was):
            if not self._new.can_have(path, was):
                yield self._refusal(path, was, now, "Fix it at a value that trials have had")
        elif not self._old.can_have(path, now):
            value = self._old.text(path, was)
            both = f"{{choice: [{value}, {self._new.text(path, now)}]}}"
            can = f"Have it take {value} as well" if _varies(now) else f"To try both, write {both}"
            yield self._refusal(path, was, now, can if may_vary((self._key, *path)) else None)

    def _refusal(self, path: KeyPath, was: Template | Absent, now: Template | Absent, remedy: str | None) -> Refusal:
        place, rule = ".".join((self._key, *path)), "the trials of a study differ in its parameters alone"
        return Refusal(place, rule, self._old.text(path, was), self._new.text(path, now), remedy)


class _Side:
    """A section of one of two files, with a few of its configs."""

    def __init__(self, key: str, spec: StudySpec) -> None:
        self.template: Template = spec.space.template.get(key, {})
        corners = islice(spec.space.corners(), _LOOKED_AT)
        self._configs = [(FilledSection(key, spec.space.tree(params)), params) for _, params in corners]

    def can_have(self, path: KeyPath, part: Template | Absent) -> bool:
        """Whether, with the other side's part in it, the file still gives one of its configs."""
        whole = _replace(self.template, path, part)
        template = whole if not path else whole.get(path[0], ABSENT) if isinstance(whole, Mapping) else whole
        fits = (section.fit(template, path[:1], params) for section, params in self._configs)
        return any(not isinstance(fit, Misfit) for fit in fits)

    def text(self, path: KeyPath, part: Template | Absent) -> str:
        """What stands there, as a file has it, or the default."""
        if not isinstance(part, Absent):
            return describe_template(part)
        return in_words(at(self._configs[0][0].whole, path))


def _first_config(spec: StudySpec) -> Tree:
    return next(spec.space.tree(params) for _, params in spec.space.corners())


def _varies(template: Template | Absent) -> bool:
    match template:
        case Int() | Float() | Choice() | Repeat():
            return True
        case Mapping():
            return any(map(_varies, template.values()))
        case tuple():
            return any(map(_varies, template))
    return False


def _names_another(one: Mapping[str, Template], other: Mapping[str, Template]) -> bool:
    """Whether two mappings are `{NAME: OPTIONS}` with different names."""
    if len(one) != 1 or len(other) != 1 or one.keys() == other.keys():
        return False
    return all(value is None or isinstance(value, Mapping) for value in (*one.values(), *other.values()))


def _replace(template: Template, path: KeyPath, part: Template | Absent) -> Template | Absent:
    """A copy of a template with `part` at `path`."""
    if not path:
        return part
    if isinstance(template, Repeat):
        return replace(template, items=_replace(template.items, path, part))  # type: ignore[arg-type]
    key, below = path[0], path[1:]
    if isinstance(template, tuple):
        index = int(key)
        changed = _replace(template[index], below, part)
        return (*template[:index], None if isinstance(changed, Absent) else changed, *template[index + 1 :])
    entries = dict(template) if isinstance(template, Mapping) else {}
    changed = _replace(entries.pop(key, {}), below, part)
    return entries if isinstance(changed, Absent) else {**entries, key: changed}
