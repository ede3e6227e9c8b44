"""What a worker tells while it works: epochs of a trial, to search and supervisor; what is logged, as notices."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hpo.fleet.messages import EpochDone, Heartbeat, Notice, to_json
from hpo.processes.child import Connection
from hpo.spaces import StudySpec
from hpo.studies import Checkpoint
from hpo.training import EpochReport, Verdict

if TYPE_CHECKING:
    from hpo.search import ActiveTrial

_HEARTBEAT_S = 5.0
_HEARTBEATS = 4
"""In the time after which a worker that has sent none counts as hanging, at least."""


class TrialReporter:
    """The `Observer` of a trial: reports every epoch to the search and the supervisor."""

    def __init__(
        self,
        trial: ActiveTrial,
        spec: StudySpec,
        worker: int,
        connection: Connection,
        must_stop: Callable[[], bool],
    ) -> None:
        """Report a trial.

        Args:
            trial: whose epochs are reported.
            spec: of the study.
            worker: the number of the worker that runs the trial.
            connection: to its supervisor.
            must_stop: tells whether the trial is to pause.
        """
        self.limits_cost = spec.limits_cost
        self._trial, self._worker, self._connection = trial, worker, connection
        self._must_stop = must_stop
        self._heartbeat_s = min(_HEARTBEAT_S, (spec.recovery.hang_timeout or math.inf) / _HEARTBEATS)
        self._heartbeat: float | None = None

    def report(self, report: EpochReport) -> Verdict:
        """Report an epoch to the search, then to the supervisor; the search says whether the trial goes on."""
        if report.is_restored and report.trained_by is None:
            self._trial.describe_attempt({"from_epoch": report.epoch})
        verdict, number = self._trial.report(report), self._trial.number
        metrics = {name: value if math.isfinite(value) else None for name, value in report.metrics.items()}
        progress = report.epoch, report.epochs, report.value, report.images_per_second
        seconds = round(report.seconds, 3)
        event = EpochDone(self._worker, number, *progress, metrics, seconds, report.trainings)
        self._connection.send(to_json(event))
        return verdict

    def accepts(self, measures: Mapping[str, float]) -> bool:
        """Ask the search whether a network may cost so much."""
        return self._trial.accepts(measures)

    def note_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Record how far the trial is in the middle of an epoch: a worker that dies then has got it further."""
        if checkpoint.step:
            self._trial.describe_attempt({"reached": [checkpoint.epoch, checkpoint.step]})

    def must_pause(self) -> bool:
        """Tell whether the trial is to pause, and the supervisor now and then that the training comes on."""
        self._beat()
        return self._must_stop()

    def _beat(self) -> None:
        now = time.monotonic()
        if self._heartbeat is not None and now >= self._heartbeat:
            self._connection.send(to_json(Heartbeat(self._worker, self._trial.number)))
            self._heartbeat = now + self._heartbeat_s
        self._heartbeat = self._heartbeat or now  # the first batch has not been trained yet


class _NoticeHandler(logging.Handler):
    def __init__(self, number: int, connection: Connection) -> None:
        super().__init__(logging.INFO)
        self._number = number
        self._connection = connection

    def emit(self, record: logging.LogRecord) -> None:
        subject = "data" if record.name.startswith("hpo.data") else ""
        self._connection.send(to_json(Notice(self._number, record.getMessage(), subject)))


@contextmanager
def send_notices(number: int, connection: Connection) -> Iterator[None]:
    """Send what is logged in this process while the block lasts; the worker's log has it too.

    Args:
        number: of the worker.
        connection: to its supervisor.
    """
    handler = _NoticeHandler(number, connection)
    logs = [logging.getLogger(f"hpo.{layer}") for layer in ("data", "search", "studies", "training")]
    for log in logs:
        log.setLevel(logging.INFO)
        log.addHandler(handler)
    try:
        yield
    finally:
        for log in logs:
            log.removeHandler(handler)
