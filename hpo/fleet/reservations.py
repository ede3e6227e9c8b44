"""What the runs of this user hold of the machine, so that two runs do not get the same GPU, cores or memory."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from hpo.errors import WorkError

FOLDER = "HPO_RESERVATIONS"
"""The variable that names another folder for them, such as one that containers of one machine share."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """What one run holds, or several together.

    Attributes:
        gpus: the share of each GPU by its UUID.
        cores: the numbers of the cores.
        memory: bytes of the machine's memory.
    """

    gpus: dict[str, float] = field(default_factory=dict)
    cores: list[int] = field(default_factory=list)
    memory: int = 0


def add_up(reservations: Iterable[Reservation]) -> Reservation:
    """Sum up what several runs hold."""
    gpus: dict[str, float] = {}
    cores: set[int] = set()
    memory = 0
    for reservation in reservations:
        for uuid, share in reservation.gpus.items():
            gpus[uuid] = gpus.get(uuid, 0.0) + share
        cores |= set(reservation.cores)
        memory += reservation.memory
    return Reservation(gpus, sorted(cores), memory)


class ReservationBook:
    """A folder with one file a run: its process holds a lock on it, which ends with the process however it ends."""

    def __init__(self) -> None:
        named = os.environ.get(FOLDER)
        self._folder = Path(named or Path(tempfile.gettempdir()) / f"hpo-{os.getuid()}")

    @contextmanager
    def turn(self) -> Iterator[Reservation]:
        """Wait for the turn of this run, and give what others hold: no other reserves anything within the block.

        Raises:
            WorkError: the folder cannot be used.
        """
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            status = self._folder.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
                raise OSError("it is no folder of this user's")
            lock = os.open(self._folder / "turn.lock", os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise WorkError(
                f"resources: what runs hold of the machine is written down in {self._folder}. Received: "
                f"{error.strerror or error}. Name another folder by {FOLDER}."
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield add_up(self._read())
        finally:
            os.close(lock)

    def hold(self, reservation: Reservation, owner: object) -> None:
        """Hold what is reserved until this process ends, or `owner` is freed; to be called within `turn`."""
        path = self._folder / f"{os.getpid()}-{id(owner)}.json"
        file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_TRUNC, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        os.write(file, json.dumps(asdict(reservation)).encode())
        weakref.finalize(owner, os.close, file)

    def _read(self) -> Iterator[Reservation]:
        """Give what each run holds whose process lives, and remove the files of others."""
        for path in self._folder.glob("*.json"):
            with suppress(OSError, ValueError, TypeError), path.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    yield Reservation(**json.load(file))
                else:
                    path.unlink()
