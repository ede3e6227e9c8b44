"""Optuna's samplers for what a file names, seeded so that a stopped search goes on as if it had not stopped."""

from __future__ import annotations

from functools import partial
from typing import assert_never

import optuna
from optuna.trial import FrozenTrial, TrialState

from hpo.search.optuna.curve_sampler import CurveSampler
from hpo.search.optuna.pruning.pruners import most_epochs
from hpo.search.optuna.qmc_sampler import NumberedQmc
from hpo.search.optuna.settings import Auto, CmaEs, Gp, Grid, Nsga2, Qmc, Random, Tpe, settings_of
from hpo.search.optuna.tpe_sampler import GroupedTpe, TrialColumns
from hpo.search.optuna.untried import RedrawingSampler, SeededPerTrial
from hpo.search.seeding import trial_seed
from hpo.spaces import SearchSpace, StudySpec
from hpo.spaces.sections.section import plain
from hpo.studies.store.stored import state_of


def make_sampler(spec: StudySpec, first_trial: int = 0) -> RedrawingSampler:  # noqa: PLR0911 - one return a sampler
    """Give the sampler that a file names; `check_installed` has checked that its packages are there.

    Args:
        spec: the file.
        first_trial: the first one of the space as it is; those before it were of another.
    """
    settings = settings_of(spec).sampler
    if isinstance(settings, Auto) and len(spec.objectives) > 1:
        settings = Tpe()
    match settings:
        case Auto():
            maximize = spec.objective.direction == "maximize"
            is_constrained = any(not constraint.measures for constraint in spec.constraints)
            admits = spec.admits if is_constrained else None
            return CurveSampler(spec.space, spec.seed, most_epochs(spec), maximize=maximize, admits=admits)
        case Tpe():
            tpe = partial(GroupedTpe, TrialColumns(), **plain(settings))
            return SeededPerTrial(spec.seed, lambda seed: tpe(seed=seed))
        case Random():
            return SeededPerTrial(spec.seed, lambda seed: optuna.samplers.RandomSampler(seed=seed))
        case Gp():
            return RandomAfterInfeasible(
                spec.seed, lambda seed: optuna.samplers.GPSampler(seed=seed, **plain(settings))
            )
        case Nsga2():
            return SeededPerTrial(spec.seed, lambda seed: optuna.samplers.NSGAIISampler(seed=seed, **plain(settings)))
        case CmaEs():
            from hpo.search.optuna.cmaes_sampler import ReplayedCmaEs

            return ReplayedCmaEs(spec.space, spec.seed, settings.n_startup_trials, first_trial)
        case Qmc():
            return NumberedQmc(spec.space, spec.seed, settings.qmc_type)
        case Grid():
            return EnumeratingSampler(spec.space, spec.seed)
        case _:
            assert_never(settings)


class RandomAfterInfeasible(SeededPerTrial):
    """Draws at random after a trial that constraints ruled out.

    Gaussian processes learn from complete trials alone: they would ask for the same config for ever.
    """

    attempts = 2
    """The maximum of an acquisition function hardly depends on the seed, and takes seconds to find."""

    def begin(self, study: optuna.Study, trial: FrozenTrial, attempt: int) -> None:
        """Make the attempt's sampler."""
        super().begin(study, trial, attempt)
        ended = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
        if ended and state_of(ended[-1]) == "infeasible":
            self._sampler = optuna.samplers.RandomSampler(seed=trial_seed(self._seed, trial.number, attempt))


class EnumeratingSampler(SeededPerTrial):
    """Draws nothing by itself: what no trial has is enumerated, in one order for the whole study.

    Optuna's GridSampler crosses all parameters, also those that the chosen alternative leaves inactive, and so runs
    the same configuration many times in a conditional space.
    """

    attempts = 0

    def __init__(self, space: SearchSpace, seed: int) -> None:
        if space.size is None:
            raise ValueError("a grid needs finitely many values")
        super().__init__(seed, lambda seed: optuna.samplers.RandomSampler(seed=seed))
