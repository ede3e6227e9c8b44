"""What trials cost, how far a budget of epochs, GPU-hours or money goes, and when a study ends."""

from __future__ import annotations

import pytest

from hpo.errors import SpaceError, UserError
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import (
    ActiveStudy,
    Budget,
    StudyAddress,
    StudyCosts,
    StudyPace,
    StudyRecord,
    TrialCost,
    adopt_spec,
    create_study,
    estimate_end,
)
from hpo.studies.limits.estimate import EndEstimate
from hpo.training import EpochReport, Paused

PRICE = "cost={per_gpu_hour: 2.5, currency: EUR}"


def begin(study, gpus=0.5, worker="host:1"):
    """Begin an attempt at a trial on a share of a GPU."""
    trial = OptunaSearch(study, worker).ask()
    trial.describe_attempt({"gpus": gpus})
    return trial


def set_seconds(study, number, attempt, seconds):
    """Have an attempt that has ended be one that took so long."""
    trial = study.frozen_trials()[number]
    key = f"hpo:attempt:{attempt}"
    study.storage.engine.dispose()
    entry = {**trial.user_attrs[key], "seconds": seconds}
    import json

    import sqlalchemy

    with study.storage.engine.begin() as connection:
        statement = "UPDATE trial_user_attributes SET value_json = :value WHERE trial_id = :trial AND key = :key"
        values = {"value": json.dumps(entry), "trial": trial._trial_id, "key": key}
        connection.execute(sqlalchemy.text(statement), values)
    study.reload()


def test_energy_is_that_of_the_attempts_of_which_it_is_known(make_study):
    study = make_study()
    first = begin(study)
    first.describe_attempt({"energy_j": 1.8e6})
    first.tell(Paused())
    begin(study).tell(Paused())  # cut off, so nothing was told of it
    study.reload()
    assert study.costs.energy_kwh == 0.5
    assert study.costs.to_json()["by_state"]["waiting"]["energy_kwh"] == 0.5


def test_energy_that_was_not_measured_is_not_zero(make_study):
    study = make_study()
    begin(study).tell(Paused())
    study.reload()
    assert study.costs.energy_kwh is None


def test_a_trial_that_was_interrupted_costs_what_all_of_its_attempts_took_at_their_shares_of_a_gpu(make_study):
    study = make_study(PRICE)
    first = begin(study)
    first.report(EpochReport(1, 2, 0.5, 10.0))
    first.tell(Paused())
    again = begin(study, gpus=1.0)
    again.report(EpochReport(1, 2, 0.5, 10.0))  # from the start: no checkpoint was kept
    again.report(EpochReport(2, 2, 0.6, 10.0))
    again.tell(Paused())
    set_seconds(study, 0, 1, 3600.0)
    set_seconds(study, 0, 2, 1800.0)
    costs = study.costs
    assert (costs.seconds, costs.gpu_hours, costs.epochs) == (5400.0, 0.5 + 0.5, 3)
    assert (costs.money, costs.currency) == (2.5, "EUR")
    assert StudyRecord(study.address).costs == costs
    assert StudyRecord(study.address).summary()["costs"]["by_state"]["waiting"]["gpu_hours"] == 1.0


@pytest.mark.thorough
def test_workers_of_two_machines_spend_one_budget_of_gpu_hours_through_a_server(postgres_url, spec, tmp_path):
    def address(machine):
        return StudyAddress.named("small", tmp_path / machine, postgres_url)

    limits = (PRICE, "search.trials=9", "search.gpu_hours=2.0")
    with create_study(spec(*limits), address("one")) as leading, ActiveStudy(address("two")) as helping:
        trials = [begin(leading, 1.0, "one:7"), begin(helping, 0.5, "two:7")]
        assert [trial.number for trial in trials] == [0, 1]
        for study, trial, hours in ((leading, trials[0], 1), (helping, trials[1], 3)):
            trial.report(EpochReport(1, 2, 0.5, 10.0))
            trial.tell(Paused())
            set_seconds(study, trial.number, 1, hours * 3600.0)
        leading.reload()
        for study in (leading, helping, StudyRecord(address("three"))):
            costs = study.costs
            assert (costs.seconds, costs.gpu_hours, costs.epochs, costs.money) == (4 * 3600.0, 1.0 + 1.5, 2, 6.25)
            assert study.budget.end == "its budget of 2 GPU-hours is used up"
        assert OptunaSearch(leading, "one:7").ask() is None
        assert OptunaSearch(helping, "two:7").ask() is None
        leading.raise_budget({"gpu_hours": 3.0})
        assert OptunaSearch(helping, "two:7").ask().number == 0, "the one that waits longest, whoever had it"
    assert {trial.worker for trial in StudyRecord(address("three")).trials()} == {"two:7"}


