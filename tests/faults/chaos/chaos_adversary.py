"""The adversary: a table of faults, and a plan drawn from one seed that does them while a study runs."""

from __future__ import annotations

import heapq
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from chaos_machines import HPO, Database, Machine, SmallDisk, is_alive, is_frozen
from s3_server import Line

from hpo.studies import StudyRecord

LEASE = 3.0
"""Seconds; `recovery.lease` of the studies."""
_TICK = 0.1
_ENDED_BY_FAULTS = (-signal.SIGKILL, 130)
"""Exit statuses: killed, paused."""
_LATEST = 60.0
"""Seconds after which a fault is done although the study has not come as far as planned: it may have stopped."""


@dataclass
class Target:
    """A study under attack, and all that it runs on.

    Attributes:
        machines: the first leads.
        database: its server, where it is no file.
        disk: the disk that its files lie on, where it can be filled.
        line: to the object store that has its files.
        place: options of `hpo` that say where the study and its files are.
        tell: called with a line on all that happens.
    """

    machines: list[Machine]
    database: Database | None
    disk: SmallDisk | None
    line: Line | None
    place: list[str]
    tell: Callable[[str], object]
    study: StudyRecord = field(init=False)
    began: float = field(default_factory=time.monotonic)
    injected: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    """Runs that ended by themselves, and were resumed, by the last fault before."""
    _last: str = ""
    _progress: tuple[int, float] = (0, 0.0)
    _repairs: list[tuple[float, int, bool, Callable[[], object]]] = field(default_factory=list)

    def attack(self, plan: Iterable[Step], open_study: Callable[[], StudyRecord], patience: float) -> None:
        """Start the machines, do the plan, and go on until the study is finished.

        Raises:
            TimeoutError: no epoch was reported for `patience` seconds.
        """
        leader, *others = self.machines
        leader.start()
        while not leader.epochs():  # before, there is no study to join
            assert leader.status is None, leader.last_words()
            time.sleep(_TICK)
        self.study = open_study()
        for machine in others:
            machine.start()
        for step in plan:
            goal, since = self.count_epochs() + step.epochs, time.monotonic()
            while not (hit := self._inject(step, goal, since)):
                if not self._go_on(patience):
                    self.note("the study is finished before the plan")
                    return
            self.injected[step.fault] += 1
            self._last = step.fault
            self.note(f"{step.fault}: {hit}")
        while self._go_on(patience):
            pass

    def repair(self, seconds: float, action: Callable[[], object], *, awaited: bool = False) -> None:
        """End a fault in so many seconds; a person would await the end of some before resuming a study."""
        heapq.heappush(self._repairs, (time.monotonic() + seconds, len(self._repairs), awaited, action))

    def _inject(self, step: Step, goal: int, since: float) -> str | None:
        is_due = self.count_epochs() >= goal or time.monotonic() - since > _LATEST
        return FAULTS[step.fault][0](self, Random(step.seed)) if is_due else None

    def note(self, text: str) -> None:
        """Tell what happens, and when."""
        self.tell(f"{time.monotonic() - self.began:7.1f} s  {text}")

    def count_epochs(self) -> int:
        """How many epochs were reported."""
        return sum(machine.epochs() for machine in self.machines)

    def _go_on(self, patience: float) -> bool:
        """Let the study run a moment, see to what has ended, and tell whether the study goes on."""
        time.sleep(_TICK)
        epochs, now = self.count_epochs(), time.monotonic()
        if epochs > self._progress[0]:
            self._progress = epochs, now
        if now - self._progress[1] > patience:
            raise TimeoutError(f"no epoch was reported for {patience:g} s")
        return self._tend()

    def _tend(self) -> bool:
        """End the faults that are due, and start what ended, as a person would; whether the study goes on."""
        while self._repairs and self._repairs[0][0] <= time.monotonic():
            heapq.heappop(self._repairs)[3]()
        if not any(awaited for _, _, awaited, _ in self._repairs):
            for machine in self.machines:
                if machine.status not in (None, 0):
                    words = machine.last_words().splitlines() or [""]
                    self.note(f"resume {machine.folder.name}: it ended with status {machine.status} {words[-1][:300]}")
                    if machine.status not in _ENDED_BY_FAULTS:
                        self.ended[self._last] += 1
                    machine.start()
        return bool(self._repairs) or any(machine.status != 0 for machine in self.machines)


