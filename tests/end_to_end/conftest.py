"""Fixtures of the end-to-end tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e_command import FinishedStudy, Hpo, call_hpo


@pytest.fixture
def hpo(tmp_path: Path) -> Hpo:
    """`hpo(...)` in an empty directory."""
    return lambda *arguments, **options: call_hpo(*arguments, **{"cwd": tmp_path, **options})


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> FinishedStudy:
    """A finished study of four trials; one of them asks for more poolings than the image has pixels for."""
    return FinishedStudy(tmp_path_factory.mktemp("finished"))
