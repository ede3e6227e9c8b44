"""Every key of a file that may be given a plain value: where it stands, and what values it takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hpo.spaces.sections.keys import may_vary
from hpo.spaces.sections.options import Bounds, options_of
from hpo.spaces.sections.section import Section
from hpo.spaces.space.parameters import Value
from hpo.spaces.spec.config import ConfigError, check
from hpo.spaces.text.source import KeyPath

ValueKind = Literal["switch", "whole", "number", "word", "text"]
_KINDS: dict[type, ValueKind] = {bool: "switch", int: "whole", float: "number", str: "word", Path: "text"}


@dataclass(frozen=True, slots=True)
class PlacedOption:
    """An option at its place in a file.

    Attributes:
        path: where it stands in a config, from the section down.
        section: the class that checks it.
        kind: of its values.
        bounds: of its values, if they are numbers.
        words: that it takes, if it takes any.
        takes_path: whether it takes the path of a file as well, or that alone.
        alternative: of a choice such as `optimizer`, where it exists only under that one.
        may_vary: whether it may be a parameter.
    """

    path: KeyPath
    section: type[Section]
    kind: ValueKind
    bounds: Bounds
    words: tuple[str, ...] = ()
    takes_path: bool = False
    alternative: str | None = None
    may_vary: bool = True

    def broken_rule(self, value: Value) -> str | None:
        """The rule that a constant breaks, if it does."""
        try:
            check(self.section, {self.path[-1]: value}, self.path[:-1])
        except ConfigError as error:
            return error.faults[0].rule
        return None

    def __str__(self) -> str:
        return ".".join(self.path)


def place_options(
    section: type[Section], path: KeyPath, own_name: str = "", alternative: str | None = None
) -> Iterator[PlacedOption]:
    """The options of a section, those of the sections in it among them; lists are left out.

    Args:
        section: the class.
        path: where it stands.
        own_name: the key under which it says what it is, which is no option.
        alternative: of a choice, where it exists only under that one.
    """
    for name, option in options_of(section).items():
        here = (*path, name)
        below = [form.type for form in option.forms if issubclass(form.type, Section)]
        if name == own_name:
            continue
        if len(below) > 1:
            yield PlacedOption(here, section, "word", Bounds(), tuple(option.named_sections), False, alternative)
            for word, member in option.named_sections.items():
                yield from place_options(member, (*here, word), "name", word)  # type: ignore[arg-type]
        elif below:
            yield from place_options(below[0], here, "", alternative)
        elif plain := next((form for form in option.forms if form.type in _KINDS), None):
            common: dict[str, Any] = {"alternative": alternative, "may_vary": may_vary(here)}
            takes_path = any(issubclass(form.type, Path) for form in option.forms)
            yield PlacedOption(here, section, _KINDS[plain.type], plain.bounds, option.words, takes_path, **common)
