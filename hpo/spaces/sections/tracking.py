"""Where trials can be followed outside hpo: the section `tracking`, and what the settings of a tracker are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, NoReturn

from pydantic import AfterValidator, BeforeValidator, Field, create_model

from hpo.catalog import TRACKERS, UnusableEntryError
from hpo.spaces.sections.section import Section, Switch


def _check_name(name: str) -> str:
    if not re.fullmatch(r"[^/\\#?%:\s][^/\\#?%:]{0,127}", name):
        raise ValueError("it has 1 to 128 characters, and none of / \\ # ? % :")
    return name


ProjectName = Annotated[str, AfterValidator(_check_name)]
"""The name of a project, of a user or of a team of Weights & Biases."""


class TrackerSettings(Section):
    """The options of a tracker, which is registered in `hpo.catalog.TRACKERS` by its settings.

    A file gives them below the tracker's name, or `true` where all have their defaults; `false` turns it off.
    """

    implementation: ClassVar[str]
    """`module:class` of its `hpo.tracking.Tracker`; the process that sends imports it."""
    packages: ClassVar[Mapping[str, str]] = {}
    """What has to be installed: how pip calls it, by the name that is imported."""
    shorthand: ClassVar[str | None] = None
    """The option that is meant where a text stands in the place of all options."""

    sends_once: ClassVar[bool] = False
    """Whether an epoch that arrives twice does harm: that it is sent is then recorded before, and not after."""

    shows_sweeps: ClassVar[bool] = False
    """Whether it shows the runs of sweeps, those too that repeat a trial."""

    @property
    def wants_model(self) -> bool:
        """Whether the tracker is given the model of a trial at its end, where the study keeps it."""
        return False

    def find_obstacle(self) -> str | None:
        """Return what keeps trials from being sent, and what to do, before any runs; None where nothing is known to."""
        return None

    def describe_place(self, folder: str, study: str) -> str | None:
        """Say where people see the trials of a study, or what they type for it; None where nothing is to be said.

        Args:
            folder: the tracker's own in that of the study, as people may type it.
            study: its name.
        """
        return None


class Tracking(Section):
    """Which trackers show the trials, each with its settings: the section `tracking` of a file.

    It may change in any study: `hpo resume STUDY --set tracking.tensorboard=true`.
    """

    @property
    def trackers(self) -> dict[str, TrackerSettings]:
        """The settings of each tracker that is on, by its name."""
        settings = ((name, getattr(self, name)) for name in type(self).model_fields)
        return {name: value for name, value in settings if value is not None}


@cache
def tracking_section(*, built_in_only: bool = False) -> type[Section]:
    """Make the class of a section in which each tracker that is registered has an option.

    What another package registered is imported here, so this is called where a file tracks at all.
    """
    names = sorted(TRACKERS.built_in) if built_in_only else TRACKERS.names()
    options: dict[str, Any] = {name: _option(name) for name in names}
    return create_model("Tracking", __base__=Tracking, __doc__=Tracking.__doc__, **options)


def _option(name: str) -> tuple[Any, Any]:
    try:
        settings: type[TrackerSettings] = TRACKERS.get(name)
    except UnusableEntryError as error:
        return Annotated[TrackerSettings | None, _Refusal(error)], Field(default=None, description=str(error))
    description = (settings.__doc__ or "").partition("\n\n")[0]
    return Annotated[settings | None, Switch(settings.shorthand)], Field(default=None, description=description)


class _Refusal(BeforeValidator):
    """Refuses a tracker that another package registered, and that cannot be imported."""

    def __init__(self, error: UnusableEntryError) -> None:
        def refuse(value: object) -> NoReturn:
            raise ValueError(str(error))

        super().__init__(refuse)
