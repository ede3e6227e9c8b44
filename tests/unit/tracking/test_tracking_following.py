"""The process beside a run, as the run sees it."""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest
from child_processes import find_children
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from hpo.fleet import EpochDone, Notice, TrialStarted
from hpo.spaces import load
from hpo.studies import ActiveStudy, create_study
from hpo.tracking.following import follow_run, send_rest

pytestmark = pytest.mark.thorough


def scalars(study: ActiveStudy, number: int) -> dict[str, list[tuple[int, float]]]:
    """What TensorBoard reads of a trial."""
    folder = next((study.files.path / "tensorboard").glob(f"trial-{number}-*"), None)
    if folder is None:
        return {}
    run = EventAccumulator(str(folder))
    run.Reload()
    return {tag: [(event.step, event.value) for event in run.Scalars(tag)] for tag in run.Tags()["scalars"]}


def test_a_run_is_followed_while_it_runs_and_to_its_end(trials):
    events = []
    with follow_run(trials.study, events.append, leads=True) as listen:
        number = trials.begin()
        listen(TrialStarted(1, number, {}, 5))
        for epoch in (1, 2):
            trials.report(number, epoch)
            listen(EpochDone(1, number, epoch, 5, 0.1, 10.0))
        _await(lambda: len(scalars(trials.study, number).get("loss", ())) == 2)
        trials.report(number, 3)
        trials.complete(number, 3)
        listen(EpochDone(1, number, 3, 5, 0.1, 10.0))
    assert [step for step, _ in scalars(trials.study, number)["loss"]] == [1, 2, 3]
    assert [type(event) for event in events] == [TrialStarted, *[EpochDone] * 3]


def test_who_leads_a_study_sends_what_was_left_unsent_and_others_do_not(trials):
    number = trials.begin()
    trials.report(number, 1)
    trials.complete(number, 1)
    with follow_run(trials.study, lambda event: None, leads=False):
        pass
    assert not (trials.study.files.path / "tensorboard").exists()
    with follow_run(trials.study, lambda event: None, leads=True):
        pass
    assert [step for step, _ in scalars(trials.study, number)["loss"]] == [1]


def test_a_study_that_trains_nothing_more_sends_what_was_left_unsent_and_then_starts_no_process(trials, monkeypatch):
    number = trials.begin()
    trials.report(number, 1)
    trials.complete(number, 1)
    send_rest(trials.study, None)
    assert [step for step, _ in scalars(trials.study, number)["loss"]] == [1]
    monkeypatch.setattr("hpo.tracking.following.EngineProcess", None)
    send_rest(trials.study, None)


def test_a_process_that_dies_costs_one_warning(trials):
    events = []
    with follow_run(trials.study, events.append, leads=True) as listen:
        _await(lambda: len(find_children("hpo.tracking.process")) == 1)
        (child,) = find_children("hpo.tracking.process")
        os.kill(child.pid, signal.SIGKILL)
        _await(lambda: not psutil.pid_exists(child.pid))  # not `child.wait()`, which takes how it ended from hpo
        number = trials.begin()
        for epoch in (1, 2, 3):
            trials.report(number, epoch)
            listen(EpochDone(1, number, epoch, 5, 0.1, 10.0))
    (notice,) = (event for event in events if isinstance(event, Notice))
    assert "the process that sends trials died (signal 9, SIGKILL" in notice.text
    assert "the next `hpo resume` sends what is missing" in notice.text


def test_a_file_that_names_no_tracker_starts_no_process(tmp_path, monkeypatch):
    monkeypatch.setattr("hpo.tracking.following.EngineProcess", None)
    space = {"study": "alone", "data": "digits", "model": "simple_cnn"}
    with create_study(load(space), tmp_path) as study, follow_run(study, print, leads=True) as listen:
        assert listen is print


def _await(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
