"""The language: a training configuration in which any constant may be replaced by a parameter."""

from hpo.spaces.config import Config, ConfigError, read_config
from hpo.spaces.early_stopping import EarlyStopping
from hpo.spaces.identity import ConfigIdentity
from hpo.spaces.loading import bundled_spaces, load, parse_spec, spec_of
from hpo.spaces.objectives import Objective, front
from hpo.spaces.parameters import Choice, Float, Int, Parameter, Repeat, Tree, Value
from hpo.spaces.recipe import Recipe
from hpo.spaces.rendering import to_yaml
from hpo.spaces.schema import json_schema, schema_text
from hpo.spaces.search_settings import Search, duration_seconds
from hpo.spaces.search_space import Params, SearchSpace
from hpo.spaces.section import Section
from hpo.spaces.source import ScalarValue
from hpo.spaces.spec import Engine, StudySpec

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
    "json_schema",
    "load",
    "parse_spec",
    "read_config",
    "schema_text",
    "spec_of",
    "to_yaml",
]
