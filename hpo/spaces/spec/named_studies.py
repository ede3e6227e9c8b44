"""Other studies that a file names: `weights: study:NAME` of a model, `start_from: study:NAME`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hpo.spaces.space.parameters import Value

if TYPE_CHECKING:
    from hpo.spaces.spec.spec import StudySpec

PREFIX = "study:"
OPTION = "weights"
"""The option of model families that may name a study."""


def study_of(value: object) -> str | None:
    """The study that the value of an option names; None where it names none."""
    if isinstance(value, str) and value.startswith(PREFIX):
        return value.removeprefix(PREFIX) or None
    return None


def studies_named(spec: StudySpec) -> list[str]:
    """The studies whose weights some config of a spec starts from, in the order of the file."""
    words = _words(spec.document.get("model"), below_option=False)
    return list(dict.fromkeys(name for word in words if (name := study_of(word)) is not None))


def studies_to_start_from(value: Value) -> tuple[str, ...]:
    """The studies whose best configs are tried first, by the value of `start_from`, in its order."""
    items = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(name for item in items if (name := study_of(item)) is not None))


def _words(value: Value, *, below_option: bool) -> Iterator[Value]:
    """What stands below `weights`: the alternatives of a choice among them, be they a list or a mapping."""
    if isinstance(value, dict):
        for key, below in value.items():
            if below_option:
                yield key
            yield from _words(below, below_option=below_option or key == OPTION)
    elif isinstance(value, list):
        for item in value:
            yield from _words(item, below_option=below_option)
    elif below_option:
        yield value
