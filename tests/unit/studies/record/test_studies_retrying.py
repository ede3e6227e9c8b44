"""Trials whose attempts end early: how often they are tried again, and what is said of all attempts."""

from __future__ import annotations

import pytest

from hpo.errors import UserError
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import ActiveStudy, TrialLedger
from hpo.training import Cause, Completed, EpochReport, Failed, Learned, Paused

COMPLETED = Completed(Learned(0.5, 1, 0.5, {}, 10.0, {"val_accuracy": [0.5]}), (0.5,), save_model=lambda path: None)


@pytest.fixture
def study(make_study):
    """Of trials that are complete, failed for an error after an epoch, and failed since no network could be built."""
    with make_study("search.trials=10") as study:
        search = OptunaSearch(study, "host:1")
        for outcome in (
            COMPLETED,
            Failed(Cause("error", "the driver is gone"), {"val_accuracy": [0.25]}),
            Failed(Cause("impossible_architecture", "too deep")),
        ):
            trial = search.ask()
            trial.report(EpochReport(1, 2, 0.25, 10.0, {"val_accuracy": 0.25}))
            trial.tell(outcome)
        yield study


def test_failed_trials_wait_again_with_their_parameters_and_epochs_and_cost_no_more_than_before(study):
    before, used = study.trials(), study.budget.used
    assert study.retry_failed() == [1, 2]
    after = study.trials()
    assert [trial.state for trial in after] == ["complete", "waiting", "waiting"]
    assert [trial.params for trial in after] == [trial.params for trial in before]
    assert [(trial.epochs, trial.cause) for trial in after] == [(1, None)] * 3
    search = OptunaSearch(study, "host:2")
    again = [search.ask() for _ in range(2)]
    assert [(trial.number, trial.attempt) for trial in again] == [(1, 2), (2, 2)]
    for trial in again:
        trial.tell(COMPLETED)
    assert (study.counts()["complete"], study.budget.used) == (3, used)


def test_only_trials_that_failed_for_the_cause_that_is_named_wait_again(study):
    assert study.retry_failed(["impossible_architecture"]) == [2]
    assert [trial.state for trial in study.trials()] == ["complete", "failed", "waiting"]
    with pytest.raises(UserError, match=r"with the cause out_of_memory again. Received .* with 1 error\."):
        study.retry_failed(["oom"])


def test_whoever_has_seen_a_trial_fail_sees_what_became_of_it_and_leaves_its_model(study):
    with ActiveStudy(study.address) as other:
        assert [trial.state.name for trial in other.frozen_trials()] == ["COMPLETE", "FAIL", "FAIL"]
        study.retry_failed()
        best = Completed(COMPLETED.learned, (0.75,), COMPLETED.save_model)
        OptunaSearch(study, "host:2").ask().tell(best)
        study.files.models.put(1, lambda path: path.write_bytes(b"model"))
        assert [trial.state.name for trial in other.frozen_trials()] == ["COMPLETE", "COMPLETE", "WAITING"]
        other.remove_needless_files()
        assert study.files.models.numbers() == [1]


def test_a_trial_that_gets_further_within_a_long_epoch_is_tried_again_as_often_as_it_does(make_study):
    with make_study("recovery.retries=1") as study:
        search = OptunaSearch(study, "host:1")
        ends = []
        for reached in ([0, 5], [0, 9], None, [1, 2], [1, 2], [1, 2]):
            trial = search.ask()
            if reached is not None:
                if reached[0]:
                    trial.report(EpochReport(1, 5, 0.5, 10.0))
                trial.describe_attempt({"reached": reached})
            (ended,) = study.end_attempts_of("host:1", "worker_died: signal 9")
            ends.append((ended.state, TrialLedger(study.frozen_trials()[0].user_attrs).deaths))
        assert ends == [("waiting", 0), ("waiting", 0), ("waiting", 1), ("waiting", 0), ("waiting", 1), ("failed", 2)]


def test_the_time_of_a_trial_is_that_of_all_its_attempts(make_study):
    with make_study("search.trials=3") as study:
        search = OptunaSearch(study, "host:1")
        trial = search.ask()
        trial.report(EpochReport(1, 3, 0.5, 10.0, seconds=300.0))
        trial.report(EpochReport(2, 3, 0.5, 10.0, seconds=200.0))
        study.end_attempts_of("host:1", "worker_died: signal 9")
        trial = search.ask()
        trial.report(EpochReport(2, 3, 0.5, 10.0, seconds=200.0, is_restored=True))
        trial.report(EpochReport(3, 3, 0.5, 10.0, seconds=1000.0))
        assert study.trials()[0].duration_s is None
        trial.tell(Failed(Cause("error", "why"), {"val_accuracy": [0.5, 0.5, 0.5]}))
        assert 500 <= study.trials()[0].duration_s < 600, "the last attempt took no time here"
        learned = Learned(0.5, 1, 0.5, {"duration_s": 1234.5678}, 10.0, {"val_accuracy": [0.5]})
        for outcome in (Paused(), Completed(learned, (0.5,), save_model=lambda path: None)):
            search.ask().tell(outcome)
        assert study.trials()[1].duration_s == 1234.568


def test_who_asks_for_the_best_of_a_study_that_has_only_failed_is_told_to_retry(make_study):
    with make_study("search.trials=1") as study:
        assert study.next_command.startswith("hpo resume ")
        OptunaSearch(study, "host:1").ask().tell(Failed(Cause("nan_loss", "the loss was no finite number")))
        assert not study.may_begin
        assert study.next_command.startswith("hpo retry ")
