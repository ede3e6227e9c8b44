"""KerasTuner's oracles as samplers: what one knows is told it anew before each draw, from the trials of the study."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras_tuner
import optuna
from keras_tuner.engine.trial import Trial, TrialStatus
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial
from sklearn.exceptions import ConvergenceWarning

from hpo.search.keras_tuner.hyperparameters import TunedSpace
from hpo.search.optuna.untried import RedrawingSampler
from hpo.search.seeding import trial_seed
from hpo.spaces import Objective, Params, ScalarValue, SearchSpace, StudySpec
from hpo.studies.record.record import state_of

MakeOracle = Callable[..., keras_tuner.Oracle]
_STATUS = {
    "complete": TrialStatus.COMPLETED,
    "pruned": TrialStatus.COMPLETED,
    "running": TrialStatus.RUNNING,
    "waiting": TrialStatus.RUNNING,
}


def score_direction(objective: Objective) -> keras_tuner.Objective:
    """Give the objective as an oracle has it."""
    return keras_tuner.Objective("value", "max" if objective.direction == "maximize" else "min")


@contextmanager
def _quiet() -> Iterator[None]:
    """Have scikit-learn not warn of bounds of the kernel, which are KerasTuner's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


class OracleSampler(RedrawingSampler):
    """Draws what an oracle proposes that is told of all trials so far.

    The oracle has a seed of its own for each trial and each draw, so that parallel workers draw different configs and a
    search that goes on draws what it would have drawn.
    """

    def __init__(self, spec: StudySpec, make: MakeOracle, attempts: int) -> None:
        """Prepare to draw.

        Args:
            spec: the file.
            make: makes an oracle of `objective`, `hyperparameters` and `seed`.
            attempts: draws for a trial, where configs repeat.
        """
        self.attempts = attempts
        self._spec, self._make = spec, make
        self._space = TunedSpace(spec.space)

    def begin(self, study: optuna.Study, trial: FrozenTrial, attempt: int) -> None:
        """Make the oracle of an attempt."""
        self._seed = trial_seed(self._spec.seed, trial.number, attempt) or 1  # KerasTuner takes 0 for none
        objective = score_direction(self._spec.objective)
        self._oracle = self._make(objective=objective, hyperparameters=self._space.hyperparameters, seed=self._seed)
        others = [other for other in study.get_trials(deepcopy=False) if other.number != trial.number and other.params]
        told = {other.number: _STATUS.get(state_of(other), TrialStatus.FAILED) for other in others}
        for other in others:
            if told[other.number] != TrialStatus.RUNNING:
                self._tell(other, told[other.number])
        is_guessed = isinstance(self._oracle, keras_tuner.oracles.BayesianOptimizationOracle)
        if is_guessed and TrialStatus.RUNNING in told.values() and TrialStatus.COMPLETED in told.values():
            with _quiet():  # by which it guesses the values of those that run
                self._oracle.gpr.fit(*self._oracle._vectorize_trials())
        for other in others:
            if told[other.number] == TrialStatus.RUNNING:
                self._tell(other, told[other.number])

    def _tell(self, other: FrozenTrial, status: str) -> None:
        trial = Trial(self._space.encode(self._spec.space.snap(other.params)), str(other.number), status)
        trial.score = other.value
        self._oracle.trials[trial.trial_id] = trial
        if status == TrialStatus.RUNNING:
            self._oracle.ongoing_trials[trial.trial_id] = trial

    def draw(
        self, space: SearchSpace, study: optuna.Study, trial: FrozenTrial, fixed: Mapping[str, ScalarValue]
    ) -> Params:
        """Draw a config: what the oracle proposes, but for what is `fixed`, and what that opens at random."""
        with _quiet():
            proposal = self._space.decode(self._oracle.populate_space(str(trial.number))["values"])
        return space.draw(random.Random(self._seed), {**proposal, **fixed})

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Give none: `draw` is all that is called."""
        return {}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Give none: `draw` is all that is called."""
        return {}

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:  # noqa: ANN401 - Optuna's interface
        """Raise: `draw` is all that is called."""
        raise NotImplementedError
