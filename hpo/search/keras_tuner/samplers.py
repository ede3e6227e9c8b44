"""KerasTuner's oracles as samplers: what one knows is told it anew before each draw, from the trials of the study."""

from __future__ import annotations

import random
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

import keras_tuner
import optuna
from keras_tuner.engine.trial import Trial, TrialStatus
from optuna.trial import FrozenTrial
from sklearn.exceptions import ConvergenceWarning

from hpo.search.keras_tuner.hyperparameters import TunedSpace
from hpo.search.optuna.untried import SeededPerTrial
from hpo.search.seeding import trial_seed
from hpo.spaces import Objective, Params, ScalarValue, SearchSpace, StudySpec
from hpo.studies.store.stored import state_of

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


class OracleSampler(SeededPerTrial):
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
        super().__init__(spec.seed, lambda seed: optuna.samplers.RandomSampler(seed=seed))  # which is not asked
        self.attempts = attempts
        self._spec, self._make_oracle = spec, make
        self._space = TunedSpace(spec.space)

    def begin(self, study: optuna.Study, trial: FrozenTrial, attempt: int) -> None:
        """Make the oracle of an attempt."""
        self._draw_seed = seed = trial_seed(self._spec.seed, trial.number, attempt) or 1  # KerasTuner takes 0 for none
        objective, hyperparameters = score_direction(self._spec.objective), self._space.hyperparameters
        self._oracle = self._make_oracle(objective=objective, hyperparameters=hyperparameters, seed=seed)
        told: dict[str, list[FrozenTrial]] = defaultdict(list)
        for other in study.get_trials(deepcopy=False):
            if other.number != trial.number and other.params:
                told[_STATUS.get(state_of(other), TrialStatus.FAILED)].append(other)
        running = told.pop(TrialStatus.RUNNING, [])
        for status, others in told.items():
            self._tell(others, status)
        guesses = isinstance(self._oracle, keras_tuner.oracles.BayesianOptimizationOracle)
        if guesses and running and TrialStatus.COMPLETED in told:
            with _quiet():  # by which it guesses the values of those that run
                self._oracle.gpr.fit(*self._oracle._vectorize_trials())
        self._tell(running, TrialStatus.RUNNING)

    def _tell(self, others: Iterable[FrozenTrial], status: str) -> None:
        for other in others:
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
        return space.draw(random.Random(self._draw_seed), {**proposal, **fixed})
