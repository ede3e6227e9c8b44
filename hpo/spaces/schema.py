"""The JSON Schema of space files, by which editors complete keys, explain them, and underline mistakes.

It follows from the same sections as the parser. What JSON Schema has no words for, the parser alone holds: that low is
below high, that names are those of the file, rules about several values at once, and that a path exists.
"""

from __future__ import annotations

from hpo.catalog import DATASETS, MODELS, Registry
from hpo.spaces.config import VARIABLE_DATA, ConfigError, section_class
from hpo.spaces.constraints import MAX_LENGTH
from hpo.spaces.objectives import LEARNED, Objective
from hpo.spaces.overrides import TOP_LEVEL
from hpo.spaces.reading import Head
from hpo.spaces.recipe import Recipe
from hpo.spaces.schema_parameters import Schema, no_parameter
from hpo.spaces.schema_registered import Registered
from hpo.spaces.schema_values import Values
from hpo.spaces.search_settings import Search
from hpo.spaces.section import Section

_NULL: Schema = {"type": "null"}
_CONFIG = "#/$defs/config_to_start_from"
_DESCRIPTIONS = {
    "base": "A space file to start from: a path relative to this file, or the name of a space that ships with hpo.",
    "data": "The data set, and how its images are prepared.",
    "model": "The model family, and its options.",
    "training": "How a model is trained.",
    "objective": "The metric to optimize, or a list of them.",
    "constraints": "What a config has to meet before it is trained, such as `parameters <= 20e6`.",
    "search": "How configs are searched, and the budget.",
    "start_from": "Configs to try first: values of parameters by their names, or nested as in a file.",
}


def json_schema(*, built_in_only: bool = False) -> Schema:
    """A JSON Schema (draft 2020-12) that every space file follows.

    Args:
        built_in_only: whether to leave out the model families and data sets that other packages have registered.
    """
    families, datasets = _registered(MODELS, built_in_only), _registered(DATASETS, built_in_only)
    values = Values([*families.values(), *datasets.values(), Recipe, Search, Objective, Head])
    data = Registered(values, "dataset", datasets, VARIABLE_DATA)
    model = Registered(values, "family", families, None)

    head = values.raw(Head)["properties"]

    def sections(*, over_base: bool) -> dict[str, Schema]:
        found = {
            **{key: values.value(head[key], variable=False) for key in ("engine", "seed")},
            "data": {"type": ["object", "string"], **data.schema(over_base=over_base)},
            "model": {"type": ["object", "string"], **model.schema(over_base=over_base)},
            "training": {"type": ["object", "null"], **values.section(Recipe, variable=True, over_base=over_base)},
            "search": {"type": ["object", "null"], **values.section(Search, variable=False, over_base=over_base)},
        }
        if over_base:
            found |= {key: {"anyOf": [found[key], {"type": "null"}]} for key in ("engine", "seed")}
        return _described(found)

    own = _described(
        {
            "base": {"type": "string"},
            "study": values.value(head["study"], variable=False),
            "objective": _objective(values),
            "constraints": _constraints(),
            "start_from": {"type": ["array", "null"], "items": {"type": "object", "$ref": _CONFIG}},
        }
    )
    alone, above = sections(over_base=False), sections(over_base=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "A training configuration in which any constant may be replaced by a parameter.",
        "type": "object",
        "properties": {key: own.get(key, {}) for key in ("base", *TOP_LEVEL)},
        "additionalProperties": False,
        "if": {"required": ["base"]},
        "then": {"properties": above},
        "else": {"properties": alone, "required": ["data", "model"]},
        "$defs": dict(sorted({**values.definitions, _CONFIG.rpartition("/")[2]: no_parameter(_CONFIG)}.items())),
    }


def _described(schemas: dict[str, Schema]) -> dict[str, Schema]:
    return {
        key: {"description": _DESCRIPTIONS[key]} | schema if key in _DESCRIPTIONS else schema
        for key, schema in schemas.items()
    }


def _objective(values: Values) -> Schema:
    """A metric, an objective, or a list of either in which one is learned."""
    metrics: Schema = {"enum": values.raw(Objective)["properties"]["metric"]["enum"]}
    learned: Schema = {"enum": list(LEARNED)}
    learns: Schema = {"type": "object", "properties": {"metric": learned}}
    mapping, nothing = values.section(Objective, variable=False)["anyOf"]
    several = {
        "type": "array",
        "items": {"anyOf": [metrics, mapping, nothing]},
        "contains": {"anyOf": [learned, learns, nothing]},
        "uniqueItems": True,
    }
    return {"anyOf": [learned, {**learns, "allOf": [mapping]}, nothing, several]}


def _constraints() -> Schema:
    text = {"type": "string", "maxLength": MAX_LENGTH}
    return {"anyOf": [{"type": "array", "items": text}, text, _NULL]}


def _registered(registry: Registry, built_in_only: bool) -> dict[str, type[Section]]:
    """What is registered, by name; without what cannot be used, since a file that names it is refused."""
    found: dict[str, type[Section]] = {}
    for name in sorted(registry.built_in) if built_in_only else registry.names():
        try:
            found[name] = section_class(registry, name, (), None)
        except ConfigError:
            continue
    return found
