"""PED-ANOVA gives what Optuna gives for numbers, and what its definition says for choices."""

from __future__ import annotations

import warnings

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, create_trial

from hpo.analysis.importance.ped_anova import prepare_ped_anova
from hpo.analysis.importance.sample import make_sample

DISTRIBUTIONS = {
    "rate": FloatDistribution(1e-5, 1e-1, log=True),
    "dropout": FloatDistribution(0.0, 1.0),
    "depth": IntDistribution(1, 5),
    "units": IntDistribution(8, 512, log=True),
}


def draw_trials(n_trials: int) -> list[FrozenTrial]:
    """Draw trials of which half have the dropout; several have the same value."""
    random = np.random.default_rng(0)
    trials = []
    for number in range(n_trials):
        params = {
            "rate": float(10 ** random.uniform(-5, -1)),
            "depth": int(random.integers(1, 6)),
            "units": int(random.integers(8, 513)),
        }
        if number % 2:
            params["dropout"] = float(random.random())
        value = round(abs(np.log10(params["rate"]) + 3) + params.get("dropout", 0.5) - 0.1 * params["depth"], 1)
        distributions = {name: DISTRIBUTIONS[name] for name in params}
        trials.append(create_trial(value=value, params=params, distributions=distributions))
    return trials


@pytest.mark.parametrize("n_trials", [12, 200])
def test_numbers_have_the_importance_that_optuna_computes(n_trials):
    trials = draw_trials(n_trials)
    sample = make_sample(trials, [trial.value for trial in trials])
    counts = np.random.default_rng(1).multinomial(n_trials, np.full(n_trials, 1 / n_trials))
    study = optuna.create_study()
    ranges = {axis.name: axis.distribution for axis in sample.axes}  # those of the values that there are
    for trial, count in zip(trials, counts, strict=True):
        distributions = {name: ranges[name] for name in trial.params}
        drawn = create_trial(value=trial.value, params=trial.params, distributions=distributions)
        study.add_trials([drawn] * int(count))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is experimental, and says so
        evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=max(0.1, 5 / n_trials))
        theirs = evaluator.evaluate(study)
    ours = dict(zip(ranges, prepare_ped_anova(sample)(counts, None)[0], strict=True))
    assert ours == pytest.approx(theirs, rel=1e-9)


def test_a_choice_that_alone_sets_the_best_trials_apart_has_the_divergence_of_its_definition():
    random, n_trials = np.random.default_rng(0), 2000
    is_good = random.random(n_trials) < 0.25
    distribution = {"flip": CategoricalDistribution(["none", "flip"])}
    trials = [
        create_trial(
            value=0.0 if good else 1.0, params={"flip": "flip" if good else "none"}, distributions=distribution
        )
        for good in is_good
    ]
    sample = make_sample(trials, [trial.value for trial in trials])
    (importance,) = prepare_ped_anova(sample)(np.ones(n_trials, int), None)[0]
    share = is_good.mean()  # all of them are the best, having the same value
    assert importance == pytest.approx(share**2 * (share * (1 / share - 1) ** 2 + (1 - share)), rel=0.01)
