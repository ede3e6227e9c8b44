"""What there is to be told of a study."""

from __future__ import annotations

import pytest

from hpo.search import claim
from hpo.search.confirming import enqueue_confirming
from hpo.search.optuna.search import OptunaSearch
from hpo.spaces.sections.alerts import DropRule
from hpo.tracking.alerts.rules import AlertRules, find_drops
from hpo.training import Cause, Completed, EpochReport, Failed, Learned


def find(trials) -> list[str]:
    return [alert.key for alert in AlertRules(trials.study).find()]


def test_the_best_value_so_far_is_told_with_its_trial_and_the_same_value_again_is_nothing_new(watch):
    trials = watch({"best": True})
    assert find(trials) == []
    trials.complete(0.5, 0.7)
    (alert,) = AlertRules(trials.study).find()
    assert alert.title == "watched: new best value, val_accuracy 0.7"
    assert alert.text.startswith("Trial 0, epoch 2. learning_rate: 0.00")
    assert (alert.key, alert.level, alert.trial, alert.value) == ("best:0.7", "INFO", 0, 0.7)
    trials.complete(0.7)
    trials.complete(0.6)
    assert find(trials) == ["best:0.7"]
    trials.complete(0.8)
    assert find(trials) == ["best:0.8"]


@pytest.mark.parametrize(
    ("values", "rule", "epochs"),
    [
        ([0.5, 0.9, 0.85, 0.6, 0.5, 0.9, 0.7], {"by": 0.1}, [4, 7]),
        ([0.5, None, 0.39], {"by": 0.1}, [3]),
        ([0.9], {"by": 0.1}, []),
        ([0.8, 0.9, 1.0, 0.75, 0.6], {"by": 0.14, "below": "mean", "window": 3}, [4]),
        ([0.8, 0.1], {"by": 0.1, "below": "mean", "window": 2}, []),
    ],
)
def test_a_drop_is_told_at_the_first_epoch_that_is_too_low_and_again_after_it_has_recovered(values, rule, epochs):
    assert [epoch for epoch, _, _ in find_drops(values, DropRule(**rule), "val_accuracy")] == epochs


def test_a_loss_drops_by_growing():
    ((epoch, value, text),) = find_drops([0.5, 0.4, 0.7], DropRule(by=0.2), "val_loss")
    assert (epoch, value) == (3, 0.7)
    assert text == "0.7 at epoch 3, worse by 0.3 than its best epoch, 0.4 (0.2 is allowed)."


def test_a_drop_of_a_trial_is_told_of_the_learned_objective(watch):
    trials = watch({"drop": {"by": 0.2}})
    trials.complete(0.9, 0.6)
    (alert,) = AlertRules(trials.study).find()
    assert (alert.key, alert.value) == ("drop:0:2", 0.6)
    assert alert.title == "watched: val_accuracy of trial 0 got worse, 0.6"


def test_a_metric_that_is_no_finite_number_is_told_once_a_trial_and_so_is_the_cause_nan_loss(watch):
    trials = watch({"nan": True})
    trials.complete(0.5, None, None)
    trials.fail("the loss is no number", "nan_loss")
    trials.fail()
    alerts = list(AlertRules(trials.study).find())
    assert [alert.key for alert in alerts] == ["nan:0", "nan:1"]
    assert [alert.text for alert in alerts] == [
        "val_accuracy is no finite number at epoch 2.",
        "nan_loss: the loss is no number",
    ]


def test_a_trial_that_failed_is_told_with_its_cause_and_again_when_another_attempt_fails(watch):
    trials = watch({"failed": True})
    trials.fail("no room")
    (alert,) = AlertRules(trials.study).find()
    assert (alert.key, alert.title, alert.text) == ("failed:0:1", "watched: trial 0 failed", "error: no room")
    trials.study.retry_failed()
    assert find(trials) == []
    trials.fail("no room")
    assert find(trials) == ["failed:0:2"]


def test_a_study_has_stalled_when_so_many_trials_have_ended_since_the_best_one(watch):
    trials = watch({"stalled": {"trials": 2}})
    trials.complete(0.8)
    trials.complete(0.7)
    assert find(trials) == []
    trials.fail()
    trials.complete(0.6)
    (alert,) = AlertRules(trials.study).find()
    assert (alert.key, alert.text) == ("stalled:0", "The best is trial 0, val_accuracy 0.8.")
    trials.complete(0.9)
    assert find(trials) == []


def test_a_study_in_which_no_trial_is_complete_stalls_as_well(watch):
    trials = watch({"stalled": {"trials": 1}})
    trials.fail()
    assert find(trials) == ["stalled:"]


def test_the_end_is_told_when_the_budget_is_used_up_and_an_error_whenever_it_ends_a_run(watch):
    trials = watch({"finished": True}, search={"trials": 2, "sampler": "random", "pruner": "none"})
    rules = AlertRules(trials.study)
    trials.complete(0.8)
    assert list(rules.find_at_end(None, "run")) == []
    (paused,) = rules.find_at_end("5 trials failed", "run")
    assert (paused.key, paused.title, paused.text) == ("paused:run", "watched: paused by an error", "5 trials failed")
    trials.fail()
    (finished,) = rules.find_at_end(None, "run")
    assert finished.text == "Trials: 1 complete, 1 failed. Best: trial 0, val_accuracy 0.8."
    trials.study.raise_budget({"trials": 3})
    assert list(rules.find_at_end(None, "run")) == []


def test_what_confirms_others_is_no_best_no_failure_and_no_end_also_with_two_objectives(watch):
    objectives = ["val_accuracy", {"metric": "parameters", "direction": "minimize"}]
    alerts = {
        "best": True,
        "failed": True,
        "nan": True,
        "drop": {"by": 0.1},
        "stalled": {"trials": 2},
        "finished": True,
    }
    trials = watch(alerts, objective=objectives, search={"trials": 2, "sampler": "random", "pruner": "none"})
    study, search = trials.study, OptunaSearch(trials.study, "host:1")
    for value, size in ((0.5, 100.0), (0.7, 200.0)):
        learned = Learned(value, 1, value, {"parameters": size}, 10.0, {"val_accuracy": [value]})
        search.ask().tell(Completed(learned, (value, size), save_model=lambda path: None))
    rules = AlertRules(study)
    before, (end,) = [alert.key for alert in rules.find()], rules.find_at_end(None, "run")
    assert before == ["best:0.7,200.0", "best:0.5,100.0"]
    enqueue_confirming(study, [0, 1], 2, None)
    with study.place.lock():
        for outcome in (0.9, None, 0.1, 0.2):
            run = claim(study, search, lambda: False, "host:1")
            run.report(EpochReport(1, 2, 0.9, 10.0, {"val_accuracy": 0.9}, 1.0))
            run.report(EpochReport(2, 2, 0.1, 10.0, {"val_accuracy": 0.1}, 1.0))
            learned = Learned(outcome or 0.0, 1, 0.1, {"parameters": 50.0}, 10.0, {"val_accuracy": [0.9, 0.1]})
            cause = Cause("nan_loss", "in epoch 2")
            run.tell(Failed(cause) if outcome is None else Completed(learned, (outcome, 50.0), lambda path: None))
    assert [alert.key for alert in rules.find()] == before
    assert [alert.key for alert in rules.find_at_end(None, "confirmation")] == [end.key], "which was sent"
    assert [best.number for best in study.front] == [1, 0]
