"""A whole space file, checked: what is searched, how, and what every trial has in common."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from hpo.spaces.config import Config, read_config
from hpo.spaces.parameters import Tree
from hpo.spaces.search_settings import Objective, Search
from hpo.spaces.search_space import SearchSpace
from hpo.spaces.source import ScalarValue

Engine = Literal["tensorflow", "jax", "torch"]


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
        """The document as JSON text, from which `parse_spec` makes an equal spec."""
        return json.dumps(self.document)
