"""Reading space files from text."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from hpo.catalog import BACKENDS, DATASETS, MODELS
from hpo.spaces import StudySpec, json_schema, load
from hpo.spaces.sections.keys import KEYS
from hpo.spaces.text.source import parse, plain_value

Read = Callable[..., StudySpec]
Names = tuple[tuple[str, ...], ...]


def names_in_use() -> Names:
    """What is registered now: all that tests add has a name of its own."""
    return (*(tuple(registry.names()) for registry in (BACKENDS, DATASETS, MODELS)), tuple(KEYS))


INSTALLED = names_in_use()


def schema_of(names: Names) -> Draft202012Validator:
    """The schema in use, made once (0.3 s) where nothing was added to what is installed."""
    return installed_schema() if names == INSTALLED else Draft202012Validator(json_schema())


@cache
def installed_schema() -> Draft202012Validator:
    """The schema of what is installed."""
    return Draft202012Validator(json_schema())


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for space files, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def read(here: Path) -> Read:
    """`read(text, *overrides)` loads a space file that holds the text, as `r.yaml` of the working directory.

    Whatever the parser takes is held against the schema as well.
    """

    def load_text(text: str | bytes, *overrides: str) -> StudySpec:
        content = text if isinstance(text, bytes) else text.encode()
        (here / "r.yaml").write_bytes(content)
        spec = load("r.yaml", overrides)
        if not overrides:
            schema_of(names_in_use()).validate(plain_value(parse(content.decode("utf-8-sig"), "r.yaml")))
        return spec

    return load_text
