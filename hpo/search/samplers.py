"""Optuna's samplers for what a file names, seeded so that a stopped search goes on as if it had not stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import gcd
from typing import Any, assert_never

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from hpo.search.cmaes_sampler import ReplayedCmaEs
from hpo.search.qmc_sampler import NumberedQmc
from hpo.search.seeding import trial_seed
from hpo.spaces import SearchSpace, StudySpec
from hpo.spaces.search_settings import CmaEs, Gp, Grid, Nsga2, Qmc, Random, Tpe
from hpo.spaces.section import plain
from hpo.studies import Carried
from hpo.studies.record import state_of

_GOLDEN = 0.6180339887498949
NOTHING_CARRIED = Carried(0)


def make_sampler(spec: StudySpec, carried: Carried | None = None) -> BaseSampler:  # noqa: PLR0911 - one return a sampler
    """The sampler that a file names; `check_installed` has held that its packages are there.

    Args:
        spec: the file.
        carried: what there was in the study when its space last changed, if it has.
    """
    settings = spec.search.sampler
    match settings:
        case Tpe():
            # Groups are multivariate; Optuna 5 warns where several objectives leave that unsaid.
            tpe = partial(optuna.samplers.TPESampler, multivariate=True, group=True, **plain(settings))
            return SeededPerTrial(spec.seed, lambda seed: tpe(seed=seed))
        case Random():
            return SeededPerTrial(spec.seed, lambda seed: optuna.samplers.RandomSampler(seed=seed))
        case Gp():
            return PastRuledOut(spec.seed, lambda seed: optuna.samplers.GPSampler(seed=seed, **plain(settings)))
        case Nsga2():
            return SeededPerTrial(spec.seed, lambda seed: optuna.samplers.NSGAIISampler(seed=seed, **plain(settings)))
        case CmaEs():
            return ReplayedCmaEs(spec.space, spec.seed, settings.n_startup_trials, carried)
        case Qmc():
            return NumberedQmc(spec.space, spec.seed, settings.qmc_type)
        case Grid():
            return GridOfActive(spec.space, spec.seed, carried or Carried(len(spec.start_from)))
        case _:
            assert_never(settings)


class SeededPerTrial(BaseSampler):
    """Gives every trial a sampler of its own, seeded by the study's seed and the trial's number.

    One seed a process would make parallel workers draw the same random points, and a continued study repeat those of
    its beginning. What samplers learn, they learn from the storage, so nothing is lost between trials.
    """

    def __init__(self, seed: int, make: Callable[[int], BaseSampler]) -> None:
        self._seed = seed
        self._make = make
        self._sampler = make(trial_seed(seed, 0))

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Make the trial's sampler."""
        self._sampler = self._make(trial_seed(self._seed, trial.number))
        self._sampler.before_trial(study, trial)

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Delegates."""
        return self._sampler.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Delegates."""
        return self._sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:  # noqa: ANN401 - Optuna's interface
        """Delegates."""
        return self._sampler.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Delegates."""
        self._sampler.after_trial(study, trial, state, values)


class PastRuledOut(SeededPerTrial):
    """Draws at random after a trial that constraints ruled out.

    Gaussian processes learn from complete trials alone: they would ask for the same config for ever.
    """

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Make the trial's sampler."""
        super().before_trial(study, trial)
        ended = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
        if ended and state_of(ended[-1]) == "infeasible":
            self._sampler = optuna.samplers.RandomSampler(seed=trial_seed(self._seed, trial.number))


class GridOfActive(BaseSampler):
    """Every configuration once, by the number of the trial.

    Trials that were there before the space was are no part of it, and what they have tried is not tried again; what
    those leave out that try the configs that a file starts from is drawn at random.

    Optuna's GridSampler crosses all parameters, also those that the chosen alternative leaves inactive, and so runs
    the same configuration many times in a conditional space. Since the number alone decides, any number of workers
    cover the grid without talking to each other, and a continued study goes on where it stopped.
    """

    def __init__(self, space: SearchSpace, seed: int, carried: Carried = NOTHING_CARRIED) -> None:
        size = space.size
        if size is None:
            raise ValueError("a grid needs finitely many values")
        self._space = space
        self._size = size
        self._carried = carried
        self._untried: list[int] = []
        self._looked_at = 0
        self._tried: set[frozenset[tuple[str, Any]]] = set()
        self._seed = seed
        self._random = optuna.samplers.RandomSampler(seed=seed)
        self._offset = trial_seed(seed, 0) % size
        self._stride = next(step for step in range(max(1, round(size * _GOLDEN)), size + 2) if gcd(step, size) == 1)

    def order(self, number: int) -> int:
        """The configuration that comes `number`-th, from 0.

        Strides of the golden ratio spread the first ones over the grid.
        """
        return (self._offset + number * self._stride) % self._size

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Seed what is drawn at random."""
        self._random = optuna.samplers.RandomSampler(seed=trial_seed(self._seed, trial.number))

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Nothing is sampled jointly."""
        return {}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Nothing is sampled jointly."""
        return {}

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:  # noqa: ANN401 - Optuna's interface
        """The parameter's value in the trial's configuration."""
        position = trial.number - self._carried.trials
        if position < 0:
            return self._random.sample_independent(study, trial, param_name, param_distribution)
        return self._space.nth(self._config(study, position))[param_name]

    def _config(self, study: optuna.Study, position: int) -> int:
        """The configuration that comes `position`-th among those that were not tried before."""
        if not self._carried.tried:
            return self.order(position)
        if not self._untried:
            trials = study.get_trials(deepcopy=False)
            self._tried = {_key(trial.params) for trial in trials if trial.number in self._carried.tried}
        while len(self._untried) <= position and self._looked_at < self._size:
            index = self.order(self._looked_at)
            self._looked_at += 1
            if _key(self._space.nth(index)) not in self._tried:
                self._untried.append(index)
        return self._untried[position] if position < len(self._untried) else self.order(position)


def _key(params: Mapping[str, Any]) -> frozenset[tuple[str, Any]]:
    return frozenset(params.items())
