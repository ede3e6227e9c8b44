"""Fixtures of the end-to-end tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e_command import FinishedStudy, Hpo, call_hpo, engine_in_this_process
from filelock import FileLock


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
    """A finished study of four trials; one of them asks for more poolings than the image has pixels for.

    Processes that run tests beside each other run it once, and have a copy each.
    """
    is_beside_others = "PYTEST_XDIST_WORKER" in os.environ
    shared = (
        tmp_path_factory.getbasetemp().parent / "finished" if is_beside_others else tmp_path_factory.mktemp("shared")
    )
    with FileLock(shared.with_suffix(".lock")):
        if not (kept := shared.with_suffix(".json")).exists():
            shared.mkdir(exist_ok=True)
            kept.write_text(json.dumps(vars(FinishedStudy(shared).run)))
    folder = shutil.copytree(shared, tmp_path_factory.mktemp("finished"), dirs_exist_ok=True)
    return FinishedStudy(folder, run=lambda *_, **__: subprocess.CompletedProcess(**json.loads(kept.read_text())))
