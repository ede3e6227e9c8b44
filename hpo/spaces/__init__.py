"""The language: a training configuration in which any constant may be replaced by a parameter."""

from hpo.spaces.file.loading import bundled_spaces, load, parse_spec, spec_of
from hpo.spaces.schema.document import json_schema, schema_text
from hpo.spaces.sections.keys import Engine
from hpo.spaces.sections.objectives import Objective, front, joins_front
from hpo.spaces.sections.recipe import EarlyStopping, Recipe
from hpo.spaces.sections.resources import Resources
from hpo.spaces.sections.search import Search
from hpo.spaces.sections.section import Section
from hpo.spaces.sections.units import duration_seconds
from hpo.spaces.space.parameters import Choice, Float, Int, Parameter, Repeat, Tree, Value
from hpo.spaces.space.rendering import to_yaml
from hpo.spaces.space.search_space import Params, SearchSpace
from hpo.spaces.spec.config import Config, ConfigError, read_config
from hpo.spaces.spec.identity import ConfigIdentity
from hpo.spaces.spec.spec import StudySpec
from hpo.spaces.text.source import ScalarValue

__all__ = [
    "Choice",
    "Config",
    "ConfigError",
    "ConfigIdentity",
    "EarlyStopping",
    "Engine",
    "Float",
    "Int",
    "Objective",
    "Parameter",
    "Params",
    "Recipe",
    "Repeat",
    "Resources",
    "ScalarValue",
    "Search",
    "SearchSpace",
    "Section",
    "StudySpec",
    "Tree",
    "Value",
    "bundled_spaces",
    "duration_seconds",
    "front",
    "joins_front",
    "json_schema",
    "load",
    "parse_spec",
    "read_config",
    "schema_text",
    "spec_of",
    "to_yaml",
]
