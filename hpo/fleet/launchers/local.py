"""Workers as processes of this machine."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import astuple

from hpo.fleet.device import GPU_SHARE, HOST_MEMORY, limit_variables, share_memory
from hpo.fleet.gpus import VISIBLE, hide_gpus
from hpo.fleet.messages import Command, Event, WorkerDied, WorkerFailed, from_json, to_json
from hpo.fleet.placement import Machine, Seat, place_workers, reserve
from hpo.fleet.reservations import Reservation, ReservationBook
from hpo.fleet.slots import Slot
from hpo.processes.early import EarlyProcess, take_early
from hpo.processes.environment import engine_environment
from hpo.processes.parent import Ending, EngineProcess, Message
from hpo.spaces import Engine, StudySpec
from hpo.studies import ActiveStudy
from hpo.studies.address import nearby

WORKER = "hpo.fleet.worker"
"""The module that a worker's process runs."""


class LocalLauncher:
    """The `EarlyLauncher` of this machine, whose GPUs, cores and memory the workers share as the study's file says."""

    def __init__(self) -> None:
        self._early: dict[int, EarlyProcess] = {}

    @contextmanager
    def start_early(self, spec: StudySpec, workers: int) -> Iterator[None]:
        """Start the processes of so many workers; those in whose slot no worker is started end with the statement."""
        try:
            if not spec.resources.limits_workers:  # else it depends on what other runs hold
                seats = place_workers(spec.resources, workers, Machine.survey(), Reservation())
                for slot in _make_slots(seats, spec.engine):
                    self._early[slot.number] = take_early() or EarlyProcess(WORKER)
                    self._early[slot.number].begin(slot.environment)
            yield
        finally:
            self._end_early(list(self._early))

    def _end_early(self, numbers: list[int]) -> None:
        for number in numbers:
            self._early.pop(number).end()

    def slots(self, study: ActiveStudy, workers: int) -> list[Slot]:
        """Return a slot for each of so many workers, or for as many as there is room for beside other runs.

        Raises:
            UserError: there is room for none.
        """
        resources, machine, book = study.spec.resources, Machine.survey(), ReservationBook()
        if not resources.limits_workers:
            seats = place_workers(resources, workers, machine, Reservation())
        else:
            with book.turn() as held:
                seats = place_workers(resources, workers, machine, held)
                book.hold(reserve(seats), owner=self)
        slots = _make_slots(seats, study.spec.engine)
        unfit = self._early.keys() - {slot.number for slot in slots if self._fits(slot)}
        self._end_early(list(unfit))
        return slots

    def start(self, study: ActiveStudy, slot: Slot, on_event: Callable[[Event], None]) -> LocalWorker:
        """Start a worker."""
        early = self._early.pop(slot.number) if self._fits(slot) else take_early()
        if early is not None and early.environment is None:
            early.begin(slot.environment)
        return LocalWorker(study, slot, on_event, early)

    def _fits(self, slot: Slot) -> bool:
        """Whether there is a process that was started early as one of that slot is to be."""
        return slot.number in self._early and self._early[slot.number].environment == slot.environment


def _make_slots(seats: list[Seat], engine: Engine) -> list[Slot]:
    workers_on = Counter(seat.gpu.uuid for seat in seats if seat.gpu is not None)
    return [_slot(number, seat, engine, workers_on) for number, seat in enumerate(seats, start=1)]


def _slot(number: int, seat: Seat, engine: Engine, workers_on: Mapping[str, int]) -> Slot:
    environment = engine_environment(seat.threads, engine, seat.cores if seat.is_pinned else None)
    memory = seat.memory
    if seat.hides_gpus:
        environment |= hide_gpus(engine)
    if seat.gpu is not None:
        environment |= {VISIBLE: seat.gpu.uuid, GPU_SHARE: repr(1 / workers_on[seat.gpu.uuid])}
        if seat.share is not None:
            memory = share_memory(seat.gpu.memory, seat.share)
            environment |= limit_variables(memory, seat.gpu.memory, engine)
    if seat.memory is not None:
        environment[HOST_MEMORY] = str(seat.memory)
    return Slot(number, environment, memory, f"worker {number}")


class LocalWorker:
    """A `WorkerHandle` of a process, whose output goes into the worker's log."""

    def __init__(
        self, study: ActiveStudy, slot: Slot, on_event: Callable[[Event], None], early: EarlyProcess | None = None
    ) -> None:
        self._number = slot.number
        self._on_event = on_event
        self._log = nearby(study.files.log_file(slot.number))
        self._is_stopped = False
        self._reason: str | None = None
        path = study.files.log_file(slot.number)
        with study.files.open_log(path) as log:
            if early is not None:
                self._process = early.take(log, path, self._receive)
            else:
                self._process = EngineProcess(WORKER, environment=slot.environment, log=log, on_message=self._receive)
        # Not on the command line, which everybody on the machine can read: the URL of the storage may hold a password.
        self._process.send({"address": astuple(study.address), "number": slot.number, "overrides": study.overrides})
        self.name = f"{os.uname().nodename}:{self._process.pid}"

    def send(self, command: Command) -> None:
        """Send a command; one to a dead worker is lost, and `WorkerDied` says so."""
        self._process.send(to_json(command))

    def stop(self) -> None:
        """Ask the worker to give its trial back and end; returns at once."""
        self._is_stopped = True
        self._process.close()

    def kill(self, reason: str | None = None) -> None:
        """End the worker at once, and what it has started; with a reason, its log says first where it was."""
        self._is_stopped, self._reason = reason is None, reason
        self._process.kill(dumps=reason is not None)

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the worker to end, if it was asked to, no longer than until it has nothing left to do."""
        return self._process.wait_until_done(timeout) if self._is_stopped else self._process.join(timeout)

    def _receive(self, message: Message | Ending) -> None:
        match message:
            case Ending(last_words=words, log=log):
                if not self._is_stopped:
                    why = f"see its log, {self._log}" if words is None else f"{words} (log: {self._log})"
                    reason = self._reason or f"its process {message.event}: {why}"
                    self._on_event(WorkerDied(self._number, reason, log))
            case {"error": str(error), "message": str(text)}:
                self._on_event(WorkerFailed(self._number, error, text))
            case {"type": _}:
                with suppress(ValueError):  # what a library printed
                    self._on_event(from_json(message))
