"""When two configs are the same one, and how many different ones a space has."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping

from hpo.spaces.sections.keys import KEYS, SECTIONS
from hpo.spaces.space.parameters import Value
from hpo.spaces.space.search_space import SearchSpace
from hpo.spaces.spec.config import ConfigError, read_section
from hpo.spaces.text.source import ScalarValue

_MOST_ENUMERATED = 2000
"""Variants of a section that are compared with each other; of more, each counts as different."""


class ConfigIdentity:
    """Tells the configs of one space apart.

    Two configs are the same if their sections are, all defaults spelled out; where the data lies does not count. So two
    alternatives of a choice with equal contents give one config, whatever they are called, and so does an alternative
    that says what another leaves to the default.
    """

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._sections: dict[tuple[str, Hashable], Hashable] = {}

    def key(self, params: Mapping[str, ScalarValue]) -> Hashable:
        """Equal for the same configs, different for others.

        Raises:
            KeyError: an active parameter is missing from `params`.
        """
        tree = self._space.tree(params)
        return tuple(self._section(key, tree.get(key, {})) for key in SECTIONS)

    def count(self) -> int | None:
        """How many different configs there are; None where a continuous parameter makes them endless.

        Exact where no section has more than 2,000 variants; else an upper bound, which alternatives with equal contents
        do not reach.
        """
        counts = [self._variants(key) for key in SECTIONS]
        return None if None in counts else math.prod(count for count in counts if count is not None)

    def _variants(self, key: str) -> int | None:
        section = SearchSpace({key: self._space.template.get(key, {})})
        size = section.size
        if size is None or not 1 < size <= _MOST_ENUMERATED:
            return size
        return len({self._section(key, section.tree(section.nth(index))[key]) for index in range(size)})

    def _section(self, key: str, value: Value) -> Hashable:
        raw = _hashable(value)
        if (key, raw) not in self._sections:
            whole = fill_defaults(key, value)
            self._sections[key, raw] = raw if whole is None else _hashable(whole)
        return self._sections[key, raw]


def fill_defaults(key: str, value: Value) -> Value | None:
    """A section with its defaults, without where data lies; None for one that breaks a rule."""
    try:
        return read_section(key, value).model_dump(exclude=set(KEYS[key].free))
    except ConfigError:
        return None


def _hashable(value: object) -> Hashable:
    """Equal where `is_same` of the values holds: 1 and 1.0 are equal, 1 and true are not."""
    if isinstance(value, dict):
        return frozenset((key, _hashable(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return tuple(_hashable(item) for item in value)
    return (bool, value) if isinstance(value, bool) else value
