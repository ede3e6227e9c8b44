"""A study that goes on in another space: what becomes of its trials."""

from __future__ import annotations

import optuna
import pytest

from hpo.errors import StudyBusyError, StudyConflictError
from hpo.search import claim
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import ActiveStudy, StudyRecord, adopt_spec, read_trial_config
from hpo.training import Cause, Completed, EpochReport, Failed, Infeasible, Learned, Paused, Pruned

ADAM, SGD = {"optimizer": "adam"}, {"optimizer": "sgd", "optimizer.sgd.momentum": 0.5}
MORE = (
    "training.optimizer={choice: {rmsprop: {rho: {float: [0.8, 0.99]}}, adam: , sgd: {momentum: {float: [0, 0.99]}}}}"
)
KEPT = ("number", "state", "values", "datetime_start", "datetime_complete", "intermediate_values")


def told(study, outcome, *, depth=1, optimizer=ADAM):
    """Have a trial with these parameters end so: a number is the value that it is complete with."""
    study.optuna_study.enqueue_trial({"depth": depth, "learning_rate": 0.01, **optimizer})
    trial = OptunaSearch(study, "host:1").ask()
    if not trial.accepts({"parameters": 100.0 * depth, "flops": 1.0, "memory": 1.0}):
        trial.tell(Infeasible())
        return trial.number
    value = outcome if isinstance(outcome, float) else 0.5
    trial.report(EpochReport(1, 2, value, 10.0))
    learned = Learned(value, 1, value, {"parameters": 100.0 * depth}, 10.0, {"val_accuracy": [value]})
    ends = {"pruned": Pruned(learned), "failed": Failed(Cause("nan_loss", "in epoch 1")), "waiting": Paused()}
    trial.tell(ends[outcome] if isinstance(outcome, str) else Completed(learned, (value,), lambda path: None))
    return trial.number


@pytest.fixture
def change(spec):
    """Has a study take up its file with these changes."""

    def taken_up(study, *overrides):
        return study, adopt_spec(study, spec(*overrides))

    return taken_up


def test_a_wider_space_keeps_every_trial_with_all_that_is_known_of_it(make_study, change):
    study = make_study()
    for outcome in (0.7, "pruned", "failed", 0.9):
        told(study, outcome, optimizer=SGD)
    before = study.frozen_trials()
    study, widened = change(study, "model.depth={int: [1, 5]}", MORE)
    assert widened.inside == [0, 1, 2, 3]
    assert widened.outside == {}
    for was, now in zip(before, study.frozen_trials(), strict=True):
        assert [getattr(now, name) for name in KEPT] == [getattr(was, name) for name in KEPT]
        assert now.user_attrs == was.user_attrs
        assert now.params == was.params
    assert study.best.number == 3
    assert study.best.params == {"depth": 1, "learning_rate": 0.01, **SGD}


def test_trials_have_the_distributions_of_the_new_space(make_study, change):
    study = make_study()
    told(study, 0.7)
    study, _ = change(study, "model.depth={choice: [3, 2, 1]}", MORE)
    (trial,) = study.frozen_trials()
    assert trial.params["depth"] == 1
    assert trial.distributions["depth"] == optuna.distributions.CategoricalDistribution([3, 2, 1])
    assert trial.distributions["optimizer"].choices == ("rmsprop", "adam", "sgd")


def test_optuna_alone_refuses_what_a_study_takes_up(make_study, change, spec):
    study = make_study()
    told(study, 0.7)
    trial = study.optuna_study.ask()
    with pytest.raises(ValueError, match="does not support dynamic value space"):
        trial.suggest_categorical("optimizer", ["rmsprop", "adam", "sgd"])
    study.reclaim()
    study, _ = change(study, MORE)
    assert OptunaSearch(study, "host:1").ask().params["optimizer"] in ("rmsprop", "adam", "sgd")


def test_a_new_parameter_has_in_old_trials_what_they_were_trained_with(make_study, change):
    study = make_study()
    told(study, 0.7, optimizer=SGD)
    study, _ = change(
        study,
        "model.dense_units={choice: [8, 16]}",
        "model.kernel_size={int: [1, 7], step: 2}",
        "training.optimizer={choice: {adam: , sgd: {momentum: {float: [0, 0.9]}, nesterov: {choice: [true, false]}}}}",
    )
    assert study.trials()[0].params == {
        "depth": 1,
        "dense_units": 8,
        "kernel_size": 3,
        "learning_rate": 0.01,
        **SGD,
        "optimizer.sgd.nesterov": False,
    }
    assert study.best.config["model"]["dense_units"] == 8


