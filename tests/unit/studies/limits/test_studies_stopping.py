"""Rules that end a study before its budget is spent."""

from __future__ import annotations

import random

import pytest

from hpo.errors import SpaceError
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import StudyRecord, adopt_spec
from hpo.studies.limits.regret import bound_regret, update_regret
from hpo.training import EpochReport


def test_a_study_ends_after_so_many_trials_without_a_better_one_and_goes_on_under_another_rule(
    make_study, add_trials, spec
):
    study = make_study("search.trials=50", "search.stop.no_improvement=3")
    for outcome in (0.5, 0.7, 0.6, "pruned"):
        add_trials(study, outcome)
    assert study.budget.end is None
    add_trials(study, "failed")
    record = StudyRecord(study.address)
    assert (record.state, record.spent, record.budget.remaining) == ("finished", "stop", 0)
    assert record.budget.end == "3 trials have ended since one, trial 1, was the best (3 asked)"
    assert record.summary()["end"] == {"by": "stop", "text": record.budget.end}
    assert OptunaSearch(study, "host:1").ask() is None
    adopt_spec(study, spec("search.trials=50", "search.stop.no_improvement=4"))
    assert OptunaSearch(study, "host:1").ask().number == 5


def test_trials_are_counted_from_the_first_complete_one_on(make_study, add_trials):
    study = make_study("search.trials=50", "search.stop.no_improvement=2")
    for outcome in ("pruned", "failed", "pruned", 0.5):
        add_trials(study, outcome)
    assert study.budget.end is None


def test_a_trial_that_runs_on_and_is_better_has_the_study_go_on(make_study, add_trials):
    study = make_study("search.trials=50", "search.stop.no_improvement=1")
    add_trials(study, 0.5)
    runs = OptunaSearch(study, "host:1").ask()
    add_trials(study, 0.4)
    assert study.spent == "stop"
    runs.report(EpochReport(1, 2, 0.9, 10.0))
    assert study.spent == "stop", "until it has ended"
    add_trials_end(runs)
    assert study.spent is None


def test_of_equally_good_trials_the_first_to_end_was_the_best(make_study, add_trials):
    study = make_study("search.trials=50", "search.stop.no_improvement=2")
    slow = OptunaSearch(study, "host:1").ask()
    add_trials(study, 0.9, 0.4)
    add_trials_end(slow)  # as good, and no better, though its number is lower
    assert study.budget.end == "2 trials have ended since one, trial 1, was the best (2 asked)"


def add_trials_end(trial):
    from hpo.training import Completed, Learned

    trial.tell(Completed(Learned(0.9, 1, 0.9, {}, 10.0, {"val_accuracy": [0.9]}), (0.9,), lambda path: None))


def test_a_target_is_reached_by_an_epoch_of_a_trial_that_still_runs(make_study):
    study = make_study("search.trials=50", "search.stop.target=0.8")
    trial = OptunaSearch(study, "host:1").ask()
    trial.report(EpochReport(1, 2, 0.79, 10.0))
    assert study.budget.end is None
    trial.report(EpochReport(2, 2, 0.81, 10.0))
    assert study.budget.end == "trial 0 has reached the target: val_accuracy 0.81 (0.8 asked)"
    assert OptunaSearch(study, "host:2").ask() is None


def test_with_several_objectives_one_trial_has_to_reach_every_target(make_study, add_trials):
    objectives = "objective=[val_accuracy, parameters]"
    study = make_study(objectives, "search.trials=50", "search.stop.target={val_accuracy: 0.8, parameters: 1000}")
    add_trials(study, (0.9, 2000.0), (0.7, 500.0))
    assert study.budget.end is None
    add_trials(study, (0.8, 900.0))
    assert study.budget.end.startswith("trial 2 has reached the target: val_accuracy 0.8 (0.8 asked), parameters 900")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["objective=[val_accuracy, parameters]", "search.stop.target=0.9"], "a target names its metrics"),
        (["search.stop.target={val_loss: 0.1}"], "a target is a value of an objective"),
        (["objective=[val_accuracy, parameters]", "search.stop.regret=true"], "the regret is that of one objective"),
        (["objective=val_loss", "search.stop.regret=true"], "what is too little to gain has to be said"),
        (["search.stop.no_improvement=0"], "no_improvement"),
    ],
)
def test_rules_that_objectives_do_not_allow_are_refused(spec, changes, message):
    with pytest.raises(SpaceError, match=message):
        spec(*changes)


def fill(study, add_trials, count, spread):
    """Add complete trials whose values depend on the learning rate alone."""
    generator = random.Random(0)
    search = OptunaSearch(study, "host:1")
    for _ in range(count):
        trial = search.ask()
        value = 0.9 - spread * (trial.params["learning_rate"] - 0.03) ** 2 + generator.gauss(0, 0.001)
        from hpo.training import Completed, Learned

        learned = Learned(value, 1, value, {}, 10.0, {"val_accuracy": [value]})
        trial.tell(Completed(learned, (value,), lambda path: None))


def test_the_bound_on_the_regret_shrinks_as_trials_are_added_and_ends_the_study_where_it_is_too_small(
    make_study, add_trials, spec
):
    study = make_study("search.trials=500", "search.stop.regret={min_trials: 8, tolerance: 1e-6}")
    fill(study, add_trials, 8, 20.0)
    update_regret(study.spec, study.ledger, study.frozen_trials())
    first = study.ledger.regret
    fill(study, add_trials, 22, 20.0)
    update_regret(study.spec, study.ledger, study.frozen_trials())
    later = study.ledger.regret
    assert (first["trials"], later["trials"]) == (8, 30)
    assert 0 < later["bound"] < first["bound"]
    assert study.budget.end is None
    adopt_spec(study, spec("search.trials=500", "search.stop.regret={min_trials: 8, tolerance: 0.9}"))
    assert study.budget.end.endswith("of val_accuracy are left to gain, and 0.9 are too little")


def test_without_a_tolerance_too_little_is_one_standard_error_of_the_best_accuracy(make_study, add_trials):
    study = make_study("search.trials=50", "search.stop.regret={min_trials: 2}")
    add_trials(study, 0.9, 0.8)
    study.ledger.regret = {"trials": 2, "bound": 0.02}
    assert study.budget.end is None, "the data was not read"
    study.record_data({"images": {"validation": 100}})
    assert study.budget.end == "at most 0.02 of val_accuracy are left to gain, and 0.03102 are too little"
    study.record_data({"images": {"validation": 10_000}})
    assert study.budget.end is None


def test_equal_values_and_a_single_trial_have_no_bound(make_study, add_trials):
    study = make_study("search.trials=50")
    add_trials(study, 0.5)
    assert bound_regret(study.spec, study.frozen_trials()) is None
    add_trials(study, 0.5)
    assert bound_regret(study.spec, study.frozen_trials()) is None
