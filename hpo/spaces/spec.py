"""A whole space file, read and checked: what is searched, how, and what every trial has in common."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field

from hpo.catalog import suggestion
from hpo.errors import Place, Problem, SpaceError, UserError
from hpo.spaces.config import SECTIONS, VARIABLE_DATA, Config, ConfigError, Violation, check, read_config
from hpo.spaces.overrides import TOP_LEVEL, apply_override
from hpo.spaces.parameters import Parameter, SearchSpace, Tree, Value
from hpo.spaces.paths import absolute_paths
from hpo.spaces.search_settings import Objective, Search
from hpo.spaces.section import Section
from hpo.spaces.source import Node, Scalar, ScalarValue, Sequence, Table, parse
from hpo.spaces.template import TemplateBuilder, children, parameter_kind, parameter_nodes

S = TypeVar("S", bound=Section)
Engine = Literal["tensorflow", "jax", "torch"]
_STUDY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class _Head(Section):
    """What stands at the top of a file, beside the sections."""

    study: str
    engine: Engine = "tensorflow"
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0


@dataclass(frozen=True, slots=True)
class StudySpec:
    """A space file, checked: every config that its space can draw has been found to follow the rules of its sections.

    `document` is the file itself as plain values, parameters as mappings, paths absolute: what a storage keeps.
    """

    name: str
    engine: Engine
    seed: int
    objective: Objective
    search: Search
    space: SearchSpace
    document: Tree

    def config(self, params: Mapping[str, ScalarValue]) -> Config:
        """The config that these parameters give.

        Args:
            params: the values of the active parameters, by name; others are ignored.

        Raises:
            KeyError: an active parameter is missing.
        """
        return read_config(self.space.tree(params))

    def to_json(self) -> str:
        """The document as JSON text, from which `from_json` makes an equal spec."""
        return json.dumps(self.document)

    @classmethod
    def from_json(cls, text: str, place: str) -> StudySpec:
        """Read what `to_json` wrote.

        Args:
            text: the JSON text (which is YAML too).
            place: what error messages call it.

        Raises:
            SpaceError: this version of hpo no longer takes what an earlier one wrote.
        """
        return read_spec(parse(text, place), place)


def bundled_spaces() -> dict[str, Path]:
    """The space files that ship with hpo, by file name."""
    installed = Path(str(files("hpo"))) / "search_spaces"
    folder = installed if installed.is_dir() else installed.parent.parent / "search_spaces"
    return {path.name: path for path in sorted(folder.glob("*.yaml"))}


def load(source: str | Path, overrides: Iterable[str] = ()) -> StudySpec:
    """Read a space file.

    Args:
        source: a path, or the name of a space that ships with hpo (`vgg16.yaml`).
        overrides: changes `path=value`, made in their order before anything is checked.

    Raises:
        SpaceError: with every mistake of the file at once, each with its place.
        UserError: there is no such file, or it cannot be read.
    """
    path = _find(source)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise UserError(f"{source}: a space file is a text file that can be read. Received: {reason}.") from error
    root = parse(text, str(source))
    for override in overrides:
        root = apply_override(root, override)
    return read_spec(absolute_paths(root, path.resolve().parent), Path(source).stem)


def _find(source: str | Path) -> Path:
    path = Path(source).expanduser()
    if path.is_file():
        return path
    bundled = bundled_spaces()
    if path.parent == Path() and (found := bundled.get(path.name) or bundled.get(f"{path.name}.yaml")):
        return found
    hint = suggestion(path.name, list(bundled)) or f"give a path, or a space that ships: {', '.join(bundled)}"
    raise UserError(f"{source}: a space is a file that exists. {hint[0].upper()}{hint[1:]}.")


def read_spec(root: Table, default_name: str) -> StudySpec:
    """Check a parsed file.

    Raises:
        SpaceError: with every mistake at once.
    """
    reader = _SpecReader(root)
    return reader.read(default_name)


class _SpecReader:
    """Reads the parts of a file one after the other, collecting problems on the way."""

    def __init__(self, root: Table) -> None:
        self.root = root
        self.builder = TemplateBuilder(root)
        self.problems = self.builder.problems

    def read(self, default_name: str) -> StudySpec:
        self._check_top_level()
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
        if head is not None and not _STUDY_NAME.fullmatch(head.study):
            self._add(
                Violation(
                    ("study",),
                    "a study's name has letters, digits, '.', '_' and '-', at most 100",
                    repr(head.study),
                    "name it by `study:` or `--set study=NAME`",
                )
            )
        if search is not None and search.sampler.name == "grid":
            self._check_grid(space)
        if self.problems or head is None or objective is None or search is None:
            raise SpaceError(dict.fromkeys(self.problems))
        document["study"] = head.study
        return StudySpec(head.study, head.engine, head.seed, objective, search, space, document)

    def _check_top_level(self) -> None:
        for key in self.root.entries:
            if key not in TOP_LEVEL:
                rule = f"a space file has the sections {', '.join(TOP_LEVEL)}"
                self.problems.append(
                    Problem(self.root.key_places.get(key), key, rule, repr(key), suggestion(key, list(TOP_LEVEL)))
                )

    def _check_fixed(self) -> None:
        """Refuse parameters where every trial must have the same value."""
        common = "it is the same for all trials of a study"
        for path, node in parameter_nodes(self.root):
            if path[0] in TOP_LEVEL and path[0] not in SECTIONS:
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
        for parameter, values in space.corners():
            try:
                read_config(space.tree(values))
            except ConfigError as error:
                for violation in error.violations:
                    self._add(violation, parameter)
            except KeyError:
                continue  # a parameter is broken, and reported

    def _check_grid(self, space: SearchSpace) -> None:
        for parameter in space.parameters():
            if getattr(parameter, "size", 1) is None:
                place = next(
                    (
                        node.place
                        for path, node in parameter_nodes(self.root)
                        if self.builder.names[path] == parameter.name
                    ),
                    None,
                )
                self.problems.append(
                    Problem(
                        place,
                        parameter.name,
                        "a grid needs finitely many values",
                        "a float without a step",
                        "add a step, or use another sampler",
                    )
                )

    def _add(self, violation: Violation, parameter: Parameter | None = None) -> None:
        if any(violation.path[: len(broken)] == broken for broken in self.builder.broken):
            return
        place = self._place(violation)
        self.problems.append(
            Problem(place, _subject(violation.path), violation.rule, violation.received, violation.remedy)
        )

    def _place(self, violation: Violation) -> Place:
        """The place of the key or value that a violation is about, or of what should have held it."""
        node: Node = self.root
        place = self.root.place
        for key in violation.path:
            child = dict(children(node)).get(key)
            if child is None:
                return place
            is_unknown_key = isinstance(node, Table) and violation.rule.startswith("the keys here")
            place = node.key_places.get(key, child.place) if is_unknown_key else child.place  # type: ignore[union-attr]
            node = child
        if parameter_kind(node) == "choice" and isinstance(node, Table):
            return _category_place(node.entries["choice"], violation.received) or place
        return place


def _category_place(categories: Node, received: str | None) -> Place | None:
    if isinstance(categories, Table):
        return next((place for key, place in categories.key_places.items() if repr(key) == received), None)
    items = categories.items if isinstance(categories, Sequence) else ()
    return next((item.place for item in items if isinstance(item, Scalar) and repr(item.value) == received), None)


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
