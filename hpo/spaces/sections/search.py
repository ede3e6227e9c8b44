"""How long a study searches: what the section `search` of a file has whoever decides what to try."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from hpo.errors import Fault
from hpo.spaces.sections.objectives import Objective
from hpo.spaces.sections.section import Section
from hpo.spaces.sections.stopping import StopRules
from hpo.spaces.sections.tracking import TrackerSettings
from hpo.spaces.sections.units import Duration
from hpo.spaces.space.search_space import SearchSpace

BUDGET = ("trials", "timeout", "epochs", "gpu_hours", "cost")
"""The options that are the budget, which the study keeps beside its file."""
SettingRemark = tuple[str, str | None]
"""A setting that is there, and what people should know of it; None where there is nothing to say."""


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
    preparation: ClassVar[str | None] = None
    """`module:function`, called with the study by whoever leads it, before its workers start; None for nothing."""
    companion: ClassVar[str | None] = None
    """`module:function`, a context manager that whoever leads a study enters with it while its workers run."""
    packages: ClassVar[Mapping[str, str]] = {}
    """What has to be installed for a word of an option, such as `torch` for `gp`."""

    earlier_defaults: ClassVar[Mapping[str, str]] = {}
    """Options whose default has changed, and what a study that was begun without one goes on with."""

    backend: str
    """Who decides what to try."""
    trials: Annotated[int, Field(ge=1)] = 100
    """The budget in trials."""
    timeout: Duration | None = None
    """The budget in working time, after which no trial starts: seconds, or `90s`, `30m`, `8h`, `2d`, `1h30m`."""
    epochs: Annotated[int, Field(ge=1)] | None = None
    """The budget in epochs of all trials together, after which no trial starts. Each repeat has epochs of its own;
    those that are trained again after an interruption count again."""
    gpu_hours: Annotated[float, Field(gt=0)] | None = None
    """The budget in hours of GPUs, after which no trial starts: the time of all attempts at trials, each times its
    share of a GPU (`resources.gpus`). On the CPU it is never spent."""
    cost: Annotated[float, Field(gt=0)] | None = None
    """The budget in money, after which no trial starts: GPU-hours times `cost.per_gpu_hour`."""
    stop: StopRules = StopRules()
    """Rules by which the study ends before its budget is spent."""
    share_prefixes: bool = False
    """Train phases with which several trials begin (`training.phases`) once, and have the others go on from there:
    trials with the same data, model, recipe and first phases. They get the values that they would get each by
    themselves. A trial with phases then has its seed from what it trains in its first phase, and no more from its
    number: trials that begin alike begin with the same weights, and see images in the same order."""

    @property
    def budget(self) -> dict[str, Any]:
        """The budget by its options; None where something is not limited."""
        return {option: getattr(self, option) for option in BUDGET}

    @property
    def trackers(self) -> dict[str, dict[str, Any]]:
        """The options of trackers by which the search learns of trials; they are on, whatever the file says."""
        return {}

    @property
    def choices(self) -> dict[str, str]:
        """What was chosen by name, by option: `{"sampler": "tpe"}`."""
        chosen = ((option, getattr(self, option)) for option in type(self).model_fields)
        return {option: section.name for option, section in chosen if hasattr(section, "name")}

    def find_obstacle(self, trackers: Mapping[str, TrackerSettings]) -> str | None:
        """Return what keeps it from searching beside these trackers, and what to do; None where nothing is known to."""
        return None
