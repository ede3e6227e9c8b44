"""Checkpoints of a trial: the bytes first, then a small marker with their size and digest, so that a torn one shows."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpo.studies.files.file_store import FileStore

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NAME = re.compile(r"trial-(\d+)/(\d+)-(\d+)-(\d+)\.(npz|json)")
_KEPT = 2
NOT_WHOLE = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
    MemoryError,
    zipfile.BadZipFile,
)
"""What is raised by reading a file that holds anything whatever."""
_log = logging.getLogger("hpo.studies")

Moment = tuple[int, int, int]
"""The attempt, the epochs done, and the steps done of the epoch under way."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All that a training needs to go on as if it had not stopped.

    Attributes:
        epoch: epochs done, over all phases.
        step: steps done of the epoch under way; 0 between epochs.
        arrays: by name; none of objects.
        about: plain values, as JSON has them.
    """

    epoch: int
    step: int
    arrays: Mapping[str, NDArray[Any]]
    about: Mapping[str, Any]


@dataclass(slots=True)
class TrialCheckpoints:
    """The checkpoints of one trial, as one attempt at it writes and reads them.

    Their names hold the attempt, so that a late worker never writes over its successor. Nothing waits for the disk: a
    digest tells what a machine that went down has left torn, and the one before is used.

    Attributes:
        store: where the checkpoints of all trials are kept.
        number: of the trial.
        attempt: counted from 1 in each trial.
        on_save: called with each checkpoint that was kept.
    """

    store: FileStore
    number: int
    attempt: int
    on_save: Callable[[Checkpoint], object] = lambda checkpoint: None
    _saved: list[Moment] = field(default_factory=list)

    def save(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint, and the one before it; earlier ones are removed. Raises as `write_checkpoint` does."""
        moment = (self.attempt, checkpoint.epoch, checkpoint.step)
        if moment in self._saved:  # it would be torn while it is written anew
            return
        write_checkpoint(self.store, self._file(moment), checkpoint)
        self._saved.append(moment)
        if len(self._saved) == _KEPT:
            self._remove(other for other in self._moments() if other[0] < self.attempt)
        elif len(self._saved) > _KEPT:
            self._remove([self._saved.pop(0)])
        self.on_save(checkpoint)

    def latest(self) -> Checkpoint | None:
        """Read the newest checkpoint that is whole, of this attempt or an earlier one; None where there is none.

        Raises:
            StorageError: the server that keeps them does not answer.
        """
        for moment in sorted(self._moments(), reverse=True):
            try:
                return read_checkpoint(self.store, self._file(moment), *moment[1:])
            except NOT_WHOLE as error:
                _log.warning(
                    "trial %d: its checkpoint after epoch %d (%s) is not whole (%s); the one before is used.",
                    self.number, moment[1], f"{self._file(moment)}.npz", str(error) or type(error).__name__,
                )  # fmt: skip
        return None

    def remove(self) -> None:
        """Remove all checkpoints of the trial, of every attempt.

        Raises:
            StorageError: one cannot be removed.
        """
        names = list(self.store.sizes(f"trial-{self.number}"))
        self.store.remove(*sorted(names, key=lambda name: not name.endswith(".json")))

    def _moments(self) -> set[Moment]:
        names = self.store.sizes(f"trial-{self.number}")
        return {
            (int(match[2]), int(match[3]), int(match[4]))
            for match in map(_NAME.fullmatch, names)
            if match and match[5] == "json" and int(match[2]) <= self.attempt
        }

    def _file(self, moment: Moment) -> str:
        attempt, epoch, step = moment
        return f"trial-{self.number}/{attempt}-{epoch:05}-{step}"

    def _remove(self, moments: Iterable[Moment]) -> None:
        for moment in moments:
            remove_checkpoint(self.store, self._file(moment))


def write_checkpoint(store: FileStore, name: str, checkpoint: Checkpoint) -> None:
    """Keep a checkpoint in the files `NAME.npz` and, with their size and digest, `NAME.json`.

    Raises:
        ValueError: an array holds objects, or a value is none of JSON's.
        StorageError: it cannot be written.
    """
    # bfloat16 and its like, which NumPy's files know no name for
    types = {name: array.dtype.name for name, array in checkpoint.arrays.items() if array.dtype.kind == "V"}
    marker: dict[str, Any] = {"about": checkpoint.about, "types": types}

    def write(path: Path) -> None:
        _write_arrays(path, checkpoint.arrays)
        marker.update(_measure(path))

    store.put(f"{name}.npz", write)
    store.put_bytes(f"{name}.json", json.dumps(marker).encode())


def read_checkpoint(store: FileStore, name: str, epoch: int, step: int = 0) -> Checkpoint:
    """Read what `write_checkpoint` has written; epoch and step are in its name.

    Raises:
        NOT_WHOLE: the files are not there, or hold something else.
        StorageError: the server that keeps them does not answer.
    """
    marker = json.loads(store.read(f"{name}.json"))
    with store.open_local(f"{name}.npz") as path:
        measures = _measure(path)
        if measures != {name: marker[name] for name in measures}:
            raise ValueError(f"{measures['size']} bytes with another digest than was noted")
        arrays = _read_arrays(path, marker["types"])
    return Checkpoint(epoch, step, arrays, marker["about"])


def remove_checkpoint(store: FileStore, name: str) -> None:
    """Remove the files of a checkpoint; raises as `FileStore.remove` does."""
    store.remove(f"{name}.json", f"{name}.npz")


def checkpoint_numbers(store: FileStore) -> list[int]:
    """List the trials that have checkpoints."""
    return sorted({int(match[1]) for match in map(_NAME.fullmatch, store.sizes()) if match})


def _measure(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"size": file.tell(), "sha256": digest}


def _write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    from numpy.lib import format as npy

    with zipfile.ZipFile(path, "w") as archive:  # `numpy.savez` would pickle objects, and takes no array called `file`
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                npy.write_array(member, _plain(array), allow_pickle=False)


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    array = np.asarray(array)
    return array.view(np.dtype(f"u{array.dtype.itemsize}")) if array.dtype.kind == "V" else array


def _read_arrays(path: Path, types: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    import numpy as np

    with np.load(path, allow_pickle=False) as file:
        if any(member.compress_type != zipfile.ZIP_STORED for member in file.zip.infolist()):
            raise ValueError("compressed, which hpo does not write")
        arrays = {name: file[name] for name in file.files}
    for name, dtype in types.items():
        import ml_dtypes

        arrays[name] = arrays[name].view(np.dtype(getattr(ml_dtypes, dtype)))
    return arrays
