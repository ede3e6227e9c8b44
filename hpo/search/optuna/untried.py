"""No config is trained twice: one that another trial has is drawn again, and the last ones are enumerated."""

from __future__ import annotations

import random
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from math import gcd
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial

from hpo.search.seeding import trial_seed
from hpo.spaces import Float, Parameter, Params, ScalarValue, SearchSpace
from hpo.studies import TriedConfigs, distribution

_GOLDEN = 0.6180339887498949
_RANDOM_DRAWS = 100
"""After so many repeats in a row, hardly more than a few percent of what there is to draw can be untried."""


class RedrawingSampler(BaseSampler):
    """A sampler that can draw for the same trial again, otherwise."""

    attempts = 10
    """Draws for a trial; where all of them repeat configs, other ways are taken to find an untried one."""

    @abstractmethod
    def begin(self, study: optuna.Study, trial: FrozenTrial, attempt: int) -> None:
        """Seed what is drawn next; every attempt, counted from 0, has a seed of its own."""

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Prepare the first attempt."""
        self.begin(study, trial, 0)

    def draw(
        self, space: SearchSpace, study: optuna.Study, trial: FrozenTrial, fixed: Mapping[str, ScalarValue]
    ) -> Params:
        """Draw a config as Optuna's `suggest_*` would, without a word to the storage; `fixed` values are not drawn."""
        axes = self.infer_relative_search_space(study, trial)
        joint = self.sample_relative(study, trial, axes)

        def draw_value(parameter: Parameter) -> ScalarValue:
            name, allowed = parameter.name, distribution(parameter)
            if name in fixed:
                return fixed[name]
            is_joint = name in joint and allowed._contains(allowed.to_internal_repr(joint[name]))
            value: ScalarValue = joint[name] if is_joint else self.sample_independent(study, trial, name, allowed)
            return value

        return space.fill(draw_value)[1]


class SeededPerTrial(RedrawingSampler):
    """Gives every trial a sampler of its own, seeded by the study's seed and the trial's number.

    One seed a process would make parallel workers draw the same random points, and a continued study repeat those of
    its beginning. What samplers learn, they learn from the storage, so nothing is lost between trials.
    """

    def __init__(self, seed: int, make: Callable[[int], BaseSampler]) -> None:
        self._seed = seed
        self._make = make
        self._sampler = make(trial_seed(seed, 0))

    def begin(self, study: optuna.Study, trial: FrozenTrial, attempt: int) -> None:
        """Make the attempt's sampler."""
        self._sampler = self._make(trial_seed(self._seed, trial.number, attempt))
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


class UntriedConfigs:
    """Draws configs of a space that no trial of a study has."""

    def __init__(self, space: SearchSpace, sampler: RedrawingSampler, seed: int) -> None:
        self._space = space
        self._sampler = sampler
        self._seed = seed

    def draw(
        self, study: optuna.Study, trial: FrozenTrial, fixed: Mapping[str, ScalarValue], tried: TriedConfigs
    ) -> Params | None:
        """Draw a config that no other trial has; None if every one is tried.

        Args:
            study: what the sampler learns from.
            trial: for which to draw.
            fixed: values that are not drawn.
            tried: compares the configs of trials.
        """
        is_taken = tried.find_taken(study.get_trials(deepcopy=False), besides=trial.number)
        ways = [self._enumerate(trial, fixed)]
        if self._sampler.attempts:
            ways = [self._sample(study, trial, fixed), self._draw_at_random(trial, fixed), *ways]
        return next((params for params in chain(*ways) if not is_taken(params)), None)

    def _sample(self, study: optuna.Study, trial: FrozenTrial, fixed: Mapping[str, ScalarValue]) -> Iterator[Params]:
        for attempt in range(self._sampler.attempts):
            self._sampler.begin(study, trial, attempt)
            yield self._sampler.draw(self._space, study, trial, fixed)

    def _draw_at_random(self, trial: FrozenTrial, fixed: Mapping[str, ScalarValue]) -> Iterator[Params]:
        generator = random.Random(trial_seed(self._seed, trial.number))
        for _ in range(_RANDOM_DRAWS):
            yield self._space.draw(generator, fixed)

    def _enumerate(self, trial: FrozenTrial, fixed: Mapping[str, ScalarValue]) -> Iterator[Params]:
        """Give every config where they are finitely many; else some in which a number is new, which can only be so."""
        rest = self._space.restrict(fixed)
        if rest.size is not None:
            for index in spread(rest.size, self._seed):
                params = {**fixed, **rest.nth(index)}
                yield self._space.fill(lambda parameter, params=params: params[parameter.name])[1]  # type: ignore[misc]
            return
        generator = random.Random(trial_seed(self._seed, trial.number, self._sampler.attempts))
        for parameter, conditions in rest.conditions():
            if isinstance(parameter, Float) and parameter.size is None:
                needed = {name: values[0] for name, values in conditions.items()}
                yield self._space.draw(generator, {**fixed, **needed})


def spread(size: int, seed: int) -> Iterator[int]:
    """Give each number below `size` once, the first ones spread over the range by strides of the golden ratio."""
    stride = next(step for step in range(max(1, round(size * _GOLDEN)), size + 2) if gcd(step, size) == 1)
    offset = trial_seed(seed, 0) % size
    return ((offset + position * stride) % size for position in range(size))
