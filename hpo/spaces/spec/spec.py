"""A whole space file, checked: what is searched, how, and what every trial has in common."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from hpo.catalog import TRACKERS
from hpo.spaces.constraints.constraints import Constraint
from hpo.spaces.constraints.names import values_by_name
from hpo.spaces.sections.alerts import Alerts
from hpo.spaces.sections.keys import Engine, Head, Key
from hpo.spaces.sections.objectives import Objective
from hpo.spaces.sections.on_oom import OnOom
from hpo.spaces.sections.recovery import Recovery
from hpo.spaces.sections.resources import Price, Resources
from hpo.spaces.sections.search import Search
from hpo.spaces.sections.section import Section
from hpo.spaces.sections.tracking import TrackerSettings, Tracking
from hpo.spaces.space.parameters import Parameter, Tree
from hpo.spaces.space.search_space import Params, SearchSpace
from hpo.spaces.spec.config import Config, read_config
from hpo.spaces.text.source import ScalarValue


@dataclass(frozen=True, slots=True)
class StudySpec:
    """A space file, checked: every config that its space can draw has been found to follow the rules of its sections.

    Attributes:
        head: the keys that have a single value.
        objectives: what is optimized, at least one of them learned.
        sections: those that the whole study has in common, by their key, such as `search`.
        constraints: what a config has to meet before it is trained.
        start_from: what is tried first: values of some parameters, or of all; the priors of parameters are the last.
        document: the file itself as plain values, its base merged in, parameters as mappings, paths absolute: what a
            storage keeps. Specs are equal that say the same, however their files do.
        earlier_studies: the names of studies whose best configs are tried first.
    """

    name: str
    head: Head
    objectives: tuple[Objective, ...]
    sections: Mapping[str, Section]
    space: SearchSpace
    constraints: tuple[Constraint, ...]
    start_from: tuple[Params, ...]
    document: Tree = field(compare=False)
    earlier_studies: tuple[str, ...] = ()

    @property
    def engine(self) -> Engine:
        """The deep-learning engine behind Keras."""
        return self.head.engine

    @property
    def seed(self) -> int:
        """What all randomness of the study follows from."""
        return self.head.seed

    @property
    def search(self) -> Search:
        """How it searches, and its budget."""
        return cast(Search, self.sections["search"])

    @property
    def resources(self) -> Resources:
        """What each trial gets of the machine."""
        return cast(Resources, self.sections["resources"])

    @property
    def cost(self) -> Price:
        """What computing costs."""
        return cast(Price, self.sections["cost"])

    @property
    def recovery(self) -> Recovery:
        """What becomes of trials whose workers die, hang or take too long."""
        return cast(Recovery, self.sections["recovery"])

    @property
    def on_oom(self) -> OnOom:
        """What is done when the memory does not suffice for a trial."""
        return cast(OnOom, self.sections["on_oom"])

    @property
    def trackers(self) -> dict[str, TrackerSettings]:
        """The settings of what shows trials outside hpo, by its name; the search may need some of it."""
        needed = {name: TRACKERS.get(name)(**options) for name, options in self.search.trackers.items()}
        return {**needed, **cast(Tracking, self.sections["tracking"]).trackers}

    @property
    def alerts(self) -> Alerts:
        """What people are told while it runs."""
        return cast(Alerts, self.sections["alerts"])

    def value(self, key: Key) -> object:
        """What a key says, as plain values with defaults spelled out, less what may change in any study."""
        if key.kind == "section":
            return self.sections[key.name].model_dump(exclude=set(key.free))
        if key.name == "objective":
            objectives = [objective.model_dump() for objective in self.objectives]
            return objectives if len(objectives) > 1 else objectives[0]
        value = self.document.get(key.name) if key.kind != "value" else getattr(self.head, key.name)
        return {name: value[name] for name in value if name not in key.free} if isinstance(value, dict) else value

    @property
    def objective(self) -> Objective:
        """What trials report after each epoch, and pruning and early stopping follow: the first that is learned."""
        return next(objective for objective in self.objectives if objective.is_learned)

    def config(self, params: Mapping[str, ScalarValue]) -> Config:
        """The config that these parameters give; its recipe measures what the objectives need.

        Args:
            params: the values of the active parameters, by name; others are ignored.

        Raises:
            KeyError: an active parameter is missing.
        """
        config = read_config(self.space.tree(params))
        return replace(config, training=config.training.measuring(self.objectives))

    def excesses(
        self, params: Mapping[str, ScalarValue], measures: Mapping[str, float] | None = None
    ) -> dict[str, float]:
        """By how much a config breaks each constraint that can be told; see `Constraint.excess`.

        Args:
            params: the values of the active parameters.
            measures: the cost of its network; without it, only constraints that do not ask for it are told.

        Returns:
            The excess by the constraint's text, above 0 where it is broken.
        """
        computable = [constraint for constraint in self.constraints if constraint.measures <= (measures or {}).keys()]
        if not computable:
            return {}
        values = {**(measures or {}), **values_by_name(self.space, params)}
        return {constraint.text: constraint.excess(values) for constraint in computable}

    @property
    def limits_cost(self) -> bool:
        """Whether a constraint asks for what the network costs, which parameters alone do not tell."""
        return any(constraint.measures for constraint in self.constraints)

    @property
    def repeats(self) -> int:
        """How many models each trial trains."""
        training = self.space.template.get("training")
        repeats = training.get("repeats", 1) if isinstance(training, Mapping) else 1
        return repeats if isinstance(repeats, int) else 1

    def corners(self) -> Iterator[tuple[Parameter | None, Params]]:
        """The corners of the space that the constraints admit, as far as a config alone decides; all can be checked."""
        return self.space.corners(self.admits if self.constraints else None)

    def admits(self, params: Mapping[str, ScalarValue]) -> bool:
        """Whether the constraints that a config alone decides hold."""
        return all(excess <= 0 for excess in self.excesses(params).values())

    def to_json(self) -> str:
        """The document as JSON text, from which `parse_spec` makes an equal spec, whatever becomes of defaults."""
        search = cast("Tree", self.document.get("search") or {})
        said = {
            option: search.get(option, getattr(self.search, option).name) for option in self.search.earlier_defaults
        }
        return json.dumps({**self.document, "search": {**search, **said}} if said else self.document)

    def following(self, study: StudySpec) -> StudySpec:
        """Give the spec with the search that a study began with, as far as the file does not say how to search."""
        ours, theirs = self.search, study.search
        if type(ours) is not type(theirs):
            return self
        unsaid = {option for option in ours.earlier_defaults if option not in ours.model_fields_set}
        if not unsaid:
            return self
        chosen = {option: getattr(theirs, option) for option in unsaid}
        written = cast("Tree", study.document.get("search") or {})
        search = {option: written.get(option, theirs.earlier_defaults[option]) for option in unsaid}
        document = {**self.document, "search": {**cast("Tree", self.document.get("search") or {}), **search}}
        return replace(self, sections={**self.sections, "search": ours.model_copy(update=chosen)}, document=document)
