"""The command as a user types it: in a process of its own, or in this one, which saves the start of Python."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any
from unittest.mock import patch

from hpo.catalog import LAUNCHERS

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


def call_hpo(
    *arguments: str | Path, cwd: Path, columns: int = 80, output: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `hpo` to its end in this process, where no test is of the process itself.

    Args:
        arguments: of the command.
        cwd: where it is typed.
        columns: the width of its output.
        output: the file that its standard output is sent to instead of the result.
    """
    from hpo.cli.app import run_command_line

    with (
        TemporaryFile("w+", encoding="utf-8") if output is None else output.open("w", encoding="utf-8") as printed,
        TemporaryFile("w+", encoding="utf-8") as errors,
        patch.dict(os.environ, COLUMNS=str(columns)),
        chdir(cwd),
        redirect_stdout(printed),
        redirect_stderr(errors),
    ):
        try:
            status = run_command_line([*map(str, arguments)])
        except SystemExit as ended:
            status = int(ended.code or 0)
        texts = [_read_all(stream) for stream in ((printed, errors) if output is None else (errors,))]
    return subprocess.CompletedProcess(["hpo", *arguments], status, texts[0] if output is None else "", texts[-1])


@contextmanager
def engine_in_this_process() -> Iterator[None]:
    """Let workers be threads of this process while the block lasts, and `hpo check` build networks in it."""

    def ask(function: str, request: object, *, listen: Callable[[str], object], **_: object) -> Any:
        from hpo.checking.examination import examine_document

        assert function == "hpo.checking.examination:examine_document"
        return json.loads(json.dumps(examine_document(json.loads(json.dumps(request)), listen)))

    threads = "workers_in_threads:train_in_threads"
    with (
        patch.dict(LAUNCHERS.built_in, local=threads),
        patch("hpo.checking.check.ask", ask),
        patch("hpo.processes.early.core_count", lambda: 1),  # no process begins early
    ):
        yield


def _read_all(stream: IO[str]) -> str:
    stream.seek(0)
    return stream.read()


def drawn(page: Path, profile: Path) -> str:
    """A page as a headless browser, which keeps its profile in a folder, has drawn it: the text of its elements."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
               f"--user-data-dir={profile}", "--virtual-time-budget=10000", "--dump-dom"]  # fmt: skip
    return subprocess.run(
        ["chromium", *options, page.as_uri()], capture_output=True, text=True, timeout=120, check=True
    ).stdout


class FinishedStudy:
    """A study that ran once for many tests: the directory, and what the run printed."""

    def __init__(
        self, folder: Path, space: str = SPACE, run: Callable[..., subprocess.CompletedProcess[str]] = run_hpo
    ) -> None:
        self.folder = folder
        (folder / "e2e.yaml").write_text(space)
        (folder / "keras.py").write_text("raise RuntimeError('a file of the user is no library')")
        self.run = run("run", "--space", "e2e.yaml", cwd=folder)

    def hpo(self, *arguments: str | Path, **options: int) -> subprocess.CompletedProcess[str]:
        """Run a command where the study is."""
        return call_hpo(*arguments, cwd=self.folder, **options)
