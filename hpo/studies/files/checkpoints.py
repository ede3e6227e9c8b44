"""Checkpoints of a trial: the arrays first, then a small marker with the digest of each, so that a torn one shows.

Arrays that an earlier file of the same attempt holds are not written again where they are half of it: the weights of a
frozen base, which may be most of a checkpoint. The marker says which file has them.
"""

from __future__ import annotations

import json
import logging
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from hpo.studies.files.array_file import ArrayDigests, ArrayFile, find_earlier, read_arrays, write_arrays
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
    _saved: dict[Moment, tuple[ArrayFile, ...]] = field(default_factory=dict)
    _digests: ArrayDigests = field(default_factory=ArrayDigests)

    def save(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint, and the one before it; earlier ones are removed. Raises as `write_checkpoint` does.

        An array that is in several checkpoints is not to change: it is digested once.
        """
        moment = (self.attempt, checkpoint.epoch, checkpoint.step)
        if moment in self._saved:  # it would be torn while it is written anew
            return
        earlier = {file.name: file for kept in self._saved.values() for file in kept}
        self._saved[moment] = write_checkpoint(
            self.store, self._file(moment), checkpoint, earlier.values(), self._digests
        )
        if len(self._saved) == _KEPT:
            self._remove_earlier_attempts()
        elif len(self._saved) > _KEPT:
            oldest = next(iter(self._saved))
            del self._saved[oldest]
            needed = {file.name for kept in self._saved.values() for file in kept}
            unneeded = (f"{name}.npz" for name in earlier if name not in needed)
            self.store.remove(f"{self._file(oldest)}.json", *unneeded)
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
        self.store.remove(*sorted(names, key=_marker_first))

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

    def _remove_earlier_attempts(self) -> None:
        matches = map(_NAME.fullmatch, self.store.sizes(f"trial-{self.number}"))
        names = [match[0] for match in matches if match and int(match[2]) < self.attempt]
        self.store.remove(*sorted(names, key=_marker_first))


def _marker_first(name: str) -> bool:
    return not name.endswith(".json")


def write_checkpoint(
    store: FileStore,
    name: str,
    checkpoint: Checkpoint,
    earlier: Iterable[ArrayFile] = (),
    known: ArrayDigests | None = None,
) -> tuple[ArrayFile, ...]:
    """Keep a checkpoint in the files `NAME.npz` and, with where its arrays lie, `NAME.json`.

    Args:
        store: where they are kept.
        name: of the files, without their endings.
        checkpoint: what is kept.
        earlier: files whose arrays need not be written again; they have to stay as long as this checkpoint.
        known: digests of arrays that earlier checkpoints had.

    Returns:
        All files that hold its arrays, `NAME.npz` the first.

    Raises:
        ValueError: an array holds objects, or a value is none of JSON's.
        StorageError: it cannot be written.
    """
    arrays, earlier = checkpoint.arrays, list(earlier)
    digests = (known or ArrayDigests()).digest(arrays)
    places = find_earlier(arrays, digests, earlier)
    first: dict[str, str] = {}  # of equal arrays, as a frozen layer has them now and at its best, one is written
    for array in (array for array in arrays if array not in places):
        places[array] = name, first.setdefault(digests[array], array)
    file = write_arrays(store, name, {array: arrays[array] for array in first.values()}, digests)
    files = (file, *(other for other in earlier if other.name in {place for place, _ in places.values()}))
    file_names = {other.name: PurePosixPath(other.name).name for other in files}
    marker = {
        "about": checkpoint.about,
        # bfloat16 and its like, which NumPy's files know no name for
        "types": {array: values.dtype.name for array, values in arrays.items() if values.dtype.kind == "V"},
        "files": {file_names[other.name]: {"size": other.size} for other in files},
        "arrays": {array: (file_names[places[array][0]], places[array][1], digests[array]) for array in arrays},
    }
    store.put_bytes(f"{name}.json", json.dumps(marker).encode())
    return files


def read_checkpoint(store: FileStore, name: str, epoch: int, step: int = 0) -> Checkpoint:
    """Read what `write_checkpoint` has written; epoch and step are in its name.

    Raises:
        NOT_WHOLE: the files are not there, or hold something else.
        StorageError: the server that keeps them does not answer.
    """
    marker = json.loads(store.read(f"{name}.json"))
    if "files" in marker:
        arrays = _gather(store, PurePosixPath(name), marker["files"], marker["arrays"])
    else:  # of an earlier version, which wrote all arrays each time
        arrays = read_arrays(store, name, marker["size"], {}, marker["sha256"])
    for array, dtype in marker["types"].items():
        import ml_dtypes
        import numpy as np

        arrays[array] = arrays[array].view(np.dtype(getattr(ml_dtypes, dtype)))
    return Checkpoint(epoch, step, arrays, marker["about"])


def _gather(
    store: FileStore, marker: PurePosixPath, files: Mapping[str, Any], places: Mapping[str, Any]
) -> dict[str, NDArray[Any]]:
    """Read the arrays of a checkpoint from the files beside its marker.

    Of an earlier version, each file has a digest, and no array.
    """
    digests: dict[str, dict[str, str]] = {file: {} for file in files}
    for file, member, *digest in places.values():
        if digest:
            (digests[file][member],) = digest
    # `with_name` refuses what leads to another folder
    read = {
        file: read_arrays(store, str(marker.with_name(file)), measures["size"], digests[file], measures.get("sha256"))
        for file, measures in files.items()
    }
    return {array: read[file][member] for array, (file, member, *_) in places.items()}


def remove_checkpoint(store: FileStore, name: str) -> None:
    """Remove the files of a checkpoint; raises as `FileStore.remove` does."""
    store.remove(f"{name}.json", f"{name}.npz")


def checkpoint_numbers(store: FileStore) -> list[int]:
    """List the trials that have checkpoints."""
    return sorted({int(match[1]) for match in map(_NAME.fullmatch, store.sizes()) if match})
