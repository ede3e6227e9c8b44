"""How much a search can gain yet: a bound on its regret by a Gaussian process.

Makarova, Shen, Perrone, Klein, Faddoul, Krause, Seeger and Archambeau (2022), "Automatic Termination for Hyperparameter
Optimization": the least upper confidence bound of what was tried less the least lower confidence bound of the whole
space, here for a value that is maximized. By theory it holds with a probability of 0.9; scaled down as in the paper, it
is a rule of thumb (`benchmarks/search/stopping.py`).
"""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hpo.spaces import Params, ScalarValue, SearchSpace, StudySpec
from hpo.spaces.space.parameters import Choice, Parameter
from hpo.studies.store.ledger import StudyLedger, is_candidate
from hpo.studies.store.stored import StoredTrial

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

_DELTA = 0.1
_SCALED_DOWN = 5.0
"""As the paper does with beta, after Srinivas et al. (2010)."""
_CANDIDATES = 2000
_NEIGHBOURS = 500
_MOST_TRIALS = 200
_ABSENT = 0.5
"""The coordinate of a number that a config does not have: in the middle, at the same distance from all others."""


def bound_regret(spec: StudySpec, trials: Sequence[FrozenTrial | StoredTrial]) -> float | None:
    """Bound how much better than the best trial the best config of the space may be, in units of the objective.

    Complete trials count with their values; what is worse than their median, as the median, and so do pruned trials,
    which a pruner has taken for hopeless: both say that nothing is to be gained there, and not how bad it is. Of more
    than 200 trials, the best half and the latest count.

    Args:
        spec: of a study with one objective.
        trials: those of the study.

    Returns:
        None where fewer than two trials are complete, or all have the same value.
    """
    import numpy as np
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    sign = 1.0 if spec.objectives[0].direction == "maximize" else -1.0
    known = [(trial, _value_of(trial, sign)) for trial in trials if is_candidate(trial.user_attrs) and trial.params]
    complete = [value for trial, value in known if value is not None and trial.state.name == "COMPLETE"]
    if len(complete) < 2 or min(complete) == max(complete):  # noqa: PLR2004 - a spread needs two
        return None
    median = float(np.median(complete))
    told = [(trial, max(median, value)) for trial, value in known if value is not None]
    if len(told) > _MOST_TRIALS:
        best = sorted(told, key=lambda item: -item[1])[: _MOST_TRIALS // 2]
        numbers = {trial.number for trial, _ in best}
        told = [*best, *[item for item in told if item[0].number not in numbers][-_MOST_TRIALS // 2 :]]
    encoder = _Encoder(spec.space)
    points = np.array([encoder.encode(spec.space.snap(trial.params)) for trial, _ in told])
    values = np.array([value for _, value in told])
    mean, scale = values.mean(), max(values.std(), 1e-12)
    kernel = ConstantKernel(1.0, (1e-2, 1e2)) * Matern(np.ones(points.shape[1]), (5e-2, 2e1), nu=2.5)
    process = GaussianProcessRegressor(
        kernel + WhiteKernel(1e-2, (1e-6, 1.0)), n_restarts_optimizer=1, random_state=spec.seed
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a length scale at its bound is one that does not matter
        process.fit(points, (values - mean) / scale)
    noise = process.kernel_.k2.noise_level
    generator = random.Random(spec.seed)
    drawn = [spec.space.draw(generator) for _ in range(_CANDIDATES)]
    top = [spec.space.snap(trial.params) for trial, _ in sorted(told, key=lambda item: -item[1])[:5]]
    drawn += [_change_one(spec.space, top[index % len(top)], generator) for index in range(_NEIGHBOURS)]
    everywhere = np.vstack([points, [encoder.encode(params) for params in drawn]])
    predicted, deviation = process.predict(everywhere, return_std=True)
    deviation = np.sqrt(np.maximum(deviation**2 - noise, 1e-12))  # of the function, and not of another noisy value
    dimensions, count = len(spec.space.parameters()), len(told)
    beta = 2 * math.log(dimensions * count**2 * math.pi**2 / (6 * _DELTA)) / _SCALED_DOWN
    width = math.sqrt(max(beta, 0.0)) * deviation
    gap = (predicted + width).max() - (predicted - width)[:count].max()
    return float(max(0.0, gap) * scale)


def update_regret(spec: StudySpec, ledger: StudyLedger, trials: Sequence[FrozenTrial | StoredTrial]) -> None:
    """Keep the bound that a rule of the file asks for, where a trial has ended since it was computed last."""
    rule = spec.search.stop.regret
    if rule is None:
        return
    ended = sum(trial.state.is_finished() for trial in trials)
    complete = sum(trial.state.name == "COMPLETE" and is_candidate(trial.user_attrs) for trial in trials)
    if complete < rule.min_trials or ended == (ledger.regret or {}).get("trials"):
        return
    bound = bound_regret(spec, trials)
    if bound is not None:
        ledger.regret = {"trials": ended, "bound": bound}


def _value_of(trial: FrozenTrial | StoredTrial, sign: float) -> float | None:
    """Give the value of a trial, larger ones being better; of a pruned one, one that is no better than any."""
    if trial.state.name == "COMPLETE":
        return sign * float(trial.values[0])
    is_pruned = trial.state.name == "PRUNED" and not any(excess > 0 for excess in trial.constraints.values())
    return -math.inf if is_pruned else None


def _change_one(space: SearchSpace, params: Params, generator: random.Random) -> Params:
    """Draw one parameter of a config anew, with what it opens."""
    name = generator.choice(list(params))
    return space.draw(generator, {other: value for other, value in params.items() if other != name})


class _Encoder:
    """Configs as points of a unit cube, a number for each number and for each alternative."""

    def __init__(self, space: SearchSpace) -> None:
        self._parameters = space.parameters()

    def encode(self, params: Mapping[str, ScalarValue]) -> list[float]:
        """Give the point of a config."""
        return [number for parameter in self._parameters for number in self._encode_one(parameter, params)]

    @staticmethod
    def _encode_one(parameter: Parameter, params: Mapping[str, Any]) -> list[float]:
        if isinstance(parameter, Choice):
            is_there = parameter.name in params
            return [float(is_there and category == params[parameter.name]) for category in parameter.categories]
        if parameter.name not in params:
            return [_ABSENT]
        value = params[parameter.name]
        low, high = float(parameter.low), float(parameter.high)
        if parameter.log:
            return [math.log(value / low) / math.log(high / low)]
        return [(value - low) / (high - low)]
