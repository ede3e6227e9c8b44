"""Importances tell what decided, and say so when they cannot."""

from __future__ import annotations

import random

import pytest

from hpo.analysis import importances, render
from hpo.analysis.importance import importances_of, influential_parameters

NOISE = 0.01


def rows(found) -> dict[str, float]:
    """The shares of what is told apart from chance."""
    return {name: share for name, share in found.shares.items() if name not in found.by_chance}


def test_the_parameter_that_decides_the_value_is_the_most_important(study):
    found = importances(study)
    assert next(iter(found.shares)) == "learning_rate"
    assert found.shares["learning_rate"] > 0.5
    assert "learning_rate" not in found.by_chance
    assert sum(found.shares.values()) == pytest.approx(1)
    assert (found.trials, found.method) == (30, "fANOVA")


@pytest.mark.parametrize("seed", range(3))
def test_one_choice_that_makes_all_of_the_difference_has_nearly_all_of_the_shares(empty_study, complete_trials, seed):
    noise = random.Random(seed)
    complete_trials(empty_study, 25, lambda params: 0.5 + 0.4 * (params["optimizer"] == "adam") + noise.gauss(0, NOISE))
    found = importances(empty_study)
    assert list(rows(found)) == ["optimizer"]
    assert found.shares["optimizer"] > 0.9


def test_a_parameter_that_only_some_trials_have_is_ranked_by_what_it_does_in_them(empty_study, complete_trials):
    noise = random.Random(0)

    def value(params) -> float:
        return 0.5 + 0.5 * (params.get("optimizer.sgd.momentum", 0.45) - 0.45) + noise.gauss(0, NOISE)

    complete_trials(empty_study, 40, value)
    found = importances(empty_study)
    assert found.conditional == ("optimizer.sgd.momentum",)
    assert list(rows(found)) == ["optimizer.sgd.momentum"]
    assert found.shares["optimizer.sgd.momentum"] > 0.5
    assert "Only some trials have optimizer.sgd.momentum." in found.in_words()


def test_what_opens_a_parameter_is_no_merit_of_the_parameter(empty_study, complete_trials):
    noise = random.Random(0)
    complete_trials(empty_study, 40, lambda params: 0.5 + 0.3 * (params["optimizer"] == "sgd") + noise.gauss(0, NOISE))
    found = importances(empty_study)
    assert list(rows(found)) == ["optimizer"]
    assert found.shares["optimizer.sgd.momentum"] < 0.1


@pytest.mark.parametrize("seed", range(3))
def test_of_noise_nothing_is_told_apart_from_chance(empty_study, complete_trials, seed):
    noise = random.Random(seed)
    complete_trials(empty_study, 20, lambda params: noise.random())
    found = importances(empty_study)
    assert set(found.by_chance) == set(found.shares) != set()
    assert "No parameter is told apart from chance" in " ".join(found.in_words())
    assert "No parameter is told apart from chance" in render(empty_study)


def test_what_is_not_told_apart_stands_below_what_is_and_is_named(study):
    found = importances(study)
    assert tuple(found.shares)[-len(found.by_chance) :] == found.by_chance != ()
    assert f"{', '.join(found.by_chance)} cannot be told apart from chance" in " ".join(found.in_words())


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("better", [1, 3])
def test_where_nearly_all_trials_have_the_same_value_that_is_said_in_words(empty_study, complete_trials, better):
    values = iter([0.1] * (60 - better) + [0.9] * better)
    complete_trials(empty_study, 60, lambda params: next(values))
    found = importances(empty_study)
    assert found.ties == 60 - better
    told = " ".join(found.in_words())
    assert f"{60 - better} of the trials have the same value, so all rests on the other {better}" in told
    assert len(set(found.shares.values())) > 1, "equal shares would be no answer"


def test_ties_do_not_hide_a_parameter_that_decides(empty_study, complete_trials):
    complete_trials(empty_study, 100, lambda params: 0.9 if params["learning_rate"] > 0.06 else 0.1)
    found = importances(empty_study)
    assert found.ties > 90
    assert next(iter(found.shares)) == "learning_rate"
    assert "learning_rate" not in found.by_chance


def test_the_same_study_gives_the_same_answer(study):
    assert importances(study) == importances(study)


def test_with_several_objectives_importances_are_for_being_near_the_front(two_objectives):
    found = importances(two_objectives)
    assert found.trials == 40
    assert set(found.shares) == {"depth", "learning_rate", "optimizer", "optimizer.sgd.momentum"}
    assert sum(found.shares.values()) == pytest.approx(1)


@pytest.mark.parametrize(("n_trials", "reason"), [(0, "there are 0"), (1, "there are 1"), (5, "the same values")])
def test_nothing_is_said_of_too_few_trials_or_of_equal_values(empty_study, complete_trials, n_trials, reason):
    complete_trials(empty_study, n_trials, lambda params: 0.5)
    found = importances(empty_study)
    assert found.shares == {}
    assert reason in found.reason


def test_plain_values_say_which_shares_are_not_told_apart(study):
    plain = importances(study).to_json()
    assert set(plain) == {"shares", "by_chance", "conditional", "trials", "ties", "reason", "method"}
    assert plain["method"] == "fANOVA"


def test_a_parameter_that_never_varied_decides_nothing(empty_study, complete_trials):
    complete_trials(empty_study, 30, lambda params: params["learning_rate"])
    trials = [trial for trial in empty_study.optuna_study.trials if trial.params["depth"] == 1]
    values = [trial.value for trial in trials]
    assert "depth" not in importances_of(trials, values)
    assert influential_parameters(trials, values) == {"learning_rate"}
