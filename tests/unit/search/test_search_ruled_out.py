"""A sampler that learns from complete trials alone, where constraints rule out what it asks for."""

from __future__ import annotations

import optuna
from optuna.distributions import FloatDistribution

from hpo.search.optuna.samplers import RandomAfterInfeasible


class _Stubborn(optuna.samplers.RandomSampler):
    """Asks for the highest value, as a Gaussian process does that has only seen that higher is better."""

    def sample_independent(self, study, trial, param_name, param_distribution):
        return param_distribution.high


def test_the_trial_after_one_that_was_ruled_out_is_drawn_at_random():
    study = optuna.create_study(sampler=RandomAfterInfeasible(3, lambda seed: _Stubborn(seed=seed)))
    asked = []
    for _ in range(6):
        trial = study.ask({"x": FloatDistribution(0.0, 1.0)})
        asked.append(trial.params["x"])
        trial.set_constraint("x < 1", asked[-1] - 0.999)
        ruled_out = asked[-1] >= 0.999
        study.tell(trial, None if ruled_out else asked[-1], optuna.trial.TrialState.PRUNED if ruled_out else None)
    assert asked[::2] == [1.0, 1.0, 1.0]
    assert all(value < 0.999 for value in asked[1::2])
    assert len(set(asked[1::2])) == 3
