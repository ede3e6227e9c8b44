"""Who runs where: starts workers, hands out the trials of the budget, watches, and ends in order."""

from __future__ import annotations

import queue
import time
from collections import Counter
from collections.abc import Callable

from hpo.errors import WorkerError
from hpo.fleet.launchers.local import LocalWorker
from hpo.fleet.messages import (
    Event,
    NoneUntried,
    Notice,
    RunTrial,
    ScoreTrial,
    Stopping,
    TestScored,
    TrialEnded,
    TrialStarted,
    WorkerDied,
    WorkerFailed,
    WorkerReady,
)
from hpo.processes.environment import core_count
from hpo.processes.parent import Interrupts, error_named
from hpo.studies import ActiveStudy, Session, TrialState, code_names

Listener = Callable[[Event], None]

MAX_FAILURES_IN_A_ROW = 5
"""So many trials that fail for a reason outside their config mean that the next one will too."""
MAX_INFEASIBLE_IN_A_ROW = 200
"""So many configs that constraints rule out mean that the space has hardly any others."""
_OUTSIDE_CONFIG = ("error:", "worker_died:")
_TICK = 0.2
_SAVE_EVERY = 5.0
_PAUSE_PATIENCE = 60.0
_TELL_EVERY = 10.0


class Supervisor:
    """Runs a study's trials in workers until its budget is used up; the study's folder has to be locked."""

    def __init__(self, study: ActiveStudy, session: Session, workers: int, listener: Listener) -> None:
        """Prepare to run.

        Args:
            study: what to work on.
            session: counts the time.
            workers: how many trials may run at once.
            listener: is told of every event, in the calling thread.
        """
        self._study = study
        self._session = session
        self._limit = workers
        self._listener = listener
        self._events: queue.Queue[Event] = queue.Queue()
        self._workers: dict[int, LocalWorker] = {}
        self._idle: set[int] = set()
        self._asked: set[int] = set()  # told to run a trial, not heard of since: not yet in the storage's count
        self._ready: set[int] = set()
        self._any_was_ready = False
        self._running: set[int] = set()
        self._told: set[str] = set()
        self._threads = 1
        self._scored: tuple[int, int] | None = None  # who scores the model of which trial
        self._fatal_models: Counter[int] = Counter()
        self._done = False
        self._failures = 0
        self._infeasible = 0
        self._interrupts = Interrupts()
        self._saved = time.monotonic()
        self._place = study.folder.identity()

    def run(self) -> None:
        """Work until the budget is used up and every model that no other beats is scored.

        Raises:
            KeyboardInterrupt: a signal asked to stop; running trials were given back.
            HpoError: no trial can run, or too many in a row failed; running trials were given back.
        """
        with self._interrupts:
            try:
                self._start_workers()
                while not (self._done or self._interrupts.count):
                    self._turn()
            finally:
                self._end_workers()
        if self._interrupts.count:
            raise KeyboardInterrupt

    def _start_workers(self) -> None:
        wanted = min(self._limit, self._study.budget.remaining) or (1 if self._study.unscored() else 0)
        self._threads = max(1, core_count() // max(1, wanted))
        for number in range(1, wanted + 1):
            self._start(number)

    def _start(self, number: int) -> None:
        self._study.folder.confirm_place(self._place)
        self._workers[number] = LocalWorker(
            self._study.folder, self._study.spec.engine, number, self._threads, self._events
        )

    def _turn(self) -> None:
        """Take one event, if there is one, and give idle workers something to do."""
        try:
            event = self._events.get(timeout=_TICK)
        except queue.Empty:
            event = None
        if event is not None:
            self._take(event)
        if time.monotonic() - self._saved > _SAVE_EVERY:
            self._study.folder.confirm_place(self._place)
            self._session.save()
            self._saved = time.monotonic()
        self._hand_out()

    def _take(self, event: Event) -> None:
        match event:
            case Notice(_, text):
                if text in self._told:  # every worker reads the same data
                    return
                self._told.add(text)
            case WorkerReady(worker, _, device):
                self._session.set_device(device)
                self._any_was_ready = True
                self._ready.add(worker)
                self._idle.add(worker)
            case TrialStarted(worker):
                self._asked.discard(worker)
                self._running.add(worker)
            case TrialEnded(worker):
                self._asked.discard(worker)
                self._running.discard(worker)
                self._idle.add(worker)
            case NoneUntried(worker):
                self._study.record_exhausted()
                self._asked.discard(worker)
                self._idle.add(worker)
                return
            case TestScored(worker):
                self._scored = None
                self._idle.add(worker)
            case WorkerFailed(_, error, message):
                raise error_named(error)(message)
            case WorkerDied():
                self._bury(event)
                return
        self._listener(event)
        if isinstance(event, TrialEnded):
            self._count_failures(event.cause or event.remark)
            self._count_infeasible(event)

    def _hand_out(self) -> None:
        if not self._idle:
            return
        remaining = self._study.budget.remaining - len(self._asked)
        for worker in sorted(self._idle):
            if remaining > 0:
                self._asked.add(worker)
                self._workers[worker].send(RunTrial())
                remaining -= 1
            elif self._running or self._asked or self._scored is not None:
                return  # it may be needed yet: another trial may fail to count, or the best model be scored
            elif self._study.reclaim():
                return  # a worker died between taking that trial and putting its name to it
            elif unscored := self._study.unscored():
                self._scored = (worker, unscored[0])
                self._workers[worker].send(ScoreTrial(unscored[0]))
            else:
                self._done = True
                return
            self._idle.discard(worker)

    def _bury(self, died: WorkerDied) -> None:
        """Record what a dead worker leaves, and put another in its place."""
        worker = self._workers.pop(died.worker)
        worker.stop()  # closes what led to it
        cause = f"worker_died: {died.reason}{self._suspicion(died)}"
        retried = self._study.retry_trials_of(worker.name)
        failed = self._study.fail_trials_of(worker.name, cause)
        self._listener(died)
        for number in (*retried, *failed):
            state: TrialState = "waiting" if number in retried else "failed"
            self._listener(TrialEnded(died.worker, number, state, None, cause, 0.0))
        if not self._any_was_ready:
            reason = f"{died.reason}{self._suspicion(died)}"
            raise WorkerError(f"worker {died.worker} ended before it could run a trial: {reason}")
        for group in (self._ready, self._idle, self._asked, self._running):
            group.discard(died.worker)
        if self._scored is not None and self._scored[0] == died.worker:
            self._record_fatal_model(self._scored[1], died)
            self._scored = None
        self._count_failures(cause)
        self._start(died.worker)

    def _suspicion(self, died: WorkerDied) -> str:
        """Who may have ended a process that exited by itself, which nothing of ours does."""
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

    def _count_failures(self, cause: str | None) -> None:
        outside = cause is not None and cause.startswith(_OUTSIDE_CONFIG)
        self._failures = self._failures + 1 if outside else 0
        if self._failures >= MAX_FAILURES_IN_A_ROW:
            raise WorkerError(
                f"{self._failures} trials or workers in a row failed, and not because of a config. The study is "
                f"paused; `hpo resume {self._study.folder.argument}` continues it once the cause is mended. The last "
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
            self._listener(Stopping(len(self._running)))
        for number, worker in self._workers.items():
            if number in self._ready:
                worker.stop()
            else:
                worker.kill()  # it is loading, and has no trial to give back
        told, is_killed = began, False
        while any(not worker.join(_TICK) for worker in self._workers.values()):
            now = time.monotonic()
            if not is_killed and (self._interrupts.count > interrupts or now - began > _PAUSE_PATIENCE):
                is_killed = True
                for worker in self._workers.values():
                    worker.kill()
            elif not is_killed and now - told > _TELL_EVERY:
                told = now
                self._listener(Stopping(len(self._running), round(now - began), _PAUSE_PATIENCE))
        self._study.reclaim()
        while not self._events.empty():
            event = self._events.get()
            if isinstance(event, TrialEnded | TrialStarted):
                self._listener(event)
