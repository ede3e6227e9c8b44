"""The process beside a run, `python -m hpo.tracking.process`: has trackers and alerts tell what a study says.

It is sent the numbers of trials of which something has changed, reads the rest in the study, and answers with what
people should know.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from hpo.processes.child import Connection, ParentConnection, run_child
from hpo.studies import ActiveStudy, StudyAddress
from hpo.tracking.alerts.alerting import AlertThread
from hpo.tracking.record import TrackingRecord
from hpo.tracking.sending import TrackerThread

_NICENESS = 10
"""Training comes first where cores are scarce."""


def follow(study: ActiveStudy, connection: Connection, *, leads: bool) -> None:
    """Follow a study until the parent says that it is the end, or is gone itself.

    Args:
        study: what is followed.
        connection: to the parent.
        leads: whether to look, at the start, at all that was not sent to its end, by whatever process.
    """
    trackers = study.spec.trackers
    record = TrackingRecord(study, trackers)

    def notify(text: str) -> None:
        connection.send({"notice": text})

    threads = {
        name: TrackerThread(name, settings, record, study.files.path / name, notify)
        for name, settings in trackers.items()
    }
    alerts = AlertThread(
        study.address,
        study.overrides,
        notify,
        lambda name, claimed: threads[name].alert(claimed.alert.trial, claimed.alert),
        leads=leads,
    )
    if study.spec.alerts.is_on:
        alerts.start()
    for name, thread in threads.items():
        thread.start()
        thread.look_at(record.find_unsent(name) if leads else ())
    for request in connection.requests():
        match request:
            case {"trials": list(numbers)}:
                alerts.look_at(numbers)
                for name, thread in threads.items():
                    thread.look_at([*numbers, *(record.find_repeated(name) if leads else ())])
            case {"end": True, "error": error}:
                if alerts.is_alive():  # first, since it may tell by trackers
                    alerts.finish(error)
                    alerts.join()
                for name, thread in threads.items():
                    thread.look_at(record.find_repeated(name) if leads else ())
                    thread.finish()
                for thread in threads.values():
                    thread.join()
                return


def main(connection: ParentConnection) -> None:
    """Follow the study that the first message names."""
    with suppress(OSError):
        os.nice(_NICENESS)
    start: dict[str, Any] | None = next(connection.requests(), None)
    if start is not None:  # else the parent is gone already
        with ActiveStudy(StudyAddress(*start["address"]), start["overrides"]) as study:
            follow(study, connection, leads=start["leads"])


if __name__ == "__main__":
    run_child(main)
