"""A parsed file to a `StudySpec`: every section and every corner of the space checked, all mistakes at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, TypeVar

from pydantic import Field

from hpo.catalog import suggestion
from hpo.errors import Place, Problem, SpaceError
from hpo.spaces.config import SECTIONS, VARIABLE_DATA, ConfigError, check, read_config
from hpo.spaces.overrides import TOP_LEVEL
from hpo.spaces.parameters import Float, Value, category_of
from hpo.spaces.search_settings import Objective, Search
from hpo.spaces.search_space import SearchSpace
from hpo.spaces.section import Section
from hpo.spaces.source import Node, Scalar, ScalarValue, Sequence, Table
from hpo.spaces.spec import Engine, StudySpec
from hpo.spaces.template import TemplateBuilder, children, parameter_kind, parameter_nodes
from hpo.spaces.violations import Path, Violation

S = TypeVar("S", bound=Section)
_STUDY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class _Head(Section):
    """What stands at the top of a file, beside the sections."""

    study: str
    engine: Engine = "tensorflow"
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0


def read_spec(root: Table, default_name: str, problems: Iterable[Problem] = ()) -> StudySpec:
    """Check a parsed file.

    Args:
        root: the file, its paths absolute.
        default_name: what the study is called if the file does not say.
        problems: mistakes that were found before.

    Raises:
        SpaceError: with every mistake at once.
    """
    return _SpecReader(root, problems).read(default_name)


class _SpecReader:
    """Reads the parts of a file one after the other, collecting problems on the way."""

    def __init__(self, root: Table, problems: Iterable[Problem]) -> None:
        self.root = replace(root, entries={key: node for key, node in root.entries.items() if key in TOP_LEVEL})
        self.builder = TemplateBuilder(self.root)
        self.problems = self.builder.problems
        self.problems.extend(problems)
        self._check_top_level(root)

    def read(self, default_name: str) -> StudySpec:
        self._check_fixed()
        document = {key: _plain(node) for key, node in self.root.entries.items()}
        template = {key: self.builder.build(self.root.entries[key], (key,)) for key in SECTIONS if key in document}
        space = SearchSpace(template)
        head = self._section(
            _Head, {"study": default_name, **{k: document[k] for k in ("study", "engine", "seed") if k in document}}, ()
        )
        objective = self._section(Objective, document.get("objective", {}), ("objective",))
        search = self._section(Search, document.get("search", {}), ("search",))
        self._check_space(space)
        self._check_study_name(document.get("study", default_name))
        if search is not None and search.sampler.name == "grid":
            self._check_grid(space)
        if self.problems or head is None or objective is None or search is None:
            raise SpaceError(dict.fromkeys(self.problems))
        document["study"] = head.study
        return StudySpec(head.study, head.engine, head.seed, objective, search, space, document)

    def _check_top_level(self, root: Table) -> None:
        for key in root.entries:
            if key not in TOP_LEVEL:
                rule = f"a space file has the sections {', '.join(TOP_LEVEL)}"
                self.problems.append(
                    Problem(root.key_places.get(key), key, rule, repr(key), suggestion(key, list(TOP_LEVEL)))
                )

    def _check_study_name(self, name: Value) -> None:
        if isinstance(name, str) and not _STUDY_NAME.fullmatch(name):
            rule = "a study's name has letters, digits, '.', '_' and '-', begins with one of the first two, at most 100"
            self._add(Violation(("study",), rule, repr(name), "name it by `study:` or `--set study=NAME`"))

    def _check_fixed(self) -> None:
        """Refuse parameters where every trial must have the same value."""
        common = "it is the same for all trials of a study"
        for path, node in parameter_nodes(self.root):
            if path[0] not in SECTIONS:
                self._fix(path, node, common)
            elif path[0] == "data" and (len(path) == 1 or path[1] not in VARIABLE_DATA):
                self._fix(path, node, f"{common}, so that they can be compared")

    def _fix(self, path: tuple[str, ...], node: Node, rule: str) -> None:
        self.problems.append(Problem(node.place, _subject(path), rule, "a parameter", "write a constant"))
        self.builder.broken.add(path)

    def _section(self, section: type[S], value: Value, path: tuple[str, ...]) -> S | None:
        try:
            return check(section, {} if value is None else value, path)
        except ConfigError as error:
            for violation in error.violations:
                self._add(violation)
            return None

    def _check_space(self, space: SearchSpace) -> None:
        """Check the config at every corner of the space: what a rule says of constants, it says of parameters."""
        for _, params in space.corners():
            try:
                read_config(space.tree(params))
            except ConfigError as error:
                for violation in error.violations:
                    self._add(violation, params)

    def _check_grid(self, space: SearchSpace) -> None:
        places = {self.builder.names[path]: node.place for path, node in parameter_nodes(self.root)}
        for parameter in space.parameters():
            if isinstance(parameter, Float) and parameter.size is None:
                rule, remedy = "a grid needs finitely many values", "add a step, or use another sampler"
                self.problems.append(
                    Problem(places[parameter.name], parameter.name, rule, "a float without a step", remedy)
                )

    def _add(self, violation: Violation, params: Mapping[str, ScalarValue] | None = None) -> None:
        if any(violation.path[: len(broken)] == broken for broken in self.builder.broken):
            return
        place = self._place(violation, params or {})
        self.problems.append(
            Problem(place, _subject(violation.path), violation.rule, violation.received, violation.remedy)
        )

    def _place(self, violation: Violation, params: Mapping[str, ScalarValue]) -> Place:
        """The place of the key or value that a violation is about, or of what should have held it."""
        above: Node | None = None
        path: Path = ()
        node = self._chosen(self.root, path, params)
        for key in violation.path:
            below = dict(children(node)).get(key)
            if below is None:
                return node.place
            path = (*path, key)
            above, node = node, self._chosen(below, path, params)
        if violation.about_key and isinstance(above, Table):
            return above.key_places.get(violation.path[-1], node.place)
        return node.place

    def _chosen(self, node: Node, path: Path, params: Mapping[str, ScalarValue]) -> Node:
        """What stands for a choice where `params` are drawn; any other node is itself."""
        if parameter_kind(node) != "choice" or not isinstance(node, Table) or self.builder.names[path] not in params:
            return node
        category, alternatives = params[self.builder.names[path]], node.entries["choice"]
        if isinstance(alternatives, Sequence):
            return next(item for item in alternatives.items if category_of(_plain(item)) == category)
        if isinstance(alternatives, Table):
            places, key = alternatives.key_places, str(category)
            return Table({key: alternatives.entries[key]}, places.get(key, node.place), places)
        return node


def _subject(path: tuple[str, ...]) -> str:
    return ".".join(path[1:] or path)


def _plain(node: Node) -> Value:
    match node:
        case Scalar(value):
            return value
        case Sequence(items):
            return [_plain(item) for item in items]
        case Table(entries):
            return {key: _plain(child) for key, child in entries.items()}
