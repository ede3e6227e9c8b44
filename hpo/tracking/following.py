"""The side of a run on which a process follows it: passes on which trials have changed, and never waits for it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple

from hpo.errors import HpoError
from hpo.fleet import EpochDone, Event, Listener, Notice, TrialEnded, TrialStarted
from hpo.processes.environment import engine_environment
from hpo.processes.parent import Ending, EngineProcess, Message
from hpo.studies import ActiveStudy
from hpo.studies.address import nearby
from hpo.tracking.alerts import begin_alerts
from hpo.tracking.record import TrackingRecord

END_PATIENCE_S = 60.0
"""Seconds for which the end of a run waits until all is sent."""
_SILENCE_S = 2.0
_TICK_S = 0.2


@contextmanager
def follow_run(study: ActiveStudy, listener: Listener, *, leads: bool) -> Iterator[Listener]:
    """Give a listener that passes events on, and has trackers follow the run and people told of it, as the file says.

    Args:
        study: what is run.
        listener: who hears of the run already; it is called in the thread that calls the new one.
        leads: whether this run leads the study, and looks after what others have left unsent.
    """
    if leads:
        begin_alerts(study)
    if not study.spec.trackers and not study.spec.alerts.is_on:
        yield listener
        return
    following = _Following(study, listener, leads=leads)
    error: str | None = None
    try:
        yield following.hear
    except Exception as failure:
        error = str(failure) if isinstance(failure, HpoError) else type(failure).__name__
        raise
    finally:
        following.end(error)


def send_rest(study: ActiveStudy, listen: Callable[[ActiveStudy], Listener] | None) -> None:
    """Have trackers and people told what runs that are over have left unsent, of a study that trains nothing more.

    Args:
        study: the study.
        listen: makes the listener, where there is something to send.
    """
    trackers = study.spec.trackers
    if study.spec.alerts.is_on or any(TrackingRecord(study, trackers).find_unsent(name) for name in trackers):
        with follow_run(study, listen(study) if listen else lambda event: None, leads=True):
            pass


class _Following:
    """A process that follows a run."""

    def __init__(self, study: ActiveStudy, listener: Listener, *, leads: bool) -> None:
        self._listener = listener
        self._notices: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._numbers: dict[int, None] = {}
        self._is_over = False
        self._error: str | None = None
        self._log = nearby(study.files.tracking_log)
        with study.files.open_log(study.files.tracking_log) as log:
            self._process = EngineProcess(
                "hpo.tracking.process", environment=engine_environment(1), log=log, on_message=self._receive
            )
        # Not on the command line, which everybody on the machine can read: the URL of the storage may hold a password.
        start = {"address": astuple(study.address), "overrides": study.overrides, "leads": leads}
        threading.Thread(target=self._write, args=(start,), daemon=True).start()

    def hear(self, event: Event) -> None:
        """Pass an event on; returns at once, whatever the process does."""
        self._listener(event)
        if isinstance(event, TrialStarted | EpochDone | TrialEnded):
            with self._changed:
                self._numbers[event.number] = None
                self._changed.notify()
        self._pass_notices_on()

    def end(self, error: str | None) -> None:
        """Wait until all is sent, for a while; an interrupt ends the waiting.

        Args:
            error: that has ended the run; None where none has.
        """
        with self._changed:
            self._is_over, self._error = True, error
            self._changed.notify()
        began, has_told = time.monotonic(), False
        try:
            while not self._process.join(_TICK_S):
                self._pass_notices_on()
                waited = time.monotonic() - began
                if waited > END_PATIENCE_S:
                    self._tell(
                        f"tracking: not all was sent within {END_PATIENCE_S:g} s. The next `hpo resume` sends the rest."
                    )
                    break
                if waited > _SILENCE_S and not has_told:
                    has_told = True
                    self._tell(f"Sending the rest to trackers, for at most {END_PATIENCE_S:g} s (Ctrl-C: later).")
        finally:
            self._process.kill()
            self._process.join()
            self._pass_notices_on()

    def _write(self, start: Message) -> None:
        """Write to the process, in a thread of its own: it may be slow to read."""
        self._process.send(start)
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._numbers or self._is_over)
                numbers, self._numbers, is_over = list(self._numbers), {}, self._is_over
            if numbers:
                self._process.send({"trials": numbers})
            if is_over:
                self._process.send({"end": True, "error": self._error})
                return

    def _receive(self, message: Message | Ending) -> None:
        match message:
            case {"notice": str(text)}:
                self._notices.put(text)
            case {"error": _, "message": str(text)}:
                self._notices.put(f"tracking: {text}")
            case Ending():
                if not self._is_over:
                    self._notices.put(
                        f"tracking: the process that sends trials {message.explained_event} (log: {self._log}). The "
                        "study goes on; the next `hpo resume` sends what is missing."
                    )

    def _pass_notices_on(self) -> None:
        with suppress(queue.Empty):
            while True:
                self._tell(self._notices.get_nowait())

    def _tell(self, text: str) -> None:
        self._listener(Notice(0, text, ""))
