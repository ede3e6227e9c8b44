"""The supervisor: starts workers in their slots, follows their events, and ends them in order."""

from __future__ import annotations

import queue
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from hpo.errors import StorageError, WorkerError
from hpo.fleet.messages import (
    ClaimTrials,
    Event,
    Heartbeat,
    NothingClaimed,
    Notice,
    ScoreTrial,
    Stopping,
    TestScored,
    TrialEnded,
    TrialStarted,
    WorkerDied,
    WorkerFailed,
    WorkerGrown,
    WorkerReady,
)
from hpo.fleet.other_runs import OtherRuns
from hpo.fleet.slots import Launcher, Slot
from hpo.fleet.worker_state import Activity, WorkerState
from hpo.processes.cgroups import count_oom_kills
from hpo.processes.parent import error_named
from hpo.processes.signals import Interrupts
from hpo.studies import ActiveStudy, Session, code_names
from hpo.training.failures import cause_of_death

Listener = Callable[[Event], None]

MAX_FAILURES_IN_A_ROW = 5
"""So many trials that fail for a reason outside their config mean that the next one will too."""
MAX_INFEASIBLE_IN_A_ROW = 200
"""So many configs that constraints rule out mean that the space has hardly any others."""
_TICK = 0.2
_LOOK_EVERY = 2.0
"""Seconds between looks at the study: whether it lies where it lay, is to pause, and what others do in it."""
_SAVE_EVERY = 5.0
_STALL = 5.0
"""Seconds without a look at events, after which this process itself must have been stopped."""
_PAUSE_PATIENCE = 60.0
_END_PATIENCE = 10.0
_REPORT_EVERY = 10.0


