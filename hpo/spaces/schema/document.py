"""The JSON Schema of space files, by which editors complete keys, explain them, and underline mistakes.

It follows from the same sections as the parser. What JSON Schema has no words for, the parser alone holds: that low is
below high, that names are those of the file, rules about several values at once, and that a path exists. It is stricter
where a file misleads: the bounds of a range follow the rules even where a step or a constraint keeps it from them.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import cast

from pydantic.errors import PydanticInvalidForJsonSchema

from hpo.catalog import DATASETS, MODELS, UnusableEntryError
from hpo.spaces.constraints.grammar import MAX_LENGTH
from hpo.spaces.file.reading import MAX_CONSTRAINTS
from hpo.spaces.file.start_from import MAX_STARTS
from hpo.spaces.schema.parameters import CONSTANT, Schema
from hpo.spaces.schema.registered import Registered
from hpo.spaces.schema.sharing import share
from hpo.spaces.schema.values import Values
from hpo.spaces.sections.keys import KEYS, Head, Key, file_keys
from hpo.spaces.sections.objectives import LEARNED, Direction, Objective, natural_direction
from hpo.spaces.sections.recipe import Recipe
from hpo.spaces.sections.section import Section
from hpo.spaces.sections.tracking import tracking_section
from hpo.spaces.spec.config import ConfigError, section_class

_DIRECTIONS: tuple[Direction, ...] = ("minimize", "maximize")
_NULL: Schema = {"type": "null"}
_TEXTS = ("description", "markdownDescription", "type", "default")
_STUDY = "^study:."
_CONSTRAINT: Schema = {"type": "string", "maxLength": MAX_LENGTH}


def json_schema(*, built_in_only: bool = False) -> Schema:
    """Make a JSON Schema (draft 2020-12) that every space file follows.

    Args:
        built_in_only: whether to leave out the names that other packages have registered.

    Raises:
        UnusableEntryError: another package registered what has options that no JSON Schema describes.
    """
    return share(full_schema(built_in_only=built_in_only))


def full_schema(*, built_in_only: bool = False) -> Schema:
    """Make the schema before its repeated parts are shared: seven times as long, its definitions named by sections."""
    return _Document(built_in_only).schema()


def schema_text(schema: Schema) -> str:
    """Write a schema as JSON without spaces, one definition a line."""

    def line(value: object) -> str:
        return json.dumps(value, separators=(",", ":"))

    keys = [f"{line(key)}:{line(value)}" for key, value in schema.items() if key != "$defs"]
    definitions = [f"{line(name)}:{line(value)}" for name, value in schema["$defs"].items()]
    return "{\n" + ",\n".join([*keys, '"$defs":{\n' + ",\n".join(definitions) + "\n}"]) + "\n}\n"


class _Document:
    """Puts the schema together, key by key of a file."""

    def __init__(self, built_in_only: bool) -> None:
        classes = {key.name: _classes(key, built_in_only) for key in KEYS.values() if key.kind in ("config", "section")}
        self._classes = classes
        every = [section for sections in classes.values() for section in sections.values()]
        self.values = Values([*every, Objective, Head])
        self.data = Registered(
            self.values, "dataset", classes["data"], DATASETS.patterns(), cast("tuple[str, ...]", KEYS["data"].varies)
        )
        self.model = Registered(self.values, "family", classes["model"], MODELS.patterns(), None)

    def schema(self) -> Schema:
        """The whole schema; a file that starts from another one may leave more to it."""
        alone, over_base = self._keys(over_base=False), self._keys(over_base=True)
        differ = [key for key in alone if alone[key] != over_base[key]]
        texts = {
            key: {rule: alone[key][rule] for rule in _TEXTS if rule in alone[key].keys() & over_base[key].keys()}
            for key in differ
        }
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "description": "A training configuration in which any constant may be replaced by a parameter.",
            "type": "object",
            "properties": {key: texts.get(key, alone[key]) for key in ("base", *file_keys())},
            "additionalProperties": False,
            "if": {"required": ["base"]},
            "then": {"properties": {key: over_base[key] for key in differ}},
            "else": {"properties": {key: alone[key] for key in differ}, "required": ["data", "model"]},
            "$defs": dict(sorted(self.values.definitions.items())),
        }

    def _keys(self, *, over_base: bool) -> dict[str, Schema]:
        head = {key: self.values.value(raw, variable=False) for key, raw in self.values.raw(Head)["properties"].items()}
        if over_base:
            for key in (name for name in head if KEYS[name].is_inherited):
                texts = {rule: head[key][rule] for rule in _TEXTS if rule in head[key] and rule != "type"}
                head[key] = {**texts, "anyOf": [head[key], _NULL]}
        constant = (*KEYS["training"].free, *KEYS["training"].constant)
        own = {
            "base": {"type": "string"},
            "data": {"type": ["object", "string"], **self.data.schema(over_base=over_base)},
            "model": {"type": ["object", "string"], **self.model.schema(over_base=over_base)},
            "training": self._section(Recipe, variable=True, over_base=over_base, constant=constant),
            "objective": self._objective(),
            "constraints": {
                "type": ["array", "string", "null"],
                "items": _CONSTRAINT,
                "maxItems": MAX_CONSTRAINTS,
                "maxLength": MAX_LENGTH,
            },
            **{key.name: self._study_section(key, over_base) for key in KEYS.values() if key.kind == "section"},
            "start_from": {
                "type": ["array", "string", "null"],
                "pattern": _STUDY,
                "maxItems": MAX_STARTS,
                "items": {"anyOf": [{"type": "object", **CONSTANT}, {"type": "string", "pattern": _STUDY}]},
            },
        }
        return head | {key: {"description": KEYS[key].description, **schema} for key, schema in own.items()}

    def _study_section(self, key: Key, over_base: bool) -> Schema:
        """A section that the whole study has in common: of any class, which has to be named but for the default."""
        classes = self._classes[key.name]
        default = self._section(classes[key.default_name or ""], variable=False, over_base=over_base)
        others = [
            {**self.values.section(section, variable=False)["anyOf"][0], "required": [key.name_key]}
            for name, section in classes.items()
            if name != (key.default_name or "")
        ]
        return {**default, "anyOf": [*default["anyOf"], *others]}

    def _section(
        self, section: type[Section], *, variable: bool, over_base: bool, constant: Collection[str] = ()
    ) -> Schema:
        values = self.values.section(section, variable=variable, over_base=over_base, constant=constant)
        return {"type": ["object", "null"], **values}

    def _objective(self) -> Schema:
        """A metric, an objective, or a list of either in which one is learned."""
        metrics: Schema = {"enum": self.values.raw(Objective)["properties"]["metric"]["enum"]}
        learned: Schema = {"enum": list(LEARNED)}
        learns: Schema = {"type": "object", "properties": {"metric": learned}}
        natural = {
            way: [metric for metric in metrics["enum"] if natural_direction(metric) == way] for way in _DIRECTIONS
        }
        mapping = {
            **self.values.section(Objective, variable=False)["anyOf"][0],
            "if": {"properties": {"metric": {"enum": natural["minimize"]}}, "required": ["metric"]},
            "then": {"properties": {"direction": {"const": "minimize"}}},
            "else": {"properties": {"direction": {"const": "maximize"}}},
        }
        several = {
            "type": "array",
            "items": {"anyOf": [metrics, mapping, _NULL]},
            "contains": {"anyOf": [learned, learns, _NULL]},
            "uniqueItems": True,
        }
        forms = [learned, {**learns, "allOf": [mapping]}, several, _NULL]
        return {"type": ["string", "object", "array", "null"], "anyOf": forms}


def _classes(key: Key, built_in_only: bool) -> dict[str, type[Section]]:
    """The classes of a section, by name or form; without what cannot be used, since a file that names it is refused."""
    registry = key.registry
    if registry is None or not key.name_key:
        return {"": key.section_class() if registry is None else tracking_section(built_in_only=built_in_only)}
    classes: dict[str, type[Section]] = {}
    for name in [*(sorted(registry.built_in) if built_in_only else registry.names()), *registry.forms]:
        try:
            classes[name] = section_class(registry, name, (), None)
            classes[name].model_json_schema()
        except ConfigError:
            continue
        except PydanticInvalidForJsonSchema as error:
            raise UnusableEntryError(registry.kind, name, error) from error
    return classes
