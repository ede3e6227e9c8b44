"""TPE in columns: it draws what Optuna's own TPE draws."""

from __future__ import annotations

import optuna

from hpo.search.optuna.search import OptunaSearch
from hpo.search.optuna.untried import SeededPerTrial


def _draw_by_both(search, settings):
    """Draw the next configs, by Optuna's own sampler and by that of a search, of the same trials and seeds."""
    study, space = search._study, search._active.spec.space
    by_optuna = SeededPerTrial(
        search._active.spec.seed,
        lambda seed: optuna.samplers.TPESampler(multivariate=True, group=True, seed=seed, **settings),
    )
    trial = search._active.frozen_trials()[-1]
    for attempt in range(5):
        draws = []
        for sampler in (by_optuna, search._untried._sampler):
            study._thread_local.cached_all_trials = None
            sampler.begin(study, trial, attempt)
            draws.append(sampler.draw(space, study, trial, {}))
        yield draws


def test_tpe_draws_to_the_last_bit_what_optunas_own_draws_while_other_trials_run(make_study, drive):
    study = make_study(sampler="{tpe: {n_startup_trials: 4}}")
    drive(study, 14)
    search = OptunaSearch(study, "host:1")
    for _ in range(3):
        search.ask()
    for expected, drawn in _draw_by_both(search, {"n_startup_trials": 4}):
        assert drawn == expected
