"""Reading space files from text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from hpo.spaces import StudySpec, json_schema, load
from hpo.spaces.text.source import parse, plain_value

Read = Callable[..., StudySpec]


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
            Draft202012Validator(json_schema()).validate(plain_value(parse(content.decode("utf-8-sig"), "r.yaml")))
        return spec

    return load_text