def kill_worker(target: Target, random: Random) -> str | None:
    """SIGKILL, as the kernel does it to a process when memory is short."""
    machine, number, worker = _choose_trial(target, random)
    if worker:
        _kill(worker)
        return f"worker {worker} of {machine.folder.name}, in trial {number}"
    return None


def freeze_worker(target: Target, random: Random) -> str | None:
    """SIGSTOP for longer than its lease: it wakes when its trial may be another's."""
    machine, number, worker = _choose_trial(target, random)
    if not worker or is_frozen(worker):
        return None
    seconds = LEASE * random.uniform(1.5, 3)
    os.kill(worker, signal.SIGSTOP)
    target.repair(seconds, lambda: _wake(worker))
    return f"worker {worker} of {machine.folder.name}, in trial {number}, for {seconds:.1f} s"


def freeze_machine(target: Target, random: Random) -> str | None:
    """Stop all processes of a machine for longer than their leases, as a laptop that is closed."""
    machine = _choose_running(target, random)
    if machine is None or is_frozen(machine.process.pid):
        return None
    seconds = LEASE * random.uniform(1.5, 3)
    pids = [process.pid for process in machine.processes()]
    for pid in pids:
        _send(pid, signal.SIGSTOP)
    target.repair(seconds, lambda: [_wake(pid) for pid in pids])
    return f"{machine.folder.name}: {len(pids)} processes, for {seconds:.1f} s"


def kill_supervisor(target: Target, random: Random) -> str | None:
    """SIGKILL the supervisor; its workers are on their own."""
    machine = _choose_running(target, random)
    if machine is None:
        return None
    _kill(machine.process.pid)
    return machine.folder.name


def kill_machine(target: Target, random: Random) -> str | None:
    """SIGKILL a supervisor and all its workers, as a machine that loses its power."""
    machine = _choose_running(target, random)
    if machine is None:
        return None
    processes = machine.processes()
    for process in processes:
        _kill(process.pid)
    return f"{machine.folder.name}: {len(processes)} processes"


def pause(target: Target, random: Random) -> str | None:
    """Ctrl-C, SIGTERM or SIGHUP, and sometimes a second one; then the study is resumed."""
    machine = _choose_running(target, random)
    if machine is None:
        return None
    number, twice = random.choice([signal.SIGINT, signal.SIGTERM, signal.SIGHUP]), random.random() < 0.2
    machine.signal(number)
    if twice:
        time.sleep(_TICK)
        machine.signal(number)
    return f"{number.name} to {machine.folder.name}{', twice' if twice else ''}"


