"""What trackers are told of trials, how often, and what becomes of their errors."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from recording_tracker import OnceSettings, RecordingSettings

from hpo.tracking import sending
from hpo.tracking.record import TrackingRecord
from hpo.tracking.sending import TrackerThread


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch):
    monkeypatch.setattr(sending, "PAUSE_S", 0.0)
    monkeypatch.setattr(sending, "_FIRST_DELAY_S", 0.01)


class Process:
    """As the process beside a run has one tracker follow a study."""

    def __init__(self, study, settings=RecordingSettings, name="recorder"):
        self.notices = []
        self.name = name
        self.record = TrackingRecord(study, {name: settings()})
        self.thread = TrackerThread(name, settings(), self.record, Path(), self.notices.append)

    def send(self, *numbers: int) -> list[str]:
        """Look at trials, or at all that were not sent, send what there is, and end."""
        self.thread.look_at(numbers or self.record.find_unsent(self.name))
        self.thread.finish()
        self.thread.start()
        self.thread.join(10)
        assert not self.thread.is_alive()
        return self.notices


def test_a_trial_is_sent_once_however_often_it_is_looked_at(trials, tracker):
    number = trials.begin()
    trials.report(number, 1, 2)
    trials.complete(number, 2)
    assert Process(trials.study).send(number, number) == []
    assert Process(trials.study).send() == []
    assert tracker.calls == [("begin", 0, 0), ("log", 0, [1, 2]), ("end", 0, "complete"), ("close",)]


class SweepSettings(RecordingSettings):
    """A tracker that shows the runs of sweeps."""

    shows_sweeps = True


def test_a_run_that_repeats_a_trial_is_sent_once_when_the_trial_has_ended(trials, tracker):
    number = trials.begin()
    trials.report(number, 1, 2)
    ledger = trials.study.ledger
    ledger.sweep = {"path": "me/project/x1"}
    run = {"id": "abc", "sweep": "me/project/x1", "args": {"depth": 2}, "inactive": ["dropout"]}
    ledger.add_duplicate_run(run, number)
    Process(trials.study, SweepSettings).send()
    assert ("log", 0, [1, 2]) not in tracker.calls
    trials.complete(number, 2)
    assert Process(trials.study).record.find_repeated("recorder") == set()
    process = Process(trials.study, SweepSettings)
    assert process.record.find_repeated("recorder") == {0}
    process.send()
    assert process.record.find_unsent("recorder") == []
    assert Process(trials.study, SweepSettings).record.find_unsent("recorder") == []
    calls = [("begin", 0, 0), ("log", 0, [1, 2]), ("end", 0, "complete")]
    assert tracker.calls[-7:] == [*calls, *calls, ("close",)]
    (repeat,) = Process(trials.study).record.read(number).repeats
    assert (repeat.run_id, repeat.drawn, repeat.inactive, repeat.is_repeat) == ("abc", {"depth": 2}, ("dropout",), True)
    tracker.calls.clear()
    Process(trials.study, SweepSettings).send()
    Process(trials.study, RecordingSettings, "other").send()
    assert tracker.calls == [*calls, ("close",)]


def test_a_trial_that_was_not_begun_is_not_sent(trials, tracker):
    trials.study.optuna_study.enqueue_trial({"depth": 1})
    assert Process(trials.study).send() == []
    assert tracker.calls == []


def test_a_run_is_shown_before_its_first_epoch_has_ended(trials, tracker):
    Process(trials.study).send(trials.begin())
    assert tracker.calls == [("begin", 0, 0), ("close",)]


def test_another_process_goes_on_behind_the_last_epoch_that_was_sent(trials, tracker):
    number = trials.begin()
    trials.report(number, 1, 2)
    Process(trials.study).send(number)
    trials.report(number, 3)
    Process(trials.study).send(number)
    assert tracker.calls[3:] == [("begin", 0, 2), ("log", 0, [3]), ("close",)]


def test_epochs_are_sent_again_that_have_not_arrived_and_none_that_have(trials, tracker):
    numbers = [trials.begin() for _ in range(2)]
    for number in numbers:
        trials.report(number, 1, 2)
    Process(trials.study).send(*numbers)
    for number in numbers:
        trials.report(number, 3, 4)
    tracker.calls.clear()
    tracker.arrived.update(zip(numbers, (1, 3), strict=True))
    Process(trials.study).send(*numbers)
    assert tracker.calls[:-1] == [("begin", 0, 2), ("log", 0, [2, 3, 4]), ("begin", 1, 2), ("log", 1, [4])]


def test_a_pause_closes_a_run_which_goes_on_with_the_trial(trials, tracker):
    number = trials.begin()
    trials.report(number, 1)
    process = Process(trials.study)
    process.thread.start()
    process.thread.look_at([number])
    _await(lambda: ("log", 0, [1]) in tracker.calls)
    trials.pause(number)
    process.thread.look_at([number])
    _await(lambda: ("end", 0, "waiting") in tracker.calls)
    assert trials.begin() == number
    trials.report(number, 2)
    process.thread.look_at([number])
    process.thread.finish()
    process.thread.join(10)
    assert tracker.calls[3:] == [("begin", 0, 1), ("log", 0, [2]), ("close",)]


def test_a_failed_trial_that_runs_again_has_its_run_opened_again(trials, tracker):
    number = trials.begin()
    trials.fail(number)
    Process(trials.study).send(number)
    trials.study.retry_failed()
    assert trials.begin() == number
    trials.report(number, 1)
    trials.complete(number, 1)
    Process(trials.study).send(number)
    sent = [call for call in tracker.calls if call[0] == "end"]
    assert sent == [("end", 0, "failed"), ("end", 0, "complete")]


@pytest.mark.parametrize("call", ["open", "begin", "log", "end"])
def test_what_could_not_be_sent_is_sent_later_and_told_once(trials, tracker, call):
    tracker.errors[call] = [ConnectionError("refused"), ConnectionError("refused again")]
    number = trials.begin()
    trials.report(number, 1)
    trials.complete(number, 1)
    process = Process(trials.study)
    process.thread.start()
    process.thread.look_at([number])
    _await(lambda: ("end", 0, "complete") in tracker.calls)
    process.thread.finish()
    process.thread.join(10)
    assert len(process.notices) == 1
    assert "tracking.recorder: " in process.notices[0]
    assert "ConnectionError: refused. The study goes on" in process.notices[0]
    assert [number for name, _, number in tracker.calls[:-1] if name == "log"] == [[1]]


def test_what_fails_for_the_first_time_at_the_end_of_a_run_is_tried_again(trials, tracker):
    tracker.errors["begin"] = [ConnectionError("refused")]
    number = trials.begin()
    trials.report(number, 1)
    trials.complete(number, 1)
    assert len(Process(trials.study).send(number)) == 1
    assert tracker.calls == [("begin", 0, 0), ("log", 0, [1]), ("end", 0, "complete"), ("close",)]


def test_what_is_missing_at_the_end_is_sent_by_the_next_process(trials, tracker):
    tracker.errors["log"] = [OSError("no server")] * 2
    number = trials.begin()
    trials.report(number, 1)
    trials.complete(number, 1)
    assert len(Process(trials.study).send(number)) == 1
    tracker.errors.clear()
    tracker.calls.clear()
    assert Process(trials.study).send() == []
    assert tracker.calls == [("begin", 0, 0), ("log", 0, [1]), ("end", 0, "complete"), ("close",)]


@pytest.mark.parametrize(("settings", "sent"), [(RecordingSettings, 0), (OnceSettings, 1)])
def test_of_a_process_that_is_killed_epochs_are_sent_again_only_where_that_does_no_harm(
    trials, tracker, monkeypatch, settings, sent
):
    number = trials.begin()
    trials.report(number, 1)
    process = Process(trials.study, settings)

    def die(self, trial, epochs) -> None:
        assert TrackingRecord(trials.study, {}).note("recorder", number)["epoch"] == sent
        raise KeyboardInterrupt

    monkeypatch.setattr(tracker, "log", die)
    with pytest.raises(KeyboardInterrupt):
        process.thread._send(number)
    assert TrackingRecord(trials.study, {}).note("recorder", number)["epoch"] == sent


def test_one_slow_tracker_does_not_delay_another(trials, tracker, monkeypatch):
    number = trials.begin()
    begin, goes_on = tracker.begin, threading.Event()

    def wait(self, trial, after_epoch) -> int:
        if threading.current_thread().name == "tracker slow":
            goes_on.wait(20)
        return begin(self, trial, after_epoch)

    monkeypatch.setattr(tracker, "begin", wait)
    slow, fast = Process(trials.study, name="slow"), Process(trials.study, name="fast")
    slow.thread.start()
    slow.thread.look_at([number])
    fast.send(number)
    assert tracker.calls == [("begin", 0, 0), ("close",)]
    goes_on.set()
    slow.thread.finish()
    slow.thread.join(10)


def test_runs_of_a_study_have_ids_that_no_other_study_has(trials, tmp_path):
    number = trials.begin()
    record = TrackingRecord(trials.study, {})
    run_id = record.read(number).trial.run_id
    assert run_id == TrackingRecord(trials.study, {}).read(number).trial.run_id
    assert run_id == f"{trials.study.ledger.tracking_id}-0"
    assert len(run_id) >= 12


def _await(condition) -> None:
    deadline = threading.Event()
    for _ in range(1000):
        if condition():
            return
        deadline.wait(0.01)
    raise AssertionError("it does not come")
