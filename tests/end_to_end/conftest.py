"""Fixtures of the end-to-end tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e_command import FinishedStudy, Hpo, call_hpo, engine_in_this_process


@pytest.fixture
def hpo(tmp_path: Path) -> Hpo:
    """`hpo(...)` in an empty directory."""
    return lambda *arguments, **options: call_hpo(*arguments, **{"cwd": tmp_path, **options})


@pytest.fixture
def engine_here() -> Iterator[None]:
    """What commands typed in this process train and build, they do in it: a process for an engine takes six seconds."""
    with engine_in_this_process():
        yield


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> FinishedStudy:
    """A finished study of four trials; one of them asks for more poolings than the image has pixels for."""
    return FinishedStudy(tmp_path_factory.mktemp("finished"))