def pause_study(target: Target, random: Random) -> str | None:
    """`hpo pause`, as a person types it elsewhere; when it has ended, the study is resumed."""
    if _choose_running(target, random) is None:
        return None
    command = [HPO, "pause", "chaos", *target.place, "--debug"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def wait() -> None:
        if process.poll() is None:
            target.repair(_TICK, wait, awaited=True)
        else:
            words = process.communicate()[0].strip().splitlines() or [""]
            target.note(f"`hpo pause` has ended with status {process.returncode}: {words[-1][:300]}")

    wait()
    return f"by process {process.pid}"


def tear_checkpoint(target: Target, random: Random) -> str | None:
    """Cut off or change the newest of two checkpoints of a trial, and kill its worker."""
    if target.disk is not None and target.disk.is_full:
        return None
    for machine, number, worker in _trials(target, random):
        if is_frozen(worker):
            continue
        os.kill(worker, signal.SIGSTOP)
        folder = target.study.files.checkpoint_store.root / f"trial-{number}"
        markers = {path.stem for path in folder.glob("*.json")}
        if len(markers) < 2:
            _wake(worker)
            continue
        newest = max(markers, key=lambda name: [*map(int, name.split("-"))])
        path = folder / f"{newest}.npz"
        content = bytearray(path.read_bytes())
        place = random.randrange(len(content))
        if random.random() < 0.5:
            del content[place:]
        else:
            content[place] ^= 0xFF
        path.write_bytes(content)
        _kill(worker)
        return f"{newest} of trial {number}; worker {worker} of {machine.folder.name}"
    return None


def restart_database(target: Target, random: Random) -> str | None:
    """Stop the server as a crash does, and start it seconds later."""
    if not target.database.is_sound:
        return None
    seconds = random.uniform(0, 6)
    target.database.stop()
    target.repair(seconds, target.database.start, awaited=True)
    return f"away for {seconds:.1f} s"


def cut_connections(target: Target, random: Random) -> str | None:
    """End all connections to the server."""
    return f"{target.database.cut_connections()} connections" if target.database.is_sound else None


def fill_database_disk(target: Target, random: Random) -> str | None:
    """Leave the server no room for more data, or for its log, without which it stops; make some seconds later."""
    database = target.database
    if not database.is_sound:
        return None
    seconds, is_log = random.uniform(4, 10), random.random() < 0.5
    database.disk.fill()
    if is_log:
        database.use_up_log()

    def make_room() -> None:
        database.disk.free()
        target.note(f"the database has room{', and was started' if database.start() else ''}")

    target.repair(seconds, make_room, awaited=True)
    return f"for {seconds:.1f} s{', and no room for its log' if is_log else ''}"


def fill_disk(target: Target, random: Random) -> str | None:
    """Leave no room on the disk of the study's files, and make some seconds later."""
    if target.disk.is_full:
        return None
    seconds = random.uniform(2, 8)
    target.disk.fill()
    target.repair(seconds, target.disk.free, awaited=True)
    return f"for {seconds:.1f} s"


def cut_line(target: Target, random: Random) -> str | None:
    """Refuse connections to the object store for some seconds."""
    if not target.line.is_up:
        return None
    seconds = random.uniform(1, 6)
    target.line.is_up = False
    target.repair(seconds, lambda: setattr(target.line, "is_up", True))
    return f"for {seconds:.1f} s"


Fault = Callable[[Target, Random], str | None]
"""Does harm, and tells to what; None where there is nothing to harm at the moment."""
FAULTS: Mapping[str, tuple[Fault, int]] = {
    "a worker is killed": (kill_worker, 8),
    "a checkpoint is torn, and its worker killed": (tear_checkpoint, 6),
    "a worker is frozen past its lease, and wakes": (freeze_worker, 6),
    "a machine is frozen past its leases, and wakes": (freeze_machine, 3),
    "a supervisor is killed": (kill_supervisor, 1),
    "a machine loses its power": (kill_machine, 1),
    "a run is paused, and resumed": (pause, 1),
    "a study is paused by `hpo pause`, and resumed": (pause_study, 2),
    "the database server crashes, and comes back": (restart_database, 4),
    "all connections to the database are cut": (cut_connections, 5),
    "the database server's disk is full, and room is made": (fill_database_disk, 3),
    "the disk is full, and room is made": (fill_disk, 3),
    "the object store refuses connections, and comes back": (cut_line, 4),
}
"""By what happens: the fault, and how often it is drawn in comparison with others."""


@dataclass(frozen=True)
class Step:
    """A fault of the plan, to be done when so many more epochs were trained; `seed` decides what it hits."""

    fault: str
    epochs: int
    seed: int


def draw_plan(seed: int, faults: int, kinds: Iterable[str] = FAULTS) -> list[Step]:
    """Draw a plan of so many faults."""
    random, names = Random(seed), list(kinds)
    weights = [FAULTS[name][1] for name in names]
    return [
        Step(random.choices(names, weights)[0], random.randint(0, 6), random.getrandbits(32)) for _ in range(faults)
    ]


def _trials(target: Target, random: Random) -> list[tuple[Machine, int, int]]:
    trials = [
        (machine, number, worker) for machine in target.machines for number, worker in sorted(machine.trials().items())
    ]
    random.shuffle(trials)
    return trials


def _choose_trial(target: Target, random: Random) -> tuple[Machine, int, int] | tuple[None, None, None]:
    return next(iter(_trials(target, random)), (None, None, None))


def _choose_running(target: Target, random: Random) -> Machine | None:
    machines = [machine for machine in target.machines if machine.status is None and machine.trials()]
    return random.choice(machines) if machines else None


def _wake(pid: int) -> None:
    _send(pid, signal.SIGCONT)


def _kill(pid: int) -> None:
    """Kill a process, and wait until it is gone: one that dies is not to be hit again."""
    _send(pid, signal.SIGKILL)
    while is_alive(pid):
        time.sleep(0.01)


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