class Supervisor:
    """Runs a study's trials in workers until its budget is used up; the study's folder has to be locked."""

    def __init__(
        self,
        study: ActiveStudy,
        session: Session,
        workers: int | None,
        listener: Listener,
        launcher: Launcher,
        *,
        last_pause: str | None = None,
    ) -> None:
        """Prepare to run.

        Args:
            study: what to work on.
            session: counts the time.
            workers: how many trials may run at once; None for as many as there are slots.
            listener: called with every event, in the calling thread.
            launcher: starts the workers.
            last_pause: which call of `hpo pause` was the last before the study was held; later ones are for this run.
        """
        self._study = study
        self._session = session
        self._limit = workers
        self._listener = listener
        self._launcher = launcher
        self._events: queue.Queue[tuple[int, Event]] = queue.Queue()
        """Each with the start of the worker that it is from."""
        self._starts = 0
        self._workers: dict[int, WorkerState] = {}
        self._notices: set[str] = set()
        self._fatal_models: Counter[int] = Counter()
        self._any_was_ready = False
        self._is_done = False
        self._failures = 0
        self._infeasible = 0
        self._interrupts = Interrupts()
        study.storage.patience.is_stopped = lambda: self._interrupts.count > 0
        self._stepped = self._looked = self._saved = time.monotonic()
        self._place = study.place.identity()
        self._last_pause = last_pause
        self._is_paused = False
        self._running_elsewhere = 0
        self._others = OtherRuns(study, session)
        self._oom_kills = count_oom_kills()
        self._finish_at = 0.0
        self._has_asked_again = False

    def run(self) -> None:
        """Work until the budget is used up and every model that no other beats is scored.

        Raises:
            KeyboardInterrupt: a signal, or `hpo pause`, asked to stop; running trials were given back.
            HpoError: no trial can run, or too many in a row failed; running trials were given back.
        """
        with self._interrupts:
            try:
                # A trial that runs elsewhere may come back.
                trials = self._study.may_begin + self._study.count_running()
                possible = trials or (1 if self._study.unscored() else 0)
                wanted = possible if self._limit is None else min(self._limit, possible)
                slots = self._launcher.slots(self._study, wanted)
                if self._limit is not None and len(slots) < wanted:
                    self._tell(Notice(0, _describe_room(self._limit, len(slots)), ""))
                for slot in slots:
                    self._start(slot)
                if not self._workers:
                    raise WorkerError(f"the launcher has a slot for {wanted} workers, or for fewer. Received none.")
                while not (self._is_done or self._is_paused or self._interrupts.count):
                    self._step()
            finally:
                self._end_workers()
        if self._interrupts.count:
            raise KeyboardInterrupt
        if self._is_paused:
            raise KeyboardInterrupt((self._study.ledger.pause or "").partition(" ")[2] or "`hpo pause` asked for it")

    def _start(self, slot: Slot) -> None:
        self._study.place.confirm_place(self._place)
        start = self._starts = self._starts + 1
        handle = self._launcher.start(self._study, slot, lambda event: self._events.put((start, event)))
        self._workers[slot.number] = WorkerState(slot, handle, start)

    def _step(self) -> None:
        """Handle one event, if there is one, and see what is left to do where every worker waits."""
        with suppress(queue.Empty):
            start, event = self._events.get(timeout=_TICK)
            worker = None if isinstance(event, Stopping) else self._workers.get(event.worker)
            if worker is not None and worker.start == start:  # not of one that another has replaced
                worker.hear(event)
                self._handle(event)
        now = time.monotonic()
        stalled, self._stepped = now - self._stepped, now
        for worker in self._workers.values() if stalled > _STALL else ():
            worker.skip(stalled)
        if self._events.empty():  # so all that workers have sent is known
            self._kill_faulty_workers()
        if now - self._looked > _LOOK_EVERY:
            self._look(now)
        if now > self._finish_at and all(map(self._is_idle, self._workers.values())):
            self._finish_at = now + _LOOK_EVERY
            self._finish()

    def _look(self, now: float) -> None:
        """See whether the study lies where it lay, and is to pause; keep the time worked."""
        self._looked = now
        self._study.place.confirm_place(self._place)
        ledger = self._study.ledger
        self._is_paused = ledger.pause != self._last_pause
        if now - self._saved > _SAVE_EVERY:
            self._saved = now
            if self._others.have_worked(ledger):
                self._tell_of_others()
            self._session.save()

    def _tell(self, event: Event) -> None:
        self._others.hear(event)
        self._listener(event)

    def _tell_of_others(self) -> None:
        news = self._others.find_news({worker.handle.name for worker in self._workers.values()})
        if news is not None:
            self._tell(news)

    def _kill_faulty_workers(self) -> None:
        for worker in self._workers.values():
            cause = worker.find_fault(self._study.spec.recovery)
            if cause is not None:
                worker.cause = cause
                worker.begin("ending")
                worker.handle.kill(cause.message)

    def _is_idle(self, worker: WorkerState) -> bool:
        """Whether a worker waits, or has not been heard of for so long that a trial of it runs elsewhere by now."""
        now = time.monotonic()
        if worker.activity == "ending":  # its death is to be told first, with the cause
            return now - worker.began > _END_PATIENCE
        is_lost = worker.activity == "training" and now - worker.heard > self._study.spec.recovery.lease
        return worker.activity == "waiting" or is_lost

    def _handle(self, event: Event) -> None:
        match event:
            case Heartbeat():
                return
            case Notice(text=text):
                if text in self._notices:  # every worker reads the same data
                    return
                self._notices.add(text)
            case WorkerReady(worker, _, device):
                self._session.set_device(device)
                self._any_was_ready = True
                self._set(worker, "claiming")
            case TrialStarted(worker, number):
                self._has_asked_again = False
                self._set(worker, "training", number)
            case TrialEnded(worker):
                self._set(worker, "waiting" if event.is_suspect else "claiming")
            case NothingClaimed(worker):
                self._set(worker, "waiting")
                return
            case TestScored(worker):
                self._set(worker, "waiting")
            case WorkerGrown(worker):
                self._tell(event)
                self._exchange(self._workers[worker])
                return
            case WorkerFailed(_, error, message):
                raise error_named(error)(message)
            case WorkerDied():
                self._replace(event)
                return
        self._tell(event)
        if isinstance(event, TrialEnded):
            self._count_failure(event.failed_outside_config, event.cause or event.remark)
            self._count_infeasible(event)
            self._wake()

    def _set(self, worker: int, activity: Activity, number: int | None = None) -> None:
        if self._workers[worker].activity != "ending":
            self._workers[worker].begin(activity, number)
            self._finish_at = 0.0

    def _wake(self) -> None:
        """Have the workers that wait claim again: a trial that has ended may cost nothing of the budget."""
        for number, worker in self._workers.items():
            if worker.activity == "waiting":
                self._set(number, "claiming")
                worker.handle.send(ClaimTrials())

    def _finish(self) -> None:
        """Take over from workers that are lost, wait for those of other machines, score a model, or be done."""
        lost = self._study.reclaim()
        for attempt in lost:
            self._tell(TrialEnded(0, attempt.number, attempt.state, None, attempt.cause, 0.0))
        self._tell_of_others()
        before, self._running_elsewhere = self._running_elsewhere, self._study.count_running()
        waiting = [number for number, worker in self._workers.items() if worker.activity == "waiting"]
        self._study.conclude_confirmation()
        if lost or self._running_elsewhere < before:
            self._wake()
        elif self._running_elsewhere:
            return
        elif waiting and not self._has_asked_again and self._study.may_begin:
            self._has_asked_again = True  # another machine may have given a trial back since workers asked
            self._wake()
        elif not (unscored := self._study.unscored()):
            self._is_done = True
        elif waiting:
            number, names = unscored[0], {self._workers[worker].handle.name: worker for worker in waiting}
            scorer = names.get(self._study.trial(number).worker or "", min(waiting))  # who trained it is faster
            self._set(scorer, "scoring", number)
            self._workers[scorer].handle.send(ScoreTrial(number))

    def _exchange(self, worker: WorkerState) -> None:
        """Put another worker in the place of one that has no trial."""
        worker.handle.stop()
        if not worker.handle.join(_END_PATIENCE):
            worker.handle.kill()
            worker.handle.join(_END_PATIENCE)
        self._start(worker.slot)

    def _replace(self, died: WorkerDied) -> None:
        """Give back or fail the trial of a dead worker, and start another in its place."""
        worker = self._workers.pop(died.worker)
        worker.handle.stop()  # closes what led to it
        reason = f"{died.reason}{self._name_suspects(died)}"
        oom_kills, self._oom_kills = self._oom_kills, count_oom_kills()
        cause = str(worker.cause or cause_of_death(reason, self._oom_kills - oom_kills))
        attempts = self._study.end_attempts_of(worker.handle.name, cause, died.log)
        self._tell(died)
        ends = [TrialEnded(died.worker, ended.number, ended.state, None, ended.cause, 0.0) for ended in attempts]
        for end in ends:
            self._tell(end)
        # One that exits by itself before it can work will do so again; one that the system has killed may not.
        if not self._any_was_ready and "SIGKILL" not in reason:
            raise WorkerError(f"{worker.slot.label} ended before it could run a trial: {reason}")
        if worker.activity == "scoring" and worker.number is not None:
            self._record_fatal_model(worker.number, died)
        # Of a trial that is tried again, nothing is known yet: it may be its config that workers die of.
        for end in ends:
            if end.state == "failed":
                self._count_failure(end.failed_outside_config, cause)
        if not ends:
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
            self._tell(TestScored(died.worker, number, None, None, error))

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
            rule, remedy = (
                "constraints: some configs of the space meet them",
                ("`hpo check` tells which part of the space meets them; loosen them, or change the space."),
            )
            if (ended.cause or "").startswith("out_of_memory:"):
                rule, remedy = (
                    "some configs of a space fit into the memory",
                    "Let workers have more of it, or use on_oom.",
                )
            raise WorkerError(
                f"{rule}. Received {self._infeasible} in a row that do not. The last one is {ended.cause}. {remedy}"
            )

    def _end_workers(self) -> None:
        """Have every worker give its trial back and end; a second signal ends them at once."""
        began, signals = time.monotonic(), min(self._interrupts.count, 1)
        for worker in self._workers.values():
            has_nothing = worker.activity == "training" and not worker.has_trained  # but what a checkpoint has
            if worker.activity == "loading" or has_nothing:
                worker.handle.kill()
            else:
                worker.handle.stop()
        reported, killed = began, None
        if (signals or self._is_paused) and self._interrupts.count == signals:
            self._tell_last(Stopping(self._count_running(), patience_s=_PAUSE_PATIENCE))
        while any(not worker.handle.join(_TICK) for worker in self._workers.values()):
            now = time.monotonic()
            if killed is not None:
                if now - killed > _END_PATIENCE:  # the system does not get it out of a call
                    break
            elif self._interrupts.count > signals or now - began > _PAUSE_PATIENCE:
                killed = now
                self._tell_last(Stopping(self._count_running(), round(now - began), _PAUSE_PATIENCE, is_forced=True))
                for worker in self._workers.values():
                    worker.handle.kill()
            elif now - reported > _REPORT_EVERY:
                reported = now
                self._tell_last(Stopping(self._count_running(), round(now - began), _PAUSE_PATIENCE))
        while not self._events.empty():
            _, event = self._events.get()
            if isinstance(event, TrialEnded | TrialStarted):
                self._tell_last(event)
        self._give_back()

    def _give_back(self) -> None:
        """Have the trials wait of workers that were killed, which is no fault of those trials."""
        with suppress(StorageError):  # whoever goes on finds that their workers are gone
            for worker in self._workers.values():
                for ended in self._study.end_attempts_of(worker.handle.name, "paused", counts=False):
                    self._tell_last(TrialEnded(worker.slot.number, ended.number, ended.state, None, None, 0.0))

    def _tell_last(self, event: Event) -> None:
        """Tell an event while workers end, which matters more than an error of the listener."""
        with suppress(Exception):
            self._tell(event)

    def _count_running(self) -> int:
        """Count the trials that have something to give back."""
        return sum(worker.activity == "training" and worker.has_trained for worker in self._workers.values())


def _describe_room(workers: int, slots: int) -> str:
    """Say that fewer trials run at once than were asked for."""
    return f"{workers} trials were to run at once. There is room for {slots} (the study's resources, and other runs)."