def test_a_trial_outside_keeps_its_history_and_is_compared_no_more(make_study, change):
    study = make_study()
    told(study, 0.9, depth=2)
    told(study, 0.7, depth=1)
    before = study.frozen_trials()[0]
    config = read_trial_config(before, study.spec)
    study, widened = change(study, "model.depth=1", "model.dense_units={choice: [8, 16]}")
    assert widened.inside == [1]
    assert {number: each.reason for number, each in widened.outside.items()} == {
        0: "depth = 2, where the new space has 1"
    }
    after = study.frozen_trials()[0]
    assert [getattr(after, name) for name in KEPT] == [getattr(before, name) for name in KEPT]
    assert after.params == {}
    assert read_trial_config(after, study.spec) == config
    record = study.trials()[0]
    assert record.params == before.params
    assert record.outside == "depth = 2, where the new space has 1"
    assert study.best.number == 1
    assert [trial.number for trial in study.optuna_study.get_trials()] == [1]
    assert study.summary()["outside"] == 1
    assert study.budget.used == 2


def test_trials_come_back_with_a_space_that_holds_them(make_study, change):
    study = make_study()
    told(study, 0.9, depth=2, optimizer=SGD)
    study, widened = change(study, "model.depth=1", "model.dense_units={choice: [8, 16]}")
    assert list(widened.outside) == [0]
    study, widened = change(study, "model.depth={int: [1, 3]}", "model.dense_units={choice: [8, 16]}")
    assert widened.inside == [0]
    assert study.trials()[0].params == {"depth": 2, "dense_units": 8, "learning_rate": 0.01, **SGD}
    assert study.trials()[0].outside is None
    assert study.best.number == 0


def test_a_trial_stays_outside_through_changes_that_do_not_concern_it(make_study, change):
    study = make_study()
    told(study, 0.9, depth=2)
    study, _ = change(study, "model.depth=1")
    study, widened = change(study, "model.depth=1", MORE)
    assert list(widened.outside) == [0]
    assert study.trials()[0].params["depth"] == 2


def test_a_trial_that_waits_goes_on_with_its_parameters(make_study, change):
    study = make_study()
    told(study, "waiting", depth=2, optimizer=SGD)
    study, _ = change(study, "model.depth={int: [1, 5]}", MORE, "model.kernel_size={choice: [3, 5]}")
    trial = OptunaSearch(study, "host:2").ask()
    assert trial.number == 0
    assert trial.params == {"depth": 2, "kernel_size": 3, "learning_rate": 0.01, **SGD}
    assert study.frozen_trials()[0].user_attrs["attempts"] == 2


def test_a_trial_that_waits_outside_has_failed_with_its_reason(make_study, change):
    study = make_study()
    told(study, "waiting", depth=2)
    study, _ = change(study, "model.depth=1")
    (record,) = study.trials()
    assert record.state == "failed"
    assert record.cause == "outside: depth = 2, where the new space has 1"
    assert record.params["depth"] == 2
    assert record.duration_s is not None
    assert OptunaSearch(study, "host:2").ask().number == 1


def test_a_trial_that_a_killed_worker_left_half_drawn_begins_with_what_it_had(make_study, change):
    study = make_study()
    study.optuna_study.ask().suggest_int("depth", 1, 2)
    study.reclaim()
    study, _ = change(study, "model.depth={int: [1, 5]}", MORE)
    depth = study.frozen_trials()[0].system_attrs["fixed_params"]["depth"]
    assert OptunaSearch(study, "host:2").ask().params["depth"] == depth


START = 'start_from=[{"depth": 2}, {"optimizer": "sgd", "optimizer.sgd.momentum": 0.3}]'


def test_configs_to_start_from_that_were_not_tried_are_tried_in_the_new_space(make_study, change):
    study = make_study(START)
    study, widened = change(study, START, "model.depth={int: [1, 5]}", MORE)
    assert widened.inside == [0, 1]
    search = OptunaSearch(study, "host:1")
    assert search.ask().params["depth"] == 2
    assert search.ask().params["optimizer.sgd.momentum"] == 0.3
    assert study.counts()["waiting"] == 0


def test_new_configs_to_start_from_are_added_and_known_ones_are_not_repeated(make_study, change):
    study = make_study(START)
    study, _ = change(study, START.replace("]", ', {"depth": 1, "learning_rate": 0.05}]'), MORE)
    assert study.counts()["waiting"] == 3
    search = OptunaSearch(study, "host:1")
    third = [search.ask() for _ in range(3)][2]
    assert (third.number, third.params["depth"], third.params["learning_rate"]) == (2, 1, 0.05)


CONSTRAINT = 'constraints=["parameters <= 150"]'


def test_a_new_constraint_puts_trials_aside_that_break_it(make_study, change):
    study = make_study()
    told(study, 0.9, depth=2)
    told(study, 0.7, depth=1)
    study, widened = change(study, CONSTRAINT)
    assert {number: each.reason for number, each in widened.outside.items()} == {
        0: "it breaks the constraint parameters <= 150"
    }
    assert study.counts()["complete"] == 2
    assert study.frozen_trials()[1].constraints == {"parameters <= 150": pytest.approx(-1 / 3)}
    assert study.best.number == 1


