"""Whether a trial of one space lies in another: the parameters with which the other gives the same config."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from hpo.spaces.change.matching import Matcher, Misfit, describe_misfit, find_differences, is_same
from hpo.spaces.sections.canonical import rewrite_tree
from hpo.spaces.sections.keys import KEYS, SECTIONS
from hpo.spaces.space.parameters import Choice, Template, Tree, Value
from hpo.spaces.space.search_space import Params, SearchSpace
from hpo.spaces.spec.identity import fill_defaults
from hpo.spaces.spec.spec import StudySpec
from hpo.spaces.spec.wording import ABSENT, Absent, in_words, place_name, values_of
from hpo.spaces.text.source import KeyPath, ScalarValue

_MOST_TRIED = 200
"""Ways to fill one key of a section in; there is more than one only where alternatives look alike."""


def adopt(tree: Tree | None, params: Mapping[str, ScalarValue], space: SearchSpace) -> Params | Misfit:
    """The parameters with which a space gives a config of another one.

    Two configs are the same if their sections are, all defaults spelled out; where the data lies does not count.
    Values keep their names, whatever the order of alternatives. A new parameter takes what the config has in its place,
    be that a constant of the other file or a default.

    Args:
        tree: the config, as a space gives it or as an earlier version stored it; None for a trial that has not begun,
            and that not all parameters are known of.
        params: its active parameters in the space that it was drawn from.
        space: what it may lie in.

    Returns:
        The active parameters in `space`; of a trial that has not begun, those that are known. Or why there are none.
    """
    if tree is None:
        return _adopt_by_name(space, params)
    adopted: Params = {}
    for fit in fit_parts(rewrite_tree(tree), space, params):
        if isinstance(fit, Misfit):
            return fit
        adopted |= fit
    return adopted


def rule_out(spec: StudySpec, params: Params, measures: Mapping[str, float] | None = None) -> Misfit | None:
    """Why the constraints of a spec leave one of its configs out; None where they do not.

    Args:
        spec: what the config lies in.
        params: its active parameters there.
        measures: what is known of its network's cost.
    """
    for text, excess in spec.excesses(params, measures).items():
        if excess > 0:
            return Misfit(*[f"it breaks the constraint {text}"] * 2)
    return None


def fit_parts(tree: Tree, space: SearchSpace, params: Mapping[str, ScalarValue]) -> Iterator[Params | Misfit]:
    """Part by part, the parameters with which a space gives what a config has there, or why there are none.

    Args:
        tree: the config.
        space: what it may lie in.
        params: the values by which the config was drawn from a space of its own.
    """
    for key in SECTIONS:
        section = FilledSection(key, tree)
        for path, part in section.parts(space.template.get(key, {})):
            yield section.fit(part, path, params)


class FilledSection:
    """A section of a config, in which parts are put in the place of others to see whether it stays the same.

    Attributes:
        known: the section with its defaults spelled out; a section that breaks a rule, as it stands.
    """

    def __init__(self, key: str, tree: Tree) -> None:
        self._key = key
        self._value: Value = tree.get(key, {})
        whole = fill_defaults(key, self._value)
        self.whole: Value = self._value if whole is None else whole

    def parts(self, template: Template) -> Iterator[tuple[KeyPath, Template | Absent]]:
        """What another file has for each key of the section, or for the whole of it where that is a choice."""
        if isinstance(template, Mapping) and isinstance(self._value, dict):
            for key in dict.fromkeys([*template, *self._value]):
                if key not in KEYS[self._key].free:
                    yield (key,), template.get(key, ABSENT)
        else:
            yield (), template

    def fit(self, template: Template | Absent, path: KeyPath, params: Mapping[str, ScalarValue]) -> Params | Misfit:
        """The parameters with which a template gives what stands at `path`.

        Args:
            template: what the other file has there.
            path: from the section down.
            params: the values that parameters had.
        """
        if isinstance(template, Absent):
            return self.change(ABSENT, path) or {}
        matcher = Matcher(params, (self._key, *path))
        whole = at(self.whole, path)
        for candidate in islice(
            matcher.candidates(template, None if isinstance(whole, Absent) else whole), _MOST_TRIED
        ):
            change = self.change(SearchSpace({"": template}).tree(candidate)[""], path)
            if change is None:
                return candidate
            matcher.misfits.append(change)
        return matcher.misfits[0]

    def change(self, value: Value | Absent, path: KeyPath) -> Misfit | None:
        """What is another in the section where `value` stands at `path`; None if nothing is."""
        if is_same(at(self._value, path), value):
            return None
        other = fill_defaults(self._key, _with(self._value, path, value))
        if other is None:  # together with the rest it breaks a rule
            return describe_misfit(place_name((self._key, *path)), at(self.whole, path), in_words(value))
        for place, whole, there in find_differences(self.whole, other):
            return describe_misfit(place_name((self._key, *place)), whole, in_words(there))
        return None


def at(value: Value, path: KeyPath) -> Value | Absent:
    """What stands at a path of plain values."""
    for key in path:
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return ABSENT
    return value


def _with(value: Value, path: KeyPath, part: Value | Absent) -> Value:
    """A copy in which `part` stands at `path`, or nothing does."""
    if not path:
        return {} if isinstance(part, Absent) else part
    key, below = path[0], path[1:]
    if isinstance(value, list):
        return [_with(item, below, part) if index == int(key) else item for index, item in enumerate(value)]
    entries = dict(value) if isinstance(value, dict) else {}
    if not below and isinstance(part, Absent):
        entries.pop(key, None)
    else:
        entries[key] = _with(entries.get(key), below, part)
    return entries


def _adopt_by_name(space: SearchSpace, params: Mapping[str, ScalarValue]) -> Params | Misfit:
    """What is known of a trial that has not begun: it has no config yet."""
    parameters = {parameter.name: parameter for parameter in space.parameters()}
    adopted: Params = {}
    for name, value in params.items():
        parameter = parameters.get(name)
        if parameter is None:
            return describe_misfit(name, value, "no such parameter")
        if isinstance(parameter, Choice):
            fits: list[ScalarValue] = [category for category in parameter.categories if is_same(category, value)]
        else:
            fits = [number for number in (parameter.take(value),) if number is not None]
        if not fits:
            return describe_misfit(name, value, values_of(parameter))
        adopted[name] = fits[0]
    return adopted