def test_on_the_cpu_no_gpu_hours_are_used(make_study, add_trials):
    study = make_study()
    add_trials(study, 0.5)
    assert (study.costs.gpu_hours, study.costs.money, study.costs.epochs) == (0.0, None, 1)


@pytest.mark.parametrize(
    ("limit", "spent", "end"),
    [
        ("search.epochs=2", "epochs", "its budget of 2 epochs is used up"),
        ("search.gpu_hours=1.5", "gpu_hours", "its budget of 1.5 GPU-hours is used up"),
        ("search.cost=2.5", "cost", "its budget of 2.5 EUR is used up"),
    ],
)
def test_no_trial_begins_once_a_part_of_the_budget_is_used_up_and_one_does_when_it_is_raised(
    make_study, limit, spent, end
):
    study = make_study(PRICE, "search.trials=9", limit)
    trial = begin(study, gpus=1.0)
    trial.report(EpochReport(1, 2, 0.5, 10.0))
    trial.report(EpochReport(2, 2, 0.6, 10.0))
    trial.tell(Paused())
    set_seconds(study, 0, 1, 2 * 3600.0)
    assert (study.spent, study.budget.end, study.state) == (spent, end, "finished")
    assert OptunaSearch(study, "host:1").ask() is None, "not even the one that waits"
    study.raise_budget({spent: 100})
    assert study.budget.end is None
    assert OptunaSearch(study, "host:1").ask().number == 0
    assert StudyRecord(study.address).ledger.budget[spent] == 100


def test_a_changed_file_raises_a_budget_and_lowers_none(make_study, spec):
    study = make_study("search.epochs=10", "search.gpu_hours=5.0")
    adopt_spec(study, spec("search.epochs=20", "search.gpu_hours=1.0"))
    assert (study.budget.epochs, study.budget.gpu_hours) == (20, 5.0)


@pytest.mark.parametrize("limit", ["epochs=20", "gpu_hours=1.5", "timeout=60", "cost=5"])
def test_a_changed_file_limits_what_was_not_limited(make_study, spec, limit):
    study, (key, _, value) = make_study(PRICE), limit.partition("=")
    assert study.ledger.budget.get(key) is None
    adopt_spec(study, spec(PRICE, f"search.{limit}"))
    assert StudyRecord(study.address).ledger.budget == {"trials": 2, "timeout": None, key: float(value)}


def test_a_budget_in_money_needs_a_price(make_study, spec):
    with pytest.raises(SpaceError, match=r"a budget in money needs a price.*Add cost: \{per_gpu_hour"):
        spec("search.cost=5")
    with pytest.raises(UserError, match="a budget in money needs a price"):
        make_study().raise_budget({"cost": 5})


def test_studies_without_such_limits_keep_the_budget_that_earlier_versions_know(make_study, studies):
    assert make_study().ledger.budget == {"trials": 2, "timeout": None}


def pace(*seconds, **fields):
    return StudyPace([TrialCost(each, each / 3600, 4) for each in seconds], **fields)


def test_the_end_is_where_the_first_part_of_the_budget_is_used_up_and_its_range_narrows_with_more_trials():
    budget = Budget(100, 10, None, 0.0, epochs=80, costs=StudyCosts(epochs=40))
    estimate = estimate_end(budget, pace(60.0, 60.0, workers=2.0))
    assert (estimate.by, estimate.seconds) == ("epochs", pytest.approx(10 * 60 / 2))
    few = estimate_end(Budget(100, 10, None, 0.0), pace(30.0, 90.0))
    many = estimate_end(Budget(100, 10, None, 0.0), pace(*[30.0, 90.0] * 10))
    assert few.low < many.low < many.seconds == few.seconds == 90 * 60 < many.high < few.high


def test_a_rule_that_may_end_a_study_lowers_the_earliest_end():
    budget = Budget(100, 10, None, 0.0)
    estimate = estimate_end(budget, pace(60.0, 60.0, patience=5, may_stop=True))
    assert (estimate.low, estimate.seconds, estimate.may_stop) == (300.0, 5400.0, True)


def test_without_an_ended_trial_or_with_nothing_left_there_is_no_estimate():
    assert estimate_end(Budget(100, 0, None, 0.0), StudyPace()) is None
    assert estimate_end(Budget(10, 10, None, 0.0), pace(60.0)) is None
    running = estimate_end(Budget(10, 10, None, 0.0), pace(60.0, 100.0, ages=(50.0,)))
    assert running == EndEstimate(30.0, 0.0, 80.0, "trials", may_stop=False)


def test_the_estimate_of_a_study_supposes_that_as_many_will_be_pruned(make_study, add_trials, studies):
    study = make_study("search.trials=6")
    add_trials(study, 0.5, "pruned")
    set_seconds(study, 0, 1, 100.0)
    set_seconds(study, 1, 1, 20.0)
    assert study.estimate_end().seconds == pytest.approx(4 * 60, rel=0.01)
    assert isinstance(study, ActiveStudy)
