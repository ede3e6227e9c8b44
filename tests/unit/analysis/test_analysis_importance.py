"""Importances tell what decided, and say so when they cannot."""

from __future__ import annotations

import pytest

from hpo.analysis import importances


def test_the_parameter_that_decides_the_value_is_the_most_important(study):
    found = importances(study)
    assert next(iter(found.shares)) == "learning_rate"
    assert found.shares["learning_rate"] > 0.5
    assert sum(found.shares.values()) == pytest.approx(1)
    assert found.trials == 30


def test_a_parameter_that_only_some_trials_have_is_named_and_left_out(study):
    found = importances(study)
    assert found.conditional == ("optimizer.sgd.momentum",)
    assert set(found.shares) == {"depth", "learning_rate", "optimizer"}


def test_with_several_objectives_importances_are_for_being_near_the_front(two_objectives):
    found = importances(two_objectives)
    assert found.trials == 40
    assert set(found.shares) == {"depth", "learning_rate", "optimizer"}
    assert sum(found.shares.values()) == pytest.approx(1)


@pytest.mark.parametrize(("n_trials", "reason"), [(0, "there are 0"), (1, "there are 1"), (5, "the same values")])
def test_nothing_is_said_of_too_few_trials_or_of_equal_values(empty_study, complete_trials, n_trials, reason):
    complete_trials(empty_study, n_trials, lambda params: 0.5)
    found = importances(empty_study)
    assert found.shares == {}
    assert reason in found.reason


def test_a_parameter_that_never_varied_decides_nothing(study):
    fixed = {trial.number: trial.params["depth"] for trial in study.frozen_trials()}
    assert len(set(fixed.values())) > 1, "else this shows nothing"
    found = importances(_OneDepth(study))
    assert "depth" not in found.shares


class _OneDepth:
    """A study as it would be if only trials of depth 1 had completed."""

    def __init__(self, study):
        self._study = study
        self.optuna_study = study.optuna_study

    def compared_trials(self):
        return [trial for trial in self._study.compared_trials() if trial.params.get("depth") == 1]