def test_a_trial_that_was_ruled_out_and_still_is_stays_so(make_study, change):
    study = make_study(CONSTRAINT)
    told(study, 0.9, depth=2)
    study, widened = change(study, 'constraints=["parameters <= 180"]', MORE)
    assert widened.inside == [0]
    (record,) = study.trials()
    assert (record.state, record.cause) == ("infeasible", "infeasible: parameters <= 180")
    assert list(study.frozen_trials()[0].constraints) == ["parameters <= 180"]
    assert study.budget.used == 0


def test_a_trial_that_was_ruled_out_and_is_no_more_is_put_aside_untrained(make_study, change):
    study = make_study(CONSTRAINT)
    told(study, 0.9, depth=2)
    study, widened = change(study)
    assert widened.outside[0].reason == "it was ruled out before training, which no constraint does now"
    assert study.counts()["infeasible"] == 1
    assert study.optuna_study.get_trials() == []


def test_what_no_trial_could_follow_is_refused_and_changes_nothing(make_study, change):
    study = make_study()
    told(study, 0.9)
    before = study.spec.to_json(), StudyRecord(study.address).frozen_trials()
    with pytest.raises(StudyConflictError) as caught:
        change(study, "model.filters=8", "seed=3", "data.validation=0.1", "model.depth={int: [1, 9]}")
    lines = str(caught.value).splitlines()
    assert len(lines) == 5
    assert "seed: " in lines[1]
    assert "It was 0.2, and is 0.1." in lines[2]
    assert "model.filters: " in lines[3]
    assert "--set study=NAME" in lines[4]
    again = StudyRecord(study.address)
    assert (again.spec.to_json(), again.frozen_trials()) == before


def test_a_study_keeps_its_sessions_and_fingerprints(make_study, change):
    study = make_study()
    study.confirm_fingerprint("digits", "abc")
    with study.session():
        told(study, 0.9)
    study.record_test_score(0, 0.8, 0.4)
    environments = study.environments()
    study, _ = change(study, MORE)
    assert study.environments() == environments
    assert study.test_score == {"trial": 0, "accuracy": 0.8, "loss": 0.4}
    study.confirm_fingerprint("digits", "abc")


def test_a_file_that_changes_nothing_raises_the_budget_at_most(make_study, change):
    study = make_study()
    told(study, 0.9)
    study, widened = change(study, "search.trials=9")
    assert widened is None
    assert study.budget.trials == 9
    study, widened = change(
        study, "search.trials=1", "training.optimizer={choice: {adam: , sgd: {momentum: {float: [0.0, 0.9]}}}}"
    )
    assert widened is None
    assert study.budget.trials == 9


def test_a_file_that_says_nothing_of_the_budget_leaves_it(make_study, change, small_space):
    study = make_study()
    small_space.write_text(small_space.read_text().replace("trials: 2, ", ""))
    study, _ = change(study, MORE)
    assert study.budget.trials == 2


def test_running_a_changed_file_names_the_way_to_go_on(make_study, studies):
    told(make_study(), 0.9)
    with pytest.raises(StudyConflictError) as caught:
        make_study("model.depth={int: [1, 5]}")
    place = str(studies / "small")
    assert str(caught.value) == (
        "study small: `run` goes on in the space that a study has. Received a file that differs in model.depth (was "
        f'{{"int": [1, 2]}}, is {{"int": [1, 5]}}). Go on in the new space by `hpo resume {place} --space FILE`, or '
        "give the new study another name: --set study=NAME."
    )
    with pytest.raises(StudyConflictError, match=r"model\.filters cannot change; give the new study another name"):
        make_study("model.filters=8", "model.depth={int: [1, 5]}")


def test_a_database_opens_after_the_change_with_all_of_it(make_study, change):
    study = make_study()
    told(study, 0.9, depth=2)
    study, _ = change(study, "model.depth=1")
    again = StudyRecord(study.address)
    assert again.spec.to_json() == study.spec.to_json()
    assert study.optuna_study.study_name == "small"
    assert again.trials() == study.trials()


def test_a_space_does_not_change_while_a_trial_runs_and_a_worker_of_the_earlier_space_claims_no_more(make_study, spec):
    study = make_study()
    with ActiveStudy(study.address) as other, study.place.lock():
        search = OptunaSearch(other, "host:1")
        trial = search.ask()
        with pytest.raises(StudyBusyError, match="whose trials 0 run"):
            adopt_spec(study, spec("model.depth={int: [1, 5]}"))
        trial.tell(Paused())
        assert adopt_spec(study, spec("model.depth={int: [1, 5]}")) is not None
        with pytest.raises(StudyConflictError, match="one that another process has changed"):
            claim(other, search, lambda: False)


def test_rounds_of_a_search_go_on_in_another_space_and_not_with_another_search(make_study, change):
    hyperband = "search={backend: keras_tuner, oracle: hyperband, trials: 1}"
    study = make_study("search.trials=1")
    told(study, 0.9)
    study, _ = change(study, hyperband)
    study.ledger.has_rounds = True
    study, _ = change(study, hyperband, MORE)
    assert study.may_begin == 1
    study, _ = change(study, "search={backend: keras_tuner, oracle: random, trials: 1}", MORE)
    assert study.may_begin == 0
