"""Reading space files from text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hpo.spaces import StudySpec, load

Read = Callable[..., StudySpec]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for space files, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def read(here: Path) -> Read:
    """`read(text, *overrides)` loads a space file that holds the text, as `r.yaml` of the working directory."""

    def load_text(text: str | bytes, *overrides: str) -> StudySpec:
        content = text if isinstance(text, bytes) else text.encode()
        (here / "r.yaml").write_bytes(content)
        return load("r.yaml", overrides)

    return load_text
