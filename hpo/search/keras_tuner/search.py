"""Search by an oracle of KerasTuner."""

from __future__ import annotations

from functools import partial

import keras_tuner
import optuna

from hpo.search.backend import SearchBackend
from hpo.search.keras_tuner.hyperband import HyperbandSearch
from hpo.search.keras_tuner.samplers import OracleSampler
from hpo.search.keras_tuner.settings import BayesianOracle, HyperbandOracle, KerasTunerSettings
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import ActiveStudy

_BAYESIAN_DRAWS = 2
"""The maximum of an acquisition function hardly depends on the seed, and takes seconds to find."""


def open_search(study: ActiveStudy, worker: str) -> SearchBackend:
    """Give the search that the section names; see `hpo.search.open_backend`."""
    settings = study.spec.search
    if not isinstance(settings, KerasTunerSettings):
        raise TypeError(f"the file has {settings.backend} decide what to try")
    oracle = settings.oracle
    if isinstance(oracle, HyperbandOracle):
        return HyperbandSearch(study, worker, oracle)
    if isinstance(oracle, BayesianOracle):
        make = partial(
            keras_tuner.oracles.BayesianOptimizationOracle,
            num_initial_points=oracle.num_initial_points,
            alpha=oracle.alpha,
            beta=oracle.beta,
        )
        sampler = OracleSampler(study.spec, make, _BAYESIAN_DRAWS)
    else:
        sampler = OracleSampler(study.spec, keras_tuner.oracles.RandomSearchOracle, OracleSampler.attempts)
    return OptunaSearch(study, worker, sampler, optuna.pruners.NopPruner())
