"""Where workers run: slots, and the port of what starts a worker in one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from hpo.catalog import LAUNCHERS, UnknownNameError
from hpo.errors import UserError
from hpo.fleet.messages import Command, Event
from hpo.spaces import StudySpec
from hpo.studies import ActiveStudy


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in which one worker runs at a time.

    Attributes:
        number: counted from 1; its worker is called so in events, and in the name of its log.
        environment: the variables that the worker's process starts with.
        memory: bytes that its trials may use of a GPU, or of the machine where they train on the CPU; None where
            nothing but the device limits them.
        label: what messages call its worker.
    """

    number: int
    environment: Mapping[str, str]
    memory: int | None
    label: str


class WorkerHandle(Protocol):
    """A worker that was started."""

    @property
    def name(self) -> str:
        """`HOST:PID` of the worker's process, as `WorkerReady` has it; its trials record it."""

    def send(self, command: Command) -> None:
        """Send a command; one to a dead worker is lost."""

    def stop(self) -> None:
        """Ask the worker to give its trial back and end; returns at once."""

    def kill(self, reason: str | None = None) -> None:
        """End the worker at once.

        Args:
            reason: why it had to be ended, which `WorkerDied` then says; without it, nothing is said.
        """

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the worker to end; whether it has. If so, `on_event` was called with all its events.

        One that has done all that it will do may count as ended while the system still frees its memory.
        """


class Launcher(Protocol):
    """A way to start workers."""

    def slots(self, study: ActiveStudy, workers: int) -> list[Slot]:
        """Return a slot for each of so many workers of a study, or fewer where there are not so many.

        Where `study.spec.resources` says what each trial gets and nobody says how many run at once, `workers` is what
        the budget allows.
        """

    def start(self, study: ActiveStudy, slot: Slot, on_event: Callable[[Event], None]) -> WorkerHandle:
        """Start a worker in a slot.

        Args:
            study: whose trials it runs.
            slot: where.
            on_event: called with its events, in any thread; the last is `WorkerDied` unless it was asked to end.
        """


@runtime_checkable
class EarlyLauncher(Launcher, Protocol):
    """A launcher that can start workers before there is a study, so that they import their engine meanwhile."""

    def start_early(self, spec: StudySpec, workers: int) -> AbstractContextManager[None]:
        """Start what so many workers need first; `start` takes it over where it fits the slot.

        What it has not taken over ends with the `with` statement.
        """


def start_early(launcher: Launcher, spec: StudySpec, workers: int) -> AbstractContextManager[None]:
    """Have workers import their engine while their study is made or opened, if the launcher can."""
    return launcher.start_early(spec, workers) if isinstance(launcher, EarlyLauncher) else nullcontext()


@dataclass(frozen=True, slots=True)
class NumberedLauncher:
    """A `Launcher` whose workers are counted from another number on, where others work on the same study."""

    launcher: Launcher
    first: int

    def slots(self, study: ActiveStudy, workers: int) -> list[Slot]:
        """Return a slot for each of so many workers."""
        return [replace(slot, number=slot.number + self.first) for slot in self.launcher.slots(study, workers)]

    def start(self, study: ActiveStudy, slot: Slot, on_event: Callable[[Event], None]) -> WorkerHandle:
        """Start a worker."""
        return self.launcher.start(study, slot, on_event)


def find_launcher(name: str) -> Launcher:
    """Make the launcher of a name: `local`, or one that a package registers under `hpo.launchers`.

    Raises:
        UserError: there is none of that name, or it cannot be imported.
    """
    try:
        launcher: Launcher = LAUNCHERS.get(str(name))()
    except UnknownNameError as error:
        raise UserError(f"launcher: {error}") from error
    return launcher
