"""The command as a user types it, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

HPO = str(Path(sys.executable).with_name("hpo"))

SPACE = """\
study: e2e
data: {dataset: digits, validation: 0.2}
model: {family: simple_cnn, depth: {int: [1, 5]}, filters: 4, dense_units: 8}
training:
  epochs: 3
  batch_size: 128
  learning_rate: {float: [1e-3, 1e-1], log: true}
  optimizer: {choice: {adam: , sgd: {momentum: {float: [0.0, 0.9]}}}}
search: {trials: 4, sampler: random, pruner: none}
"""

Hpo = Callable[..., subprocess.CompletedProcess[str]]


def run_hpo(*arguments: str | Path, cwd: Path, columns: int = 80) -> subprocess.CompletedProcess[str]:
    """Run `hpo` to its end, without a terminal."""
    environment = {**os.environ, "COLUMNS": str(columns)}
    return subprocess.run(
        [HPO, *map(str, arguments)], cwd=cwd, env=environment, capture_output=True, text=True, timeout=240, check=False
    )


def drawn(page: Path, profile: Path) -> str:
    """A page as a headless browser, which keeps its profile in a folder, has drawn it: the text of its elements."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
               f"--user-data-dir={profile}", "--virtual-time-budget=10000", "--dump-dom"]  # fmt: skip
    return subprocess.run(
        ["chromium", *options, page.as_uri()], capture_output=True, text=True, timeout=120, check=True
    ).stdout


class FinishedStudy:
    """A study that ran once for all tests of this folder: the directory, and what the run printed."""

    def __init__(self, folder: Path, space: str = SPACE) -> None:
        self.folder = folder
        (folder / "e2e.yaml").write_text(space)
        (folder / "keras.py").write_text("raise RuntimeError('a file of the user is no library')")
        self.run = run_hpo("run", "--space", "e2e.yaml", cwd=folder)

    def hpo(self, *arguments: str | Path, **options: int) -> subprocess.CompletedProcess[str]:
        """Run a command where the study is."""
        return run_hpo(*arguments, cwd=self.folder, **options)
