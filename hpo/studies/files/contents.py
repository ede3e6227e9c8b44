"""What trials leave beside a study's database: models, reports, logs, and weights of other studies."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from hpo.errors import UserError
from hpo.files import PARTIAL, open_log
from hpo.studies.address import StudyAddress, nearby
from hpo.studies.files.checkpoints import Checkpoint, TrialCheckpoints
from hpo.studies.files.file_store import FileStore, open_files, scratch_folder
from hpo.studies.files.prefixes import PrefixFiles

if TYPE_CHECKING:
    from upath import UPath

_MODEL_NAME = re.compile(r"trial-(\d+)\.keras")
_STORES = ("artifacts", "checkpoints", "weights", "tracking")
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

    @classmethod
    def of(cls, address: StudyAddress) -> Self:
        """Give the files of the study at an address; raises as `open_files` does."""
        root = None if address.files == address.folder else open_files(address.files)
        return cls(Path(address.folder), root)

    @property
    def logs(self) -> Path:
        """Where workers write what engines print."""
        return self.path / "logs"

    @property
    def reports(self) -> Path:
        """Where pages are written."""
        return self.path / "reports"

    @property
    def stores(self) -> dict[str, FileStore]:
        """What may lie elsewhere than in `path`, by the name of its folder."""
        return {name: FileStore((self.root or self.path) / name) for name in _STORES}

    @property
    def models(self) -> ModelFiles:
        """The models kept for later."""
        return ModelFiles(self.stores["artifacts"])

    @property
    def checkpoint_store(self) -> FileStore:
        """The checkpoints of all trials."""
        return self.stores["checkpoints"]

    def checkpoints(
        self, number: int, attempt: int, on_save: Callable[[Checkpoint], object] = lambda checkpoint: None
    ) -> TrialCheckpoints:
        """Give the checkpoints of a trial, as one attempt at it writes and reads them; see `TrialCheckpoints`."""
        return TrialCheckpoints(self.checkpoint_store, number, attempt, on_save)

    @property
    def prefixes(self) -> PrefixFiles:
        """The beginnings of trainings that trials share."""
        return PrefixFiles(self.checkpoint_store)

    @property
    def examples(self) -> FileStore:
        """How the models of trials do, for trackers that are not done with those trials: `trial-3.npz`."""
        return self.stores["tracking"]

    @property
    def weights(self) -> FileStore:
        """Copies of the best models of other studies, from which some trials start."""
        return self.stores["weights"]

    def weights_of(self, study: str) -> Path | UPath:
        """Give the path of the copy of another study's best model."""
        return self.weights.path(f"{study}.keras")

    def keep_weights(self, study: str, model: Path | UPath) -> None:
        """Copy a model of another study; the copy gets its name when it is whole.

        Raises:
            FileNotFoundError: there is no such model.
            StorageError: the copy cannot be written.
        """
        with FileStore(model.parent).open_local(model.name) as local:
            if not local.exists():
                raise FileNotFoundError(str(model))
            self.weights.put_file(f"{study}.keras", local)

    def fetch_weights(self, study: str) -> Path:
        """Give the path of such a copy on this machine; from elsewhere it is fetched once in a process.

        Raises:
            FileNotFoundError: there is none.
            StorageError: it cannot be read, or this machine's disk cannot be written to.
        """
        path = self.weights_of(study)
        if not isinstance(path, Path):
            return _fetch(self.weights, path.name, self.path / "weights")
        if not path.exists():
            raise FileNotFoundError(str(path))
        return path

    def log_file(self, worker: int) -> Path:
        """Give the path of what engines print in worker number `worker`."""
        return self.logs / f"worker-{worker}.log"

    @property
    def tracking_log(self) -> Path:
        """The log of the process that sends trials to trackers."""
        return self.logs / "tracking.log"

    def open_log(self, path: Path) -> IO[bytes]:
        """Open a log of the study to add to it.

        Raises:
            UserError: the folder cannot be written to.
        """
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            return open_log(path)
        except OSError as error:
            raise explain_unwritable(self.path, error) from error

    def usage(self) -> dict[str, int]:
        """Count the bytes of models, checkpoints, copies of weights, logs and reports.

        Raises:
            StorageError: a server that keeps some of them does not answer.
        """
        stores = {**self.stores, "logs": FileStore(self.logs), "reports": FileStore(self.reports)}
        stores["models"] = stores.pop("artifacts")
        return {name: sum(store.sizes().values()) for name, store in sorted(stores.items())}

    def copy_to(self, other: StudyFiles) -> None:
        """Copy models, checkpoints and weights; raises as `FileStore` does."""
        for name, store in self.stores.items():
            for file in store.sizes():
                with store.open_local(file) as local:
                    other.stores[name].put_file(file, local)

    def size_elsewhere(self) -> int:
        """Count the bytes of what lies elsewhere than in `path`."""
        return 0 if self.root is None else sum(sum(store.sizes().values()) for store in self.stores.values())

    def remove_elsewhere(self) -> None:
        """Remove what lies elsewhere than in `path`.

        Raises:
            StorageError: it cannot be removed.
        """
        if self.root is not None:
            for store in self.stores.values():
                store.remove(*store.sizes())

    def sweep(self) -> None:
        """Remove what processes that were killed have left half written; only for who holds the study alone."""
        checkpoints = (self.path / "checkpoints").glob("*-*")
        for folder in (self.path, self.reports, self.path / "weights", self.path / "artifacts", *checkpoints):
            if folder != self.path and folder.is_symlink():
                continue  # it may hold what is somebody else's
            for file in (*folder.glob(f"*{PARTIAL}"), *folder.glob(f"*{PARTIAL}-*")):
                with suppress(OSError):
                    file.unlink()


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Trained models by trial number."""

    store: FileStore

    def path(self, number: int) -> Path | UPath:
        """Give the path of the model of a trial, if it was kept."""
        return self.store.path(f"trial-{number}.keras")

    def find(self, number: int) -> Path | UPath | None:
        """Find the model of a trial; None where it was not kept."""
        path = self.path(number)
        return path if self.store.exists(path.name) else None

    def put(self, number: int, write: Callable[[Path], None]) -> None:
        """Keep a model, and what lies beside it.

        Args:
            number: its trial.
            write: writes to the local path that it is given, or to others with the same stem (`trial-3.json` beside
                `trial-3.keras`). Each file gets its name when it is whole, the model the last.

        Raises:
            StorageError: there is no room, no right to write, or no server that answers.
        """
        with scratch_folder() as folder:
            write(folder / self.path(number).name)
            for local in sorted(folder.iterdir(), key=lambda path: path.suffix == ".keras"):
                self.store.put_file(local.name, local)

    def describe(self, number: int) -> dict[str, Any]:
        """Read the JSON beside the model of a trial; nothing where there is none that can be read."""
        try:
            description: dict[str, Any] = json.loads(self.store.read(f"trial-{number}.json"))
        except (OSError, ValueError):
            return {}
        return description if isinstance(description, dict) else {}

    def numbers(self) -> list[int]:
        """List the trials whose models were kept."""
        matches = map(_MODEL_NAME.fullmatch, self.store.sizes())
        return sorted(int(match[1]) for match in matches if match)

    def remove(self, number: int, *, keeps_predictions: bool = False) -> None:
        """Forget a model, and before it what lies beside it unless that is kept; there may be none."""
        beside = () if keeps_predictions else _BESIDE
        self.store.remove(*(f"trial-{number}{suffix}" for suffix in (*beside, ".keras")))


def examples_name(number: int) -> str:
    """Name the examples of a trial in their store."""
    return f"trial-{number}.npz"


@cache
def _fetch(store: FileStore, name: str, folder: Path) -> Path:
    with store.open_local(name) as local:
        FileStore(folder).put_file(name, local)
    return folder / name


def explain_unwritable(path: Path, error: OSError) -> UserError:
    """Give the error of a study's folder that cannot be written to."""
    place = nearby(Path(error.filename or path))
    if error.errno == errno.ELOOP:
        return UserError(f"{place}: it is a file that hpo makes. Received a link. Remove the link.")
    return UserError(
        f"{place}: studies are kept in a folder that can be written to. Received: {error.strerror}. "
        "Allow writing, make room, or name another folder by --studies (`studies` in Python)."
    )
