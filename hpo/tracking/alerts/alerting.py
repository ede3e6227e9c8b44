"""Tells people what happens in a study, in a thread of its own: finds it in the study, claims it, and sends it."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from uuid import uuid4

from hpo.studies import ActiveStudy, StudyAddress
from hpo.tracking.alerts.channels import AlertChannel, SendByTracker, open_channels
from hpo.tracking.alerts.claims import AlertClaims, ClaimedAlert
from hpo.tracking.alerts.rules import Alert, AlertRules

PAUSE_S = 1.0
"""Seconds between two looks at what has changed."""
_FIRST_DELAY_S, _LONGEST_DELAY_S = 5.0, 120.0
"""Seconds before what was not sent is sent again."""
_LOOK_EVERY_S = 60.0
"""Seconds between two looks at what others have left unsent."""


class AlertThread(threading.Thread):
    """Tells people what happens in a study; its errors are told once, and end nothing."""

    def __init__(
        self,
        address: StudyAddress,
        overrides: Iterable[str],
        notify: Callable[[str], object],
        send_by_tracker: SendByTracker,
        *,
        leads: bool,
    ) -> None:
        """Prepare to look at a study, which the thread opens for itself.

        Args:
            address: of the study.
            overrides: changes of its file on this machine.
            notify: called with what is wrong, once for each channel.
            send_by_tracker: sends an alert through a tracker.
            leads: whether to look, at the start, at all trials.
        """
        super().__init__(name="alerts", daemon=True)
        self._address, self._overrides, self._notify = address, tuple(overrides), notify
        self._send_by_tracker, self._leads = send_by_tracker, leads
        self._changed = threading.Condition()
        self._numbers: set[int] = set()
        self._is_last = False
        self._error: str | None = None
        self._unsent: list[ClaimedAlert] = []
        self._delay, self._not_before, self._look_at = 0.0, 0.0, 0.0
        self._told: set[str] = set()

    def look_at(self, numbers: Iterable[int]) -> None:
        """Look at trials again, since something about them may have changed."""
        with self._changed:
            self._numbers |= set(numbers)
            self._changed.notify()

    def finish(self, error: str | None = None) -> None:
        """Tell what there is to be told, and end; returns at once.

        Args:
            error: that has ended the run; None where none has.
        """
        with self._changed:
            self._is_last, self._error = True, error
            self._changed.notify()

    def run(self) -> None:
        """Tell until the end."""
        try:
            with ActiveStudy(self._address, self._overrides) as study:
                # A study that does not answer is waited for, but for the end
                study.storage.patience.is_stopped = lambda: self._is_last
                self._follow(study)
        except Exception as error:  # of whatever library
            self._tell("alerts", error)
            if self._error is not None:
                self._send_without_study(self._error)

    def _follow(self, study: ActiveStudy) -> None:
        rules, channels = AlertRules(study), open_channels(study.spec.alerts, self._send_by_tracker)
        for channel in channels:
            if (obstacle := channel.find_obstacle()) is not None:
                self._tell(channel.label, obstacle)
        claims, is_first, is_last = AlertClaims(study), self._leads, False
        while not is_last:
            is_last = self._wait(is_first=is_first)
            with self._changed:
                numbers, self._numbers = self._numbers, set()
            try:
                self._claim(claims, rules.find(None if is_first or is_last else numbers))
                is_first = False
                if is_last:
                    self._claim(claims, rules.find_at_end(self._error, uuid4().hex))
                if is_last or time.monotonic() >= self._look_at:
                    self._look_at = time.monotonic() + _LOOK_EVERY_S
                    self._unsent += claims.take_over()
                if is_last or time.monotonic() >= self._not_before:
                    self._send_all(claims, study.name, channels)
            except Exception as error:  # of whatever library; all of it is found in the study again
                if is_last:
                    raise
                self._tell("alerts", error)
                self._postpone()
                with self._changed:
                    self._numbers |= numbers

    def _claim(self, claims: AlertClaims, alerts: Iterable[Alert]) -> None:
        for alert in alerts:
            claimed = claims.claim(alert)
            if claimed is not None:
                self._unsent.append(claimed)

    def _wait(self, *, is_first: bool) -> bool:
        """Wait until there is something to do; whether it is the last time."""
        began = time.monotonic()
        with self._changed:
            while not self._is_last:
                now = time.monotonic()
                due = min(self._look_at, self._not_before if self._unsent or is_first else now + _LOOK_EVERY_S)
                if self._numbers or is_first:
                    due = min(due, max(began + PAUSE_S, self._not_before))
                if due <= now:
                    break
                self._changed.wait(due - now)
            return self._is_last

    def _send_all(self, claims: AlertClaims, study: str, channels: list[AlertChannel]) -> None:
        """Send what is claimed, and keep what was not sent."""
        unsent, self._unsent = self._unsent, []
        for index, alert in enumerate(unsent):
            claimed = claims.renew(alert)
            if claimed is None:
                continue
            try:
                is_sent = self._send(claims, claimed, study, channels)
            except Exception:
                self._unsent += unsent[index:]
                raise
            if not is_sent:
                self._unsent.append(claimed)
        if self._unsent:
            self._postpone()
        else:
            self._delay, self._not_before = 0.0, 0.0

    def _send(self, claims: AlertClaims, claimed: ClaimedAlert, study: str, channels: list[AlertChannel]) -> bool:
        names = [channel.name for channel in channels]
        is_sent = True
        for channel in channels:
            if channel.name not in claimed.sent:
                try:
                    channel.send(study, claimed)
                except Exception as error:  # of whatever library
                    self._tell(channel.label, error)
                    is_sent = False
                else:
                    claimed = claims.mark(claimed, channel.name, names)
        return is_sent

    def _send_without_study(self, error: str) -> None:
        """Tell that a run has ended where its study cannot be written to, so that nobody can claim it."""
        with suppress(Exception), ActiveStudy(self._address, self._overrides) as study:
            alerts, name = study.spec.alerts, study.name
            for alert in AlertRules(study).find_at_end(error, uuid4().hex):
                now = time.strftime("%Y-%m-%dT%H:%M:%S%z")
                for channel in open_channels(alerts, self._send_by_tracker):
                    with suppress(Exception):
                        channel.send(name, ClaimedAlert(uuid4().hex, alert, now))

    def _postpone(self) -> None:
        self._delay = min(max(2 * self._delay, _FIRST_DELAY_S), _LONGEST_DELAY_S)
        self._not_before = time.monotonic() + self._delay

    def _tell(self, label: str, error: Exception | str) -> None:
        """Tell the first error of a channel; the log has all."""
        if isinstance(error, Exception):
            traceback.print_exception(error)
        if label not in self._told:
            self._told.add(label)
            text = str(error).strip().partition("\n")[0].rstrip(".")
            with suppress(Exception):
                self._notify(
                    f"{label}: {text}. The study goes on; what was not sent is sent later, at the latest by the next "
                    "`hpo resume`."
                )
