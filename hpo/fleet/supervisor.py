"""The supervisor: starts workers in their slots, follows their events, and ends them in order."""

from __future__ import annotations

import queue
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from hpo.errors import WorkerError
from hpo.fleet.messages import (
    ClaimTrials,
    Event,
    NothingClaimed,
    Notice,
    ScoreTrial,
    Stopping,
    TestScored,
    TrialEnded,
    TrialStarted,
    WorkerDied,
    WorkerFailed,
    WorkerReady,
)
from hpo.fleet.slots import Launcher, Slot, WorkerHandle
from hpo.processes.parent import error_named
from hpo.processes.signals import Interrupts
from hpo.studies import ActiveStudy, Session, code_names

Listener = Callable[[Event], None]

MAX_FAILURES_IN_A_ROW = 5
"""So many trials that fail for a reason outside their config mean that the next one will too."""
MAX_INFEASIBLE_IN_A_ROW = 200
"""So many configs that constraints rule out mean that the space has hardly any others."""
_TICK = 0.2
_SAVE_EVERY = 5.0
_PAUSE_PATIENCE = 60.0
_REPORT_EVERY = 10.0

Activity = Literal["loading", "claiming", "training", "waiting", "scoring"]


@dataclass(slots=True)
class WorkerState:
    """A worker, and what it does by its last event.

    Attributes:
        slot: where it runs.
        handle: sends it commands.
        activity: a worker that is `waiting` does so until it is sent a command.
        number: the trial that it trains, or whose model it scores.
    """

    slot: Slot
    handle: WorkerHandle
    activity: Activity = "loading"
    number: int | None = None


