"""Leases: the right of one worker to write to one trial, until it ends or is lost, and who has it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SECONDS = 60.0
"""How long a lease lasts that is not renewed."""
RENEWALS = 3
"""In the time for which a lease lasts."""
SECONDS_BETWEEN_LOOKS = 5.0
"""The lease of a process that may live is lost when two looks find it past its end and not renewed in between, which
are by so much further apart than two renewals. After a machine was suspended, a clock was set forward, or a database
was down for longer than a lease lasts, its owners come first."""
_TRIAL = "trial:"
_CLOCK_TOLERANCE = 1.0
"""Seconds, by which the start of one process may be read differently: the system rounds the time of its boot."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write to a trial, or another one that only one may have at a time.

    Attributes:
        name: what it is the right to: `trial:12`.
        owner: who has it: `HOST:PID`.
        fence: grows each time that the right changes hands; of a trial it is the attempt, counted from 1.
    """

    name: str
    owner: str
    fence: int

    @property
    def number(self) -> int:
        """The number of the trial that it is the right to."""
        return int(self.name.removeprefix(_TRIAL))


def trial_lease(number: int) -> str:
    """Name the right to write to a trial."""
    return f"{_TRIAL}{number}"


@dataclass(frozen=True, slots=True)
class LeaseHolder:
    """The process that has a lease, told from all others.

    Attributes:
        machine: whose processes can see each other: the boot of a system, and the container in it.
        pid: of the process.
        started: seconds after the boot, so that a setting of the clock does not change it.
    """

    machine: str
    pid: int
    started: float

    def is_gone(self) -> bool:
        """Whether it is a process of this machine that has ended; of one elsewhere nothing is known."""
        import psutil

        if self.machine != this_process().machine:
            return False
        try:
            process = psutil.Process(self.pid)
            started = process.create_time() - psutil.boot_time()
            return bool(abs(started - self.started) > _CLOCK_TOLERANCE or process.status() == psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return not _is_hidden(self.pid)
        except psutil.Error:  # it is another user's
            return False

    @property
    def boot(self) -> str:
        """The boot of its system."""
        return self.machine.partition("/")[0]


def this_process() -> LeaseHolder:
    """Tell which process this is."""
    return _process(os.getpid())


@cache
def _process(pid: int) -> LeaseHolder:
    import psutil

    started = psutil.Process(pid).create_time() - psutil.boot_time()
    return LeaseHolder(_machine(), pid, round(started, 2))


def _is_hidden(pid: int) -> bool:
    """Whether a process that is not listed is another user's: `/proc` can be mounted so that it hides those."""
    try:
        os.kill(pid, 0)
    except OSError as error:
        return isinstance(error, PermissionError)
    return False


def _machine() -> str:
    import psutil

    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        namespace = os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:  # no Linux
        boot, namespace = f"{os.uname().nodename}-{psutil.boot_time():.0f}", ""
    return f"{boot}/{namespace}"


@dataclass(frozen=True, slots=True)
class LeaseState:
    """A lease as the storage has it.

    Attributes:
        lease: what right, and whose.
        holder: the process that has it.
        until: when it ends unless it is renewed; seconds since 1970 by the database's clock.
        now: by that clock.
    """

    lease: Lease
    holder: LeaseHolder
    until: float
    now: float

    @property
    def is_overdue(self) -> bool:
        """Whether its time is over; it still holds as long as nobody has taken it."""
        return self.until < self.now


class LeaseWatch:
    """Tells which leases are lost; for those whose processes may live that takes two looks."""

    def __init__(self, *, is_local: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin to watch.

        Args:
            is_local: whether nobody but this machine can reach the storage, so that a lease of an earlier boot is lost.
            clock: measures the seconds between two looks; by default those in which this machine was not suspended.
        """
        self._is_local, self._clock = is_local, clock
        self._overdue: dict[str, tuple[Lease, float, float]] = {}
        self._gone: dict[Lease, float] = {}

    def explain_loss(self, state: LeaseState, seconds: float, *, is_patient: bool = False) -> str | None:
        """Look at a lease, and tell why it is lost; None where it may hold.

        Args:
            state: the lease.
            seconds: how long it lasts when it is renewed.
            is_patient: whether to wait where its process has ended: a supervisor is about to tell why.
        """
        holder = state.holder
        if holder.is_gone():
            since = self._gone.setdefault(state.lease, self._clock())
            if is_patient and self._clock() - since < SECONDS_BETWEEN_LOOKS:
                return None
            return f"process {holder.pid} has ended"
        if self._is_local and holder.boot != this_process().boot:
            return "the machine was started anew"
        return self._explain_silence(state, SECONDS_BETWEEN_LOOKS + seconds / RENEWALS)

    def _explain_silence(self, state: LeaseState, patience: float) -> str | None:
        name, now = state.lease.name, self._clock()
        if not state.is_overdue:
            self._overdue.pop(name, None)
            return None
        lease, until, since = self._overdue.get(name, (None, 0.0, 0.0))
        if (lease, until) != (state.lease, state.until):
            self._overdue[name] = state.lease, state.until, now
            return None
        if now - since < patience:
            return None
        return f"{state.lease.owner} was not heard of for {state.now - state.until:.0f} s longer than it may be silent"
