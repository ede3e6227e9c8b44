"""What a supervisor thinks of a worker by the last event that it has heard."""

from __future__ import annotations

import pytest

from hpo.fleet import EpochDone, Heartbeat, Slot
from hpo.fleet.worker_state import WorkerState
from hpo.spaces.sections.recovery import Recovery


@pytest.fixture
def worker():
    worker = WorkerState(Slot(1, {}, None, "worker 1"), None, 1)
    worker.begin("training", 7)
    return worker


def silence(worker: WorkerState, seconds: float) -> None:
    worker.skip(-seconds)


@pytest.mark.parametrize("activity", ["loading", "claiming", "training", "scoring"])
def test_a_short_hang_timeout_does_not_count_before_the_first_step_of_a_trial(worker, activity):
    recovery = Recovery(hang_timeout=1)
    worker.begin(activity)
    silence(worker, 590)
    assert worker.find_fault(recovery) is None
    silence(worker, 20)
    cause = worker.find_fault(recovery)
    assert (cause.kind, cause.message) == (
        "hang",
        f"its process came no step further for 610 s ({activity}), and was killed "
        "(recovery.hang_timeout: 1 s, but 600 s before a trial's first step)",
    )


def test_after_the_first_step_the_hang_timeout_counts_and_the_cause_names_it(worker):
    worker.hear(EpochDone(1, 7, 3, 5, 0.5, 10.0))  # of an earlier attempt, from whose checkpoint it goes on
    silence(worker, 30)
    assert worker.find_fault(Recovery(hang_timeout=1)) is None
    worker.hear(Heartbeat(1, 7))
    assert worker.find_fault(Recovery(hang_timeout=20)) is None
    silence(worker, 30)
    assert worker.find_fault(Recovery(hang_timeout=None)) is None
    assert str(worker.find_fault(Recovery(hang_timeout=20))) == (
        "hang: its process came no step further for 30 s (training trial 7), and was killed "
        "(recovery.hang_timeout: 20 s)"
    )


def test_a_long_hang_timeout_is_what_it_is_before_the_first_step_too(worker):
    silence(worker, 1790)
    assert worker.find_fault(Recovery()) is None
    silence(worker, 20)
    assert worker.find_fault(Recovery()).message.endswith("and was killed (recovery.hang_timeout: 1800 s)")


def test_a_trial_that_does_not_end_long_after_its_time_is_ended_and_the_cause_names_the_setting(worker):
    worker.hear(Heartbeat(1, 7))
    silence(worker, 500)
    assert str(worker.find_fault(Recovery(trial_timeout=60))) == (
        "timeout: it may train for 60 s (recovery.trial_timeout), and did not end after 500 s"
    )
