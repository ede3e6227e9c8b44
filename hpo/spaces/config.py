"""One filled-in configuration: plain values, and the checked sections made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from hpo.catalog import DATASETS, MODELS, Registry, UnknownNameError, suggestion
from hpo.spaces.parameters import Tree, Value
from hpo.spaces.recipe import Recipe
from hpo.spaces.section import Section, single_key

S = TypeVar("S", bound=BaseModel)

SECTIONS = ("data", "model", "training")
"""The sections that make a config, in the order of the file. Any constant in them may be a parameter..."""
VARIABLE_DATA = ("image_size", "normalization", "augmentation")
"""...but in `data` only these: trials on different images, or on different splits, could not be compared."""


@dataclass(frozen=True, slots=True)
class Config:
    """What one trial trains: the file with every parameter filled in.

    `data` and `model` are what their registered names stand for (`hpo.data.Dataset`, `hpo.models.ModelFamily`).
    """

    data: Section
    model: Section
    training: Recipe
    tree: Tree


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a value at `path` breaks; `path` runs from the section down."""

    path: tuple[str, ...]
    rule: str
    received: str | None = None
    remedy: str | None = None


class ConfigError(ValueError):
    """A configuration that breaks rules."""

    def __init__(self, violations: list[Violation]) -> None:
        self.violations = violations
        super().__init__("; ".join(f"{'.'.join(v.path)}: {v.rule}" for v in violations))


def read_config(tree: Tree) -> Config:
    """Check a filled-in configuration.

    Raises:
        ConfigError: with every rule that it breaks.
    """
    violations: list[Violation] = []
    sections: dict[str, Any] = {}
    for key in SECTIONS:
        try:
            sections[key] = _read_section(key, tree.get(key))
        except ConfigError as error:
            violations += error.violations
    if violations:
        raise ConfigError(violations)
    return Config(**sections, tree=tree)


def _read_section(key: str, value: Value) -> Section:
    if key == "training":
        return check(Recipe, value if value is not None else {}, (key,))
    registry, name_key, example = (
        (DATASETS, "dataset", "data: {dataset: cifar10}")
        if key == "data"
        else (MODELS, "family", "model: {family: simple_cnn}")
    )
    value = single_key(value, name_key)
    if not isinstance(value, dict) or name_key not in value:
        raise ConfigError([Violation((key,), f"a space file names its {registry.kind}", remedy=f"write `{example}`")])
    return check(section_class(registry, value[name_key], (key, name_key)), value, (key,))


def section_class(registry: Registry, name: Value, path: tuple[str, ...]) -> type[Section]:
    """The section that a registered name stands for.

    Raises:
        ConfigError: nothing usable is registered under that name.
    """
    if not isinstance(name, str):
        raise ConfigError([Violation(path, f"a {registry.kind} is named by a word", repr(name))])
    try:
        found = registry.get(name)
    except UnknownNameError as error:
        raise ConfigError([Violation(path, error.rule, repr(name), error.remedy)]) from error
    if not (isinstance(found, type) and issubclass(found, Section)):
        raise ConfigError(
            [
                Violation(
                    path,
                    f"a registered {registry.kind} is a subclass of hpo's Section",
                    f"{found!r} under {name!r}",
                    "report it to the package that registered it",
                )
            ]
        )
    return found


def check(section: type[S], value: Value, path: tuple[str, ...]) -> S:
    """Make a section of plain values.

    Args:
        section: its class.
        value: what stands in the file.
        path: where it stands.

    Raises:
        ConfigError: with every rule that it breaks.
    """
    if not isinstance(value, dict):
        raise ConfigError([Violation(path, "a section is a mapping", repr(value))])
    try:
        return section.model_validate(value)
    except ValidationError as error:
        raise ConfigError(_violations(section, value, path, error)) from error


def _violations(
    section: type[BaseModel], value: Tree, path: tuple[str, ...], error: ValidationError
) -> list[Violation]:
    """Pydantic's errors in the house's words; the branches of one union become one violation."""
    merged: dict[tuple[str, ...], Violation] = {}
    for detail in error.errors(include_url=False):
        where = _existing(value, [str(part) for part in detail["loc"]], str(detail["type"]))
        violation = _translate(section, (*path, *where), where, dict(detail))
        earlier = merged.get(violation.path)
        if earlier is None:
            merged[violation.path] = violation
        elif violation.rule not in earlier.rule:
            rule = f"{earlier.rule}, or {violation.rule.removeprefix('it ')}"
            merged[violation.path] = Violation(earlier.path, rule, earlier.received, earlier.remedy)
    return list(merged.values())


def _existing(value: Value, parts: list[str], kind: str) -> tuple[str, ...]:
    """The part of an error's location that stands in the file: union branches that pydantic adds are left out."""
    kept: list[str] = []
    for index, part in enumerate(parts):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif kind == "missing" and index == len(parts) - 1:
            pass
        elif isinstance(value, str) and value == part:
            continue
        else:
            break
        kept.append(part)
    return tuple(kept)


_RULES = {
    "missing": "it is required",
    "bool_type": "it is true or false",
    "int_type": "it is a whole number",
    "float_type": "it is a number",
    "string_type": "it is a text",
    "list_type": "it is a list",
    "none_required": "it is none",
    "path_type": "it is a path",
    "path_not_directory": "it is a folder that exists",
    "path_not_file": "it is a file that exists",
    "model_type": "it is a mapping",
    "model_attributes_type": "it is a mapping",
    "finite_number": "it is a finite number",
}
_BOUNDS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
}


def _translate(
    section: type[BaseModel], path: tuple[str, ...], where: tuple[str, ...], detail: Mapping[str, Any]
) -> Violation:
    kind, context = detail["type"], detail.get("ctx", {})
    received = None if kind == "missing" else _shown(detail["input"])
    if kind == "extra_forbidden":
        known = sorted(_known_keys(section, where[:-1]))
        return Violation(path, f"the keys here are {', '.join(known)}", repr(where[-1]), suggestion(where[-1], known))
    if kind == "union_tag_invalid":
        tags = [tag.strip(" '") for tag in context["expected_tags"].split(",")]
        return Violation(
            path, f"it is one of {', '.join(tags)}", repr(context["tag"]), suggestion(context["tag"], tags)
        )
    if kind == "literal_error":
        words = [word.strip(" '") for word in context["expected"].replace(" or ", ", ").split(",")]
        close = suggestion(detail["input"], words) if isinstance(detail["input"], str) else None
        return Violation(path, f"it is one of {', '.join(words)}", received, close)
    if kind in _BOUNDS:
        bound, word = _BOUNDS[kind]
        return Violation(path, f"it is {word} {context[bound]:g}", received)
    if kind == "value_error":
        return Violation(path, str(context["error"]), received)
    return Violation(path, _RULES.get(kind, str(detail["msg"])), received)


def _known_keys(section: type[BaseModel], where: tuple[str, ...]) -> set[str]:
    """The keys of the section at `where` below `section`; a union of named sections is entered by name."""
    for part in where:
        if part in section.model_fields:
            members = _sections_in(section.model_fields[part].annotation)
        else:
            members = [member for member in members if member.model_fields["name"].default == part]
        if len(members) == 1:
            section = members[0]
    return set(section.model_fields) - {"name"}


def _sections_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for argument in get_args(annotation) for found in _sections_in(argument)]


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return f"a mapping with {', '.join(str(key) for key in list(value)[:4] if key != 'name') or 'nothing'}"
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 - what fits a line
