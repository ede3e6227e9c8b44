"""How long a study searches: what the section `search` of a file has whoever decides what to try."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from hpo.errors import Fault
from hpo.spaces.sections.objectives import Objective
from hpo.spaces.sections.section import Section
from hpo.spaces.space.search_space import SearchSpace

SettingRemark = tuple[str, str | None]
"""A setting that is there, and what people should know of it; None where there is nothing to say."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SECONDS = r"\d+(\.\d+)?"
_DURATION = rf"({_SECONDS}[smhd])+"


def duration_seconds(value: float | str) -> float:
    """`8h`, `90m`, `1h30m` in seconds; a number is seconds already.

    Raises:
        ValueError: the text is no duration.
    """
    if not isinstance(value, str):
        return value
    if re.fullmatch(_SECONDS, value):
        return float(value)
    if not re.fullmatch(_DURATION, value):
        raise ValueError("a duration is a number of seconds, or a text such as 90s, 30m, 8h, 2d or 1h30m")
    return sum(float(amount) * _UNITS[unit] for amount, _, unit in re.findall(r"(\d+(\.\d+)?)([smhd])", value))


_Positive = Annotated[float, Field(gt=0)]
_Duration = Annotated[str, Field(pattern=rf"^(?=.*[1-9])({_SECONDS}|{_DURATION})$")]


class StudySection(Section):
    """A section that the whole study has in common, and what it says of the rest of the file."""

    def faults(self, space: SearchSpace, objectives: Sequence[Objective]) -> Iterator[Fault]:
        """What in a space or in objectives it cannot do; what concerns a parameter has its name as subject."""
        yield from ()

    def remarks(self, space: SearchSpace, epochs: int) -> Iterator[SettingRemark]:
        """Which of its settings never act, and which units may be mistaken, where no trial has more epochs."""
        yield from ()


class Search(StudySection):
    """How a study searches, and its budget: a total, however often it is stopped and continued.

    A search backend, registered in `hpo.catalog.BACKENDS`, is a subclass with options of its own, whose `backend` has
    its name alone.
    """

    implementation: ClassVar[str]
    """`module:class` of its `hpo.search.SearchBackend`, made of a study and a worker's name; workers import it."""
    packages: ClassVar[Mapping[str, str]] = {}
    """What has to be installed for a word of an option, such as `torch` for `gp`."""

    backend: str
    """Who decides what to try."""
    trials: Annotated[int, Field(ge=1)] = 100
    """The budget in trials."""
    timeout: Annotated[
        _Positive | None, BeforeValidator(duration_seconds, json_schema_input_type=_Duration | _Positive | None)
    ] = None
    """The budget in working time, after which no trial starts: seconds, or `90s`, `30m`, `8h`, `2d`, `1h30m`."""

    @property
    def choices(self) -> dict[str, str]:
        """What was chosen by name, by option: `{"sampler": "tpe"}`."""
        chosen = ((option, getattr(self, option)) for option in type(self).model_fields)
        return {option: section.name for option, section in chosen if hasattr(section, "name")}
