"""What trials leave beside a study's database: models, reports, logs, and weights of other studies."""

from __future__ import annotations

import errno
import json
import re
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from hpo.errors import UserError
from hpo.files import PARTIAL, fresh_file, open_log, partial_name
from hpo.studies.address import nearby
from hpo.studies.files.checkpoints import TrialCheckpoints
from hpo.studies.files.file_store import FileStore

if TYPE_CHECKING:
    from upath import UPath

_MODEL_NAME = re.compile(r"trial-(\d+)\.keras")
_BESIDE = (".json", ".validation.npz", ".test.npz")
"""How the names of files end that lie beside a model."""


@dataclass(frozen=True, slots=True)
class StudyFiles:
    """The files of a study.

    Attributes:
        path: the folder on this machine for logs, pages and copies of weights.
        root: where models and checkpoints are kept, anywhere that fsspec reaches (see `open_files`); None for `path`.
    """

    path: Path
    root: Path | UPath | None = None

    @property
    def logs(self) -> Path:
        """Where workers write what engines print."""
        return self.path / "logs"

    @property
    def reports(self) -> Path:
        """Where pages are written."""
        return self.path / "reports"

    @property
    def models(self) -> ModelFiles:
        """The models kept for later."""
        return ModelFiles((self.root or self.path) / "artifacts")

    @property
    def checkpoint_store(self) -> FileStore:
        """The checkpoints of all trials."""
        return FileStore((self.root or self.path) / "checkpoints")

    def checkpoints(self, number: int, attempt: int) -> TrialCheckpoints:
        """Give the checkpoints of a trial, as one attempt at it writes and reads them."""
        return TrialCheckpoints(self.checkpoint_store, number, attempt)

    def weights_of(self, study: str) -> Path:
        """Give the path of a copy of another study's best model, from which some trials start."""
        return self.path / "weights" / f"{study}.keras"

    def keep_weights(self, study: str, model: Path | UPath) -> None:
        """Copy a model of another study; the copy gets its name when it is whole.

        Raises:
            FileNotFoundError: there is no such model.
            UserError: the folder cannot be written to.
        """
        from upath import UPath

        target = self.weights_of(study)
        if not model.exists():
            raise FileNotFoundError(str(model))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with fresh_file(target) as partial:
                source = UPath(model)
                source.fs.get_file(source.path, str(partial))
        except FileNotFoundError:
            raise
        except OSError as error:
            raise UserError(
                f"{nearby(target)}: the weights that a study starts from are copied to its folder. "
                f"Received: {error.strerror}. Make room, or allow writing."
            ) from error

    def log_file(self, worker: int) -> Path:
        """Give the path of what engines print in worker number `worker`."""
        return self.logs / f"worker-{worker}.log"

    def open_log(self, worker: int) -> IO[bytes]:
        """Open the log of worker number `worker` to add to it.

        Raises:
            UserError: the folder cannot be written to.
        """
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            return open_log(self.log_file(worker))
        except OSError as error:
            raise explain_unwritable(self.path, error) from error

    def sweep(self) -> None:
        """Remove what processes that were killed have left half written; only for who holds the study alone."""
        trials = (self.path / "checkpoints").glob("trial-*")
        for folder in (self.path, self.reports, self.path / "weights", self.path / "artifacts", *trials):
            if folder != self.path and folder.is_symlink():
                continue  # it may hold what is somebody else's
            for file in (*folder.glob(f"*{PARTIAL}"), *folder.glob(f"*{PARTIAL}-*")):
                with suppress(OSError):
                    file.unlink()


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Trained models by trial number, in a folder or behind any fsspec URL."""

    root: Path | UPath

    def path(self, number: int) -> Path | UPath:
        """Give the path of the model of a trial, if it was kept."""
        return self.root / f"trial-{number}.keras"

    def find(self, number: int) -> Path | UPath | None:
        """Find the model of a trial; None where it was not kept."""
        path = self.path(number)
        return path if self.root.is_dir() and path.exists() else None

    def put(self, number: int, write: Callable[[Path], None]) -> None:
        """Keep a model, and what lies beside it.

        Args:
            number: its trial.
            write: writes to the local path that it is given, or to others with the same stem (`trial-3.json` beside
                `trial-3.keras`). Each file gets its name when it is whole, the model the last.
        """
        from upath import UPath  # here, since it takes a tenth of the time of looking at a study

        root = UPath(self.root)
        root.mkdir(parents=True, exist_ok=True)
        partial = root / partial_name()
        try:
            with tempfile.TemporaryDirectory() as folder:
                write(Path(folder) / self.path(number).name)
                for local in sorted(Path(folder).iterdir(), key=lambda path: path.suffix == ".keras"):
                    root.fs.put_file(str(local), partial.path)
                    root.fs.mv(partial.path, (root / local.name).path)
        except BaseException:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise

    def describe(self, number: int) -> dict[str, Any]:
        """Read the JSON beside the model of a trial; nothing where there is none that can be read."""
        try:
            description: dict[str, Any] = json.loads((self.root / f"trial-{number}.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return description if isinstance(description, dict) else {}

    def numbers(self) -> list[int]:
        """List the trials whose models were kept."""
        if not self.root.is_dir():
            return []
        matches = (_MODEL_NAME.fullmatch(path.name) for path in self.root.iterdir())
        return sorted(int(match[1]) for match in matches if match)

    def remove(self, number: int) -> None:
        """Forget a model and what lies beside it, the model the last; nothing happens where there is none."""
        for suffix in _BESIDE:
            (self.root / f"trial-{number}{suffix}").unlink(missing_ok=True)
        self.path(number).unlink(missing_ok=True)


def explain_unwritable(path: Path, error: OSError) -> UserError:
    """Give the error of a study's folder that cannot be written to."""
    place = nearby(Path(error.filename or path))
    if error.errno == errno.ELOOP:
        return UserError(f"{place}: it is a file that hpo makes. Received a link. Remove the link.")
    return UserError(
        f"{place}: studies are kept in a folder that can be written to. Received: {error.strerror}. "
        "Allow writing, make room, or name another folder by --studies (`studies` in Python)."
    )
