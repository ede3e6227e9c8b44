"""Sends trials to one tracker, in a thread of its own: what the study has of them, and the tracker does not."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from hpo.errors import HpoError, WorkError
from hpo.tracking.alerts.rules import Alert
from hpo.tracking.record import TrackingRecord, TrialReading
from hpo.tracking.tracker import Tracker, TrackerSettings

PAUSE_S = 2.0
"""Seconds between two looks at what has changed."""
_FIRST_DELAY_S, _LONGEST_DELAY_S = 5.0, 300.0
"""Seconds before a call that failed is made again."""
_MOST_FAILURES = 3
"""So many trials in a row that fail mean that the next one will too."""
_LONGEST_TEXT = 300
_ALERT_PATIENCE_S = 30.0


class TrackerThread(threading.Thread):
    """Keeps one tracker at what the study says; its errors are told once, and end nothing."""

    def __init__(
        self,
        name: str,
        settings: TrackerSettings,
        record: TrackingRecord,
        folder: Path,
        notify: Callable[[str], object],
    ) -> None:
        """Prepare to send.

        Args:
            name: of the tracker.
            settings: of it.
            record: what is sent.
            folder: on this machine, for what the tracker keeps.
            notify: called once, with what is wrong.
        """
        super().__init__(name=f"tracker {name}", daemon=True)
        self._tracker_name, self._settings, self._record, self._folder = name, settings, record, folder
        self._notify, self._has_notified = notify, False
        self._tracker: Tracker | None = None
        self._attempts: dict[int, int] = {}
        self._alerts: list[tuple[Future[None], int | None, Alert]] = []
        self._pending: dict[int, None] = {}
        self._changed = threading.Condition()
        self._is_last = False
        self._delay, self._not_before = 0.0, 0.0

    def look_at(self, numbers: Iterable[int]) -> None:
        """Look at trials again, since something about them may have changed."""
        with self._changed:
            self._pending |= dict.fromkeys(numbers)
            self._changed.notify()

    def finish(self) -> None:
        """Send what there is to send, and end; returns at once."""
        with self._changed:
            self._is_last = True
            self._changed.notify()

    def alert(self, number: int | None, alert: Alert) -> None:
        """Have the tracker tell people something, in this thread, and wait for it.

        Args:
            number: of the trial that it is about; None for one that goes on, or the last one.
            alert: what is told.

        Raises:
            WorkError: it was not told in time, or there is nothing that it could be told of.
        """
        told: Future[None] = Future()
        with self._changed:
            self._alerts.append((told, number, alert))
            self._changed.notify()
        try:
            told.result(_ALERT_PATIENCE_S)
        except TimeoutError:
            told.cancel()
            raise WorkError(f"{self._tracker_name} takes an alert in {_ALERT_PATIENCE_S:g} s") from None

    def run(self) -> None:
        """Send until the end, with a second attempt where the first call that fails is one of the last."""
        while not self._wait():
            self._send_alerts()
            if time.monotonic() >= self._not_before:
                self._send_all()
        was_well = not self._delay
        self._send_all()
        if self._delay and was_well:
            time.sleep(self._delay)
            self._send_all()
        if self._tracker is not None:
            try:
                self._tracker.close()
            except Exception as error:  # of whatever library
                self._tell(error)

    def _wait(self) -> bool:
        """Wait until there is something to do; whether it is the last time."""
        with self._changed:
            while not self._is_last:
                delay = self._not_before - time.monotonic()
                if self._alerts or (self._pending and delay <= 0):
                    break
                self._changed.wait(delay if self._pending else None)
            return self._is_last

    def _send_alerts(self) -> None:
        with self._changed:
            alerts, self._alerts = self._alerts, []
        for told, number, alert in alerts:
            if told.set_running_or_notify_cancel():
                try:
                    self._send_alert(number, alert)
                    told.set_result(None)
                except Exception as error:  # of whatever library; told by who waits
                    told.set_exception(error)

    def _send_alert(self, number: int | None, alert: Alert) -> None:
        if number is None:
            number = max(self._attempts or self._record.numbers(), default=None)
        reading = None if number is None else self._record.read(number)
        if reading is None:
            raise WorkError(f"{self._tracker_name} shows alerts with a trial, and none has begun")
        tracker: Any = self._open_tracker()
        tracker.alert(reading.trial, reading.state, alert.title, alert.text, alert.level)

    def _send_all(self) -> None:
        with self._changed:
            numbers, self._pending = list(self._pending), {}
        failed: list[int] = []
        for index, number in enumerate(numbers):
            try:
                self._send(number)
            except Exception as error:  # of whatever library; what is missing is found in the study again
                self._attempts.pop(number, None)
                self._tell(error)
                failed.append(number)
                if len(failed) >= _MOST_FAILURES:
                    failed = [*numbers[index + 1 :], *failed]
                    break
        with self._changed:
            self._pending |= dict.fromkeys(failed)
        self._delay = min(max(2 * self._delay, _FIRST_DELAY_S), _LONGEST_DELAY_S) if failed else 0.0
        self._not_before = time.monotonic() + (self._delay or PAUSE_S)

    def _send(self, number: int) -> None:
        """Send what a trial has, and the tracker does not."""
        reading = self._record.read(number)
        if reading is not None:
            self._send_trial(number, reading)
            self._send_repeats(number, reading)

    def _send_repeats(self, number: int, reading: TrialReading) -> None:
        """Give further runs of a sweep that have the config of a trial what has become of it."""
        if not self._settings.shows_sweeps or reading.state in ("running", "waiting"):
            return
        for trial in reading.repeats:
            note = self._record.note(self._tracker_name, number)
            if trial.run_id in (sent := note.get("repeats", [])):
                continue
            tracker = self._open_tracker()
            tracker.begin(trial, 0)
            tracker.log(trial, reading.epochs)
            tracker.end(trial, reading.ending)
            self._record.set_note(self._tracker_name, number, {**note, "repeats": [*sent, trial.run_id]})

    def _send_trial(self, number: int, reading: TrialReading) -> None:
        note = self._record.note(self._tracker_name, number)
        trial, is_open = reading.trial, number in self._attempts
        epochs = [epoch for epoch in reading.epochs if epoch.epoch > note["epoch"]]
        if not is_open and not epochs and (note["state"], note["attempt"]) == (reading.state, trial.attempt):
            return
        if reading.state == "waiting" and not is_open and not epochs:
            return
        tracker = self._open_tracker()
        if self._attempts.get(number) != trial.attempt:
            if (arrived := tracker.begin(trial, note["epoch"])) is not None:
                note["epoch"] = arrived
            epochs = [epoch for epoch in reading.epochs if epoch.epoch > note["epoch"]]
            self._attempts[number] = trial.attempt
            note |= {"attempt": trial.attempt, "state": None}
        if epochs:
            before, note = note, {**note, "epoch": epochs[-1].epoch}
            if self._settings.sends_once:
                self._record.set_note(self._tracker_name, number, note)
            try:
                tracker.log(trial, epochs)
            except Exception:
                if self._settings.sends_once:
                    self._record.set_note(self._tracker_name, number, before)
                raise
        self._record.set_note(self._tracker_name, number, note)
        if reading.state != "running":
            with self._record.open_files(number, wants_model=self._settings.wants_model) as (model, examples):
                tracker.end(trial, replace(reading.ending, model=model, examples=examples))
            del self._attempts[number]
            self._record.set_note(self._tracker_name, number, {**note, "state": reading.state})

    def _open_tracker(self) -> Tracker:
        if self._tracker is None:
            implementation = EntryPoint(self._tracker_name, self._settings.implementation, "hpo.trackers").load()
            tracker: Tracker = implementation(self._settings, self._folder)
            self._tracker = tracker
        return self._tracker

    def _tell(self, error: Exception) -> None:
        """Tell the first error; the log has all."""
        traceback.print_exception(error)
        if not self._has_notified:
            self._has_notified = True
            with suppress(Exception):
                self._notify(_describe(self._tracker_name, error))


def _describe(name: str, error: Exception) -> str:
    text = str(error).strip().partition("\n")[0].rstrip(".")[:_LONGEST_TEXT]
    received = text if isinstance(error, HpoError) and text else f"{type(error).__name__}: {text}".rstrip(": ")
    return (
        f"tracking.{name}: trials are sent while they run. Received {received}. The study goes on; what is missing is "
        "sent later, at the latest by the next `hpo resume`."
    )
