"""Checkpoints at the end of phases with which the trainings of several trials begin, by what decides such a beginning.

They lie beside the checkpoints of trials. The name of each has the number of the trial that was trained so far, which
tells the older from the newer on any file system.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass

from hpo.studies.files.checkpoints import NOT_WHOLE, Checkpoint, read_checkpoint, remove_checkpoint, write_checkpoint
from hpo.studies.files.file_store import FileStore

_NAME = re.compile(r"(prefix-[0-9a-f]+/(\d+)-(\d+))\.(json|npz)")
_ROOM = 8 * 2**30
"""Bytes that they may take in all; beyond, the oldest go. The last one stays whatever it takes."""
_log = logging.getLogger("hpo.studies")


@dataclass(frozen=True, slots=True)
class PrefixFiles:
    """The shared beginnings that a study keeps.

    Attributes:
        store: has the checkpoints of all trials, too.
        room: bytes that they may take.
    """

    store: FileStore
    room: int = _ROOM

    def has(self, key: str) -> bool:
        """Whether there is a checkpoint for a key."""
        return bool(self._find(f"prefix-{key}"))

    def read(self, key: str) -> tuple[int, Checkpoint] | None:
        """Read a checkpoint, and the number of the trial that it is of; None where none is whole.

        One that is not whole is removed, so that somebody trains it anew.

        Raises:
            StorageError: the server that keeps them does not answer.
        """
        for name, number, epoch in self._find(f"prefix-{key}"):
            try:
                return number, read_checkpoint(self.store, name, epoch)
            except NOT_WHOLE as error:
                reason = str(error) or type(error).__name__
                text = "the epochs that trial %d shares (%s.npz) are not whole (%s); they are trained anew."
                _log.warning(text, number, name, reason)
                remove_checkpoint(self.store, name)
        return None

    def save(self, key: str, number: int, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint of a trial, unless there is one for its key; the oldest make room for it.

        Raises:
            StorageError: it cannot be written.
        """
        if self.has(key):
            return
        write_checkpoint(self.store, f"prefix-{key}/{number}-{checkpoint.epoch:05}", checkpoint)
        sizes = self.store.sizes()
        older = self._find()[:-1]
        total = sum(size for name, size in sizes.items() if _NAME.fullmatch(name))
        while older and total > self.room:
            name = older.pop(0)[0]
            total -= sizes.get(f"{name}.json", 0) + sizes.get(f"{name}.npz", 0)
            remove_checkpoint(self.store, name)

    def remove(self) -> None:
        """Remove them all; raises as `FileStore.remove` does."""
        for name in filter(_NAME.fullmatch, self.store.sizes()):  # of each, the marker first
            self.store.remove(name)

    def _find(self, folder: str = "") -> list[tuple[str, int, int]]:
        """List what there is, in a folder or all: name without its ending, trial, epochs; the oldest first."""
        matches = map(_NAME.fullmatch, self.store.sizes(folder))
        checkpoints = ((match[1], int(match[2]), int(match[3])) for match in matches if match and match[4] == "json")
        return sorted(checkpoints, key=lambda checkpoint: checkpoint[1])
