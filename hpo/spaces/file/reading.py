"""A parsed file to a `StudySpec`: every section and every corner of the space checked, all mistakes at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from hpo.errors import Fault, Place, RuleError, SpaceError
from hpo.spaces.constraints.constraints import Constraint, ConstraintReader
from hpo.spaces.constraints.names import known_names, values_by_name
from hpo.spaces.file.elsewhere import place_hint
from hpo.spaces.file.locating import FaultLocator, subject_of
from hpo.spaces.file.objective_shapes import guess_objective
from hpo.spaces.file.start_from import read_starts
from hpo.spaces.sections.alerts import Alerts
from hpo.spaces.sections.keys import KEYS, SECTIONS, STUDY_NAME, Head, Key, file_keys, may_vary
from hpo.spaces.sections.objectives import Objective, natural_direction
from hpo.spaces.sections.recipe import Recipe
from hpo.spaces.sections.resources import Price
from hpo.spaces.sections.search import Search, StudySection
from hpo.spaces.sections.section import Section
from hpo.spaces.sections.tracking import Tracking
from hpo.spaces.space.parameters import Value
from hpo.spaces.space.rendering import flow
from hpo.spaces.space.search_space import Params, SearchSpace
from hpo.spaces.space.template import TemplateBuilder, parameter_nodes
from hpo.spaces.spec.config import ConfigError, check, read_config, section_class
from hpo.spaces.spec.named_studies import studies_to_start_from
from hpo.spaces.spec.spec import StudySpec
from hpo.spaces.text.source import (
    KeyPath,
    ListNode,
    Node,
    Scalar,
    ScalarValue,
    Table,
    describe,
    format_value,
    plain_value,
)
from hpo.vocabulary import suggest

S = TypeVar("S", bound=Section)
MAX_CONSTRAINTS = 50
"""Each is computed for every config that is checked, and for every one that is drawn."""
_MAX_VIOLATIONS = 10_000
"""Of all corners together, so that hundreds of mistakes are not looked for again at hundreds of corners."""
_INDEX = re.compile(r"(?<=\.)\d+(?=\.|$)")


def read_spec(
    root: Table, default_name: str, problems: Iterable[Fault] = (), *, is_stored: bool = False, checks: bool = True
) -> StudySpec:
    """Check a parsed file.

    Args:
        root: the file, its paths absolute.
        default_name: what the study is called if the file does not say.
        problems: mistakes that were found before.
        is_stored: whether a study that is there was compared as it says: its objectives' direction is taken as it is.
        checks: whether to hold the configs at the corners of the space to the rules of their sections, which
            imports families and data sets. Who only looks at a study need not: a config is checked when it is made.

    Raises:
        SpaceError: with every mistake at once.
    """
    return _SpecReader(root, problems, is_stored=is_stored, checks=checks).read(default_name)


class _SpecReader:
    """Reads the parts of a file one after the other, collecting problems on the way."""

    def __init__(self, root: Table, problems: Iterable[Fault], *, is_stored: bool, checks: bool) -> None:
        self.root = replace(root, entries={key: node for key, node in root.entries.items() if key in file_keys()})
        self.builder = TemplateBuilder(self.root)
        self.problems = self.builder.problems
        self._earlier = tuple(problems)
        self._is_stored = is_stored
        self._checks = checks
        self._locator = FaultLocator(self.root, self.builder.names)
        self._mistakes: set[tuple[Place, str, str]] = set()
        self._check_top_level(root)

    def read(self, default_name: str) -> StudySpec:
        self._check_fixed()
        document = {key: plain_value(node) for key, node in self.root.entries.items()}
        before = len(self.problems)
        template = {key: self.builder.build(self.root.entries[key], (key,)) for key in SECTIONS if key in document}
        space = SearchSpace(template)
        is_whole = len(self.problems) == before
        values = {key: document[key] for key in Head.model_fields if key in document}
        head = self._section(Head, {"study": default_name, **values}, ())
        objectives = self._objectives(document.get("objective"))
        read = {key.name: self._study_section(key, document) for key in KEYS.values() if key.kind == "section"}
        sections = {key: section for key, section in read.items() if section is not None}
        placed = self._constraints(space, is_whole)
        if self._checks:
            self._check_space(space, placed, objectives)
        constraints = tuple(constraint for _, constraint in placed)
        self._check_study_name(document.get("study", default_name))
        start_from, problems = read_starts(self.root, self.builder.names, space, constraints) if is_whole else ((), [])
        self.problems += problems
        studies = studies_to_start_from(document.get("start_from"))
        for section in sections.values():
            if isinstance(section, StudySection):
                self._check_study_section(section, space, objectives)
        self._check_alerts(sections)
        self._check_end(sections, objectives)
        if self.problems or self._earlier or head is None or len(sections) < len(read):
            raise SpaceError(self._without_echoes())
        document["study"] = head.study
        return StudySpec(head.study, head, objectives, sections, space, constraints, start_from, document, studies)

    def _without_echoes(self) -> list[Fault]:
        """Each mistake once, however many items of a list have it.

        What is wrong with a value that could not be read is said by how it is written, and no more.
        """
        unreadable = {problem.place for problem in self._earlier}
        later = [problem for problem in self.problems if problem.place not in unreadable]
        first: dict[object, Fault] = {}
        for fault in (*self._earlier, *later):
            first.setdefault((fault.place, fault.rule, fault.received), fault)
        return list(first.values())

    def _objectives(self, value: Value) -> tuple[Objective, ...]:
        if not isinstance(value, list):
            objective = self._objective(value, ("objective",))
            objectives = [] if objective is None else [objective]
        else:
            read = [self._objective(item, ("objective", str(index))) for index, item in enumerate(value)]
            objectives = [objective for objective in read if objective is not None]
            metrics: set[str] = set()
            for index, objective in enumerate(read):
                if objective is not None and objective.metric in metrics:
                    again = f"{objective.metric} again"
                    self._add(Fault("the objectives differ", again, path=("objective", str(index))))
                metrics |= set() if objective is None else {objective.metric}
            if len(objectives) < len(value):
                return tuple(objectives)
        if (objectives or isinstance(value, list)) and not any(objective.is_learned for objective in objectives):
            rule = "one objective is learned, val_accuracy or another val_...: training and pruning follow it"
            self._add(Fault(rule, remedy="write a list: [val_accuracy, ...]", path=("objective",)))
        return tuple(objectives)

    def _objective(self, value: Value, path: KeyPath) -> Objective | None:
        """An objective: a metric, or a mapping with one, whose direction is the one in which the metric is better."""
        meant = guess_objective(value)
        if meant is not None:
            rule = "an objective is a metric, or a mapping with metric and direction"
            self._add(Fault(rule, format_value(value), f"write {flow(meant)}", path=path))
            return None
        if isinstance(value, str):
            value = {"metric": value}
        elif value is not None and not isinstance(value, dict):
            rule, remedy = (
                "an objective is a metric, or a mapping with a metric",
                "write val_accuracy, or a list of metrics",
            )
            self._add(Fault(rule, format_value(value), remedy, path=path))
            return None
        objective = self._section(Objective, value, path)
        if objective is not None and not self._is_stored:
            natural = natural_direction(objective.metric)
            if objective.direction != natural:
                better = "larger" if natural == "maximize" else "smaller"
                rule = f"{objective.metric} is better the {better} it is, so its direction is {natural}"
                remedy = f"write {natural}, or leave direction out"
                self._add(Fault(rule, objective.direction, remedy, path=(*path, "direction")))
        return objective

    def _constraints(self, space: SearchSpace, is_whole: bool) -> list[tuple[Node, Constraint]]:
        """The constraints that can be read, each with where it stands."""
        node = self.root.entries.get("constraints", Scalar(None, self.root.place))
        if isinstance(node, Scalar) and node.value is None:
            return []
        items = node.items if isinstance(node, ListNode) else (node,)
        if len(items) > MAX_CONSTRAINTS:
            rule = f"a space has at most {MAX_CONSTRAINTS} constraints"
            self.problems.append(
                Fault(rule, f"{len(items):,}", "join some by `and`", place=node.place, subject="constraints")
            )
            return []
        reader = ConstraintReader(known_names(space) if is_whole else {})
        constraints: list[tuple[Node, Constraint]] = []
        for item in items:
            try:
                if not (isinstance(item, Scalar) and isinstance(item.value, str)):
                    raise RuleError("a constraint is a text", describe(item), 'write ["parameters <= 20e6"]')
                if is_whole:
                    constraints.append((item, reader.read(item.value)))
            except RuleError as error:
                self._refuse_constraint(item, error)
        return constraints

    def _refuse_constraint(self, item: Node, error: RuleError) -> None:
        self.problems.append(replace(error.fault, place=item.place, subject="constraints"))

    def _check_top_level(self, root: Table) -> None:
        for key in root.entries:
            if key not in file_keys():
                rule = f"a space file has the sections {', '.join(file_keys())}, base"
                meant = suggest(key, [*file_keys(), "base"])
                if key == "parameters":
                    meant = "`hpo convert FILE` makes a space file of a Weights & Biases sweep"
                remedy = meant or place_hint(key, plain_value(root.entries[key]), self.root)
                self.problems.append(Fault(rule, repr(key), remedy, place=root.key_places.get(key), subject=key))

    def _check_study_name(self, name: Value) -> None:
        if isinstance(name, str) and not self._is_stored and not re.fullmatch(STUDY_NAME, name):
            rule = "a study's name has letters, digits, '.', '_' and '-', begins with one of the first two, at most 100"
            self._add(Fault(rule, repr(name), "name it by `study:` or `--set study=NAME`", path=("study",)))

    def _check_fixed(self) -> None:
        """Refuse parameters where every trial must have the same value."""
        common = "it is the same for all trials of a study"
        data = self.root.entries.get("data")
        written = data.as_written() if isinstance(data, Table) else data
        # Options stand below a label, or below a misspelled name: {digits: {image_size: ...}}.
        first = 2 if isinstance(written, Table) and len(written.entries) == 1 else 1
        for path, node in parameter_nodes(self.root):
            if path[0] not in SECTIONS:
                self._fix(path, node, common)
            elif not may_vary((path[0], *path[first if path[0] == "data" else 1 :])):
                self._fix(path, node, f"{common}, so that they can be compared")

    def _fix(self, path: KeyPath, node: Node, rule: str) -> None:
        self.problems.append(Fault(rule, "a parameter", "write a constant", place=node.place, subject=subject_of(path)))
        self.builder.broken.add(path)

    def _section(self, section: type[S], value: Value, path: KeyPath) -> S | None:
        """Check a section."""
        try:
            return check(section, {} if value is None else value, path)
        except ConfigError as error:
            for fault in error.faults:
                self._add(fault)
            return None

    def _study_section(self, key: Key, document: Mapping[str, Value]) -> Section | None:
        """A section that the whole study has in common, by the class that its name stands for."""
        value = document.get(key.name)
        name = value.get(key.name_key) if isinstance(value, dict) else None
        if key.section is not None and value is None:
            return key.section()
        if key.registry is not None and isinstance(value, dict) and name is not None:
            try:
                section_class(key.registry, name, (key.name, key.name_key), None)
            except ConfigError as error:
                for fault in error.faults:
                    self._add(fault)
                value = {option: below for option, below in value.items() if option != key.name_key}
                self._section(key.section_class(), value, (key.name,))  # all mistakes at once
                return None
        section = key.section_class(name)
        if self._is_stored and issubclass(section, Search) and (value is None or isinstance(value, dict)):
            value = {**section.earlier_defaults, **(value or {})}
        return self._section(section, value, (key.name,))

    def _check_space(
        self, space: SearchSpace, constraints: list[tuple[Node, Constraint]], objectives: tuple[Objective, ...]
    ) -> None:
        """Check the config at every corner of the space: what a rule says of constants, it says of parameters.

        Configs that a constraint rules out need not follow the rules: nobody trains them.
        """
        trial = _ConstraintTrial(space, constraints)
        count, seen = 0, set[tuple[ScalarValue, ...]]()
        recipes: list[Recipe] = []
        for _, params in space.corners(trial.admits if constraints else None):
            if tuple(params.values()) in seen:
                continue
            seen.add(tuple(params.values()))
            try:
                recipes.append(read_config(space.tree(params)).training)
            except ConfigError as error:
                count += len(error.faults)
                for fault in error.faults:
                    self._add(fault, params)
            if count > _MAX_VIOLATIONS:
                break
        for item, refusal in trial.refused.values():
            self._refuse_constraint(item, refusal)
        self._check_comparable(recipes, objectives)

    def _check_comparable(self, recipes: list[Recipe], objectives: tuple[Objective, ...]) -> None:
        """Refuse what would have trials compared by different measures."""
        metrics = {objective.metric for objective in objectives}
        for metric, key in (("val_loss", "loss"), ("val_top_k_accuracy", "top_k")):
            measures = {str(getattr(recipe, key)) for recipe in recipes}
            if metric in metrics and len(measures) > 1:
                rule = f"trials are compared by {metric}, which is another measure for another {key}"
                remedy = "write a constant, or another objective, such as val_accuracy"
                self._add(Fault(rule, "one that varies", remedy, path=("training", key)))

    def _check_study_section(
        self, section: StudySection, space: SearchSpace, objectives: tuple[Objective, ...]
    ) -> None:
        places = {self.builder.names[path]: node.place for path, node in parameter_nodes(self.root)}
        for fault in section.faults(space, objectives):
            if fault.subject in places:
                self.problems.append(replace(fault, place=places[fault.subject]))
            else:
                self._add(fault)

    def _check_alerts(self, sections: Mapping[str, Section]) -> None:
        """Refuse alerts that go through a tracker which is off; a backend may bring the tracker of its name."""
        alerts, tracking, search = (sections.get(key) for key in ("alerts", "tracking", "search"))
        if isinstance(alerts, Alerts) and isinstance(tracking, Tracking) and isinstance(search, Search):
            for fault in alerts.faults_of_trackers([*tracking.trackers, search.backend]):
                self._add(fault)

    def _check_end(self, sections: Mapping[str, Section], objectives: tuple[Objective, ...]) -> None:
        """Refuse rules that the objectives do not allow, and a budget in money where nothing has a price."""
        search, cost = sections.get("search"), sections.get("cost")
        if isinstance(search, Search) and isinstance(cost, Price):
            for fault in search.stop.find_faults(objectives) if objectives else ():
                self._add(fault)
            if search.cost is not None and cost.per_gpu_hour is None:
                rule, remedy = "a budget in money needs a price", "add cost: {per_gpu_hour: PRICE, currency: EUR}"
                self._add(Fault(rule, "no cost.per_gpu_hour", remedy, path=("search", "cost")))

    def _add(self, fault: Fault, params: Mapping[str, ScalarValue] | None = None) -> None:
        """Note a mistake: a value breaks a rule once, however many corners and items of a list show it."""
        spot = self._locator.locate(fault.path, params or {}, is_key=fault.about_key)
        if any(spot.path[: len(broken)] == broken for broken in self.builder.broken):
            return
        subject = subject_of(spot.path)
        mistake = (spot.place, fault.rule, _INDEX.sub("", subject))
        if mistake not in self._mistakes:
            self._mistakes.add(mistake)
            place, remedy = self._locator.remedy(fault, spot)
            self.problems.append(Fault(fault.rule, fault.received, remedy, place=place, subject=subject))


class _ConstraintTrial:
    """Computes constraints for one config after the other; those that cannot be computed are `refused`."""

    def __init__(self, space: SearchSpace, constraints: list[tuple[Node, Constraint]]) -> None:
        self.refused: dict[int, tuple[Node, RuleError]] = {}
        self._space = space
        self._constraints = constraints
        self._results: dict[tuple[int, tuple[str, ...]], bool] = {}

    def admits(self, params: Params) -> bool:
        """Whether every constraint holds that the config alone decides."""
        values = values_by_name(self._space, params)
        return all([self._holds(index, values) for index in range(len(self._constraints))])

    def _holds(self, index: int, values: Mapping[str, ScalarValue]) -> bool:
        item, constraint = self._constraints[index]
        key = (index, tuple(repr(values.get(name)) for name in constraint.names))
        if key not in self._results:
            self._results[key] = self._compute(index, item, constraint, values)
        return self._results[key]

    def _compute(self, index: int, item: Node, constraint: Constraint, values: Mapping[str, ScalarValue]) -> bool:
        values = {**values, **dict.fromkeys(constraint.measures, 1.0)}
        try:
            constraint.check(values)
        except RuleError as error:
            self.refused.setdefault(index, (item, error))
            return True
        return bool(constraint.measures) or constraint.excess(values) <= 0