class Supervisor:
    """Runs a study's trials in workers until its budget is used up; the study's folder has to be locked."""

    def __init__(
        self, study: ActiveStudy, session: Session, workers: int | None, listener: Listener, launcher: Launcher
    ) -> None:
        """Prepare to run.

        Args:
            study: what to work on.
            session: counts the time.
            workers: how many trials may run at once; None for as many as there are slots.
            listener: called with every event, in the calling thread.
            launcher: starts the workers.
        """
        self._study = study
        self._session = session
        self._limit = workers
        self._listener = listener
        self._launcher = launcher
        self._events: queue.Queue[Event] = queue.Queue()
        self._workers: dict[int, WorkerState] = {}
        self._notices: set[str] = set()
        self._fatal_models: Counter[int] = Counter()
        self._any_was_ready = False
        self._is_done = False
        self._failures = 0
        self._infeasible = 0
        self._interrupts = Interrupts()
        self._saved = time.monotonic()
        self._place = study.place.identity()

    def run(self) -> None:
        """Work until the budget is used up and every model that no other beats is scored.

        Raises:
            KeyboardInterrupt: a signal asked to stop; running trials were given back.
            HpoError: no trial can run, or too many in a row failed; running trials were given back.
        """
        with self._interrupts:
            try:
                remaining = self._study.budget.remaining or (1 if self._study.unscored() else 0)
                wanted = remaining if self._limit is None else min(self._limit, remaining)
                slots = self._launcher.slots(self._study, wanted)
                if self._limit is not None and len(slots) < wanted:
                    self._listener(Notice(0, _describe_room(self._limit, len(slots)), ""))
                for slot in slots:
                    self._start(slot)
                if not self._workers:
                    raise WorkerError(f"the launcher has a slot for {wanted} workers, or for fewer. Received none.")
                while not (self._is_done or self._interrupts.count):
                    self._step()
            finally:
                self._end_workers()
        if self._interrupts.count:
            raise KeyboardInterrupt

    def _start(self, slot: Slot) -> None:
        self._study.place.confirm_place(self._place)
        handle = self._launcher.start(self._study, slot, self._events.put)
        self._workers[slot.number] = WorkerState(slot, handle)

    def _step(self) -> None:
        """Handle one event, if there is one, and see what is left to do where every worker waits."""
        with suppress(queue.Empty):
            self._handle(self._events.get(timeout=_TICK))
        if time.monotonic() - self._saved > _SAVE_EVERY:
            self._study.place.confirm_place(self._place)
            self._session.save()
            self._saved = time.monotonic()
        if all(worker.activity == "waiting" for worker in self._workers.values()):
            self._finish()

    def _handle(self, event: Event) -> None:
        match event:
            case Notice(text=text):
                if text in self._notices:  # every worker reads the same data
                    return
                self._notices.add(text)
            case WorkerReady(worker, _, device):
                self._session.set_device(device)
                self._any_was_ready = True
                self._workers[worker].activity = "claiming"
            case TrialStarted(worker, number):
                self._set(worker, "training", number)
            case TrialEnded(worker):
                self._set(worker, "waiting" if event.is_suspect else "claiming")
            case NothingClaimed(worker):
                self._set(worker, "waiting")
                return
            case TestScored(worker):
                self._set(worker, "waiting")
            case WorkerFailed(_, error, message):
                raise error_named(error)(message)
            case WorkerDied():
                self._replace(event)
                return
        self._listener(event)
        if isinstance(event, TrialEnded):
            self._count_failure(event.failed_outside_config, event.cause or event.remark)
            self._count_infeasible(event)
            self._wake()

    def _set(self, worker: int, activity: Activity, number: int | None = None) -> None:
        self._workers[worker].activity, self._workers[worker].number = activity, number

    def _wake(self) -> None:
        """Have the workers that wait claim again: a trial that has ended may cost nothing of the budget."""
        for worker in self._workers.values():
            if worker.activity == "waiting":
                worker.activity = "claiming"
                worker.handle.send(ClaimTrials())

    def _finish(self) -> None:
        """Give back a trial that a worker took and died before it put its name to it, score a model, or be done."""
        if self._study.reclaim():
            self._wake()
        elif unscored := self._study.unscored():
            first = min(self._workers)
            self._set(first, "scoring", unscored[0])
            self._workers[first].handle.send(ScoreTrial(unscored[0]))
        else:
            self._is_done = True

    def _replace(self, died: WorkerDied) -> None:
        """Give back or fail the trials of a dead worker, and start another in its place."""
        worker = self._workers.pop(died.worker)
        worker.handle.stop()  # closes what led to it
        reason = f"{died.reason}{self._name_suspects(died)}"
        cause = f"worker_died: {reason}"
        attempts = self._study.end_attempts_of(worker.handle.name, reason)
        self._listener(died)
        for ended in attempts:
            self._listener(TrialEnded(died.worker, ended.number, ended.state, None, ended.cause, 0.0))
        if not self._any_was_ready:
            raise WorkerError(f"{worker.slot.label} ended before it could run a trial: {reason}")
        if worker.activity == "scoring" and worker.number is not None:
            self._record_fatal_model(worker.number, died)
        self._count_failure(True, cause)
        self._start(worker.slot)
        self._wake()

    def _name_suspects(self, died: WorkerDied) -> str:
        """Name the code that may have ended a process which exited by itself, as nothing of ours does."""
        names = code_names(self._study.spec)
        if " exited with status " not in died.reason or not names:
            return ""
        return f". Code that the study names may have ended it: {', '.join(names)}"

    def _record_fatal_model(self, number: int, died: WorkerDied) -> None:
        """Evaluate a model no more that two workers have died of: the study is finished without its score."""
        self._fatal_models[number] += 1
        if self._fatal_models[number] > 1:
            error = f"the worker that evaluates it dies: {died.reason}"
            self._study.record_test_score(number, None, None, error=error)
            self._listener(TestScored(died.worker, number, None, None, error))

    def _count_failure(self, failed_outside_config: bool, cause: str | None) -> None:
        self._failures = self._failures + 1 if failed_outside_config else 0
        if self._failures >= MAX_FAILURES_IN_A_ROW:
            raise WorkerError(
                f"{self._failures} trials or workers in a row failed, and not because of a config. The study is "
                f"paused; `hpo resume {self._study.address.argument}` continues it once the cause is fixed. The last "
                f"one: {cause}"
            )

    def _count_infeasible(self, ended: TrialEnded) -> None:
        self._infeasible = self._infeasible + 1 if ended.state == "infeasible" else 0
        if self._infeasible >= MAX_INFEASIBLE_IN_A_ROW:
            raise WorkerError(
                f"constraints: some configs of the space meet them. Received {self._infeasible} in a row that do not. "
                f"The last one is {ended.cause}. `hpo check` tells which part of the space meets them; loosen them, or "
                "change the space."
            )

    def _end_workers(self) -> None:
        """Have every worker give its trial back and end; a second signal ends them at once."""
        began, interrupts = time.monotonic(), self._interrupts.count
        if interrupts:
            self._listener(Stopping(self._count_running()))
        for worker in self._workers.values():
            if worker.activity == "loading":
                worker.handle.kill()  # it has no trial to give back
            else:
                worker.handle.stop()
        reported, is_killed = began, False
        while any(not worker.handle.join(_TICK) for worker in self._workers.values()):
            now = time.monotonic()
            if not is_killed and (self._interrupts.count > interrupts or now - began > _PAUSE_PATIENCE):
                is_killed = True
                for worker in self._workers.values():
                    worker.handle.kill()
            elif not is_killed and now - reported > _REPORT_EVERY:
                reported = now
                self._listener(Stopping(self._count_running(), round(now - began), _PAUSE_PATIENCE))
        self._study.reclaim()
        while not self._events.empty():
            event = self._events.get()
            if isinstance(event, TrialEnded | TrialStarted):
                self._listener(event)

    def _count_running(self) -> int:
        return sum(worker.activity == "training" for worker in self._workers.values())


def _describe_room(workers: int, slots: int) -> str:
    """Say that fewer trials run at once than were asked for."""
    return f"{workers} trials were to run at once. There is room for {slots} (the study's resources, and other runs)."
