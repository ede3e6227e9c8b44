"""How often the stated ranks of importances are right, on functions of which the ranks are known.

    python benchmarks/analysis/importance.py [--method fanova] [--seeds 100] [--trials 30 100 300] [--sampler random]

Five functions of eight parameters, two of them with a parameter that only some trials have, and noise alone; 30 to 300
trials. The right share of a parameter is the variance of the mean value by it, over all trials, and from it follows its
rank; parameters that do nothing have none. PED-ANOVA asks something else, what sets the best tenth apart: its right
share is how far the values of a parameter are distributed otherwise in the best tenth of 100,000 trials than in all
(Pearson's divergence, counted in cells; Watanabe et al., 2023). A study counts as wrong where any rank that is stated
is wrong.

Printed are the share of studies in which the right parameter is first, in which its rank is stated, how many ranks are
stated of those that there are, the share of studies in which every stated rank is right, the same of the ranges of
ranks, how often the interval holds the right share, and the seconds of a core that it takes.
"""

from __future__ import annotations

import argparse
import math
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from typing import Any

import numpy as np
import optuna

from hpo.analysis.importance.importances import rank_parameters
from hpo.analysis.importance.ped_anova import choose_share
from hpo.analysis.importance.sample import make_sample

SEED = 1000
NOISE = 0.05
OPTIMIZERS, FLIPS = ["adam", "sgd", "lion"], ["none", "flip"]
LEAST_SHARE, LEAST_DIVERGENCE, CELLS = 0.005, 0.01, 50
"""Below, what is found of a parameter in endless trials is chance; and into so many cells a number is divided."""
Params = dict[str, Any]


def _power(params: Params, name: str) -> float:
    return math.log10(params[name])


FUNCTIONS: dict[str, Callable[[Params], float]] = {
    "three parts": lambda p: 0.08 * p["depth"] + 0.22 * p["dropout"] + 0.025 * _power(p, "decay"),
    "a valley": lambda p: 0.9 - 0.1 * (_power(p, "learning_rate") + 3) ** 2 + 0.03 * p["depth"],
    "a cliff": lambda p: 0.9 - 0.2 * p["dropout"] if -4 < _power(p, "learning_rate") < -2 else 0.1,  # noqa: PLR2004
    "an opened parameter": lambda p: 0.6 + 0.6 * (p.get("momentum", 0.5) - 0.5) + 0.12 * p["dropout"],
    "an opening choice": lambda p: (
        0.4 * (p["optimizer"] == "sgd") + 0.6 * (p.get("momentum", 0.5) - 0.5) + 0.01 * p["depth"]
    ),
    "noise alone": lambda p: 0.5,
}


def suggest(trial: Any) -> Params:  # noqa: ANN401 - a trial of Optuna's, or what draws at random
    """Fill the space."""
    params = {
        "learning_rate": trial.suggest_float("learning_rate", 1e-5, 1e-1, log=True),
        "optimizer": trial.suggest_categorical("optimizer", OPTIMIZERS),
        "dropout": trial.suggest_float("dropout", 0, 1),
        "smoothing": trial.suggest_float("smoothing", 0, 1),
        "decay": trial.suggest_float("decay", 1e-6, 1e-2, log=True),
        "depth": trial.suggest_int("depth", 1, 5),
        "flip": trial.suggest_categorical("flip", FLIPS),
    }
    if params["optimizer"] == "sgd":
        params["momentum"] = trial.suggest_float("momentum", 0, 1)
    return params


def main() -> None:
    """Print a line for each function and number of trials."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--method", default="fanova")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--trials", type=int, nargs="+", default=[30, 100, 300])
    parser.add_argument("--sampler", choices=["random", "tpe"], default="random")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    print(f"{options.method}, {options.seeds} seeds, {options.sampler} search, noise {NOISE}")
    columns = ("first", "told", "ranks", "right", "ranges", "covered", "seconds")
    print(f"{'function':<20} {'trials':>6} " + " ".join(f"{column:>8}" for column in columns))
    with ProcessPoolExecutor(options.processes) as pool:
        for name in FUNCTIONS:
            for n_trials in options.trials:
                judge = partial(judge_study, name, n_trials, options.method, options.sampler)
                rows = list(pool.map(judge, range(options.seeds), chunksize=5))
                shown = {key: np.mean([row[key] for row in rows]) for key in columns}
                figures = " ".join(
                    f"{shown[key]:>8.2f}" if key == "seconds" else f"{shown[key]:>8.0%}" for key in columns
                )
                print(f"{name:<20} {n_trials:>6} {figures}", flush=True)


def judge_study(function: str, n_trials: int, method: str, sampler: str, seed: int) -> dict[str, float]:
    """Search a function, rank its parameters, and compare with what is right."""
    warnings.simplefilter("ignore")
    trials = _search(function, n_trials, sampler, SEED + seed)
    sample = make_sample(trials, [-trial.value for trial in trials])
    is_of_best = method == "ped_anova"
    right = find_what_sets_apart(function, choose_share(n_trials)) if is_of_best else find_variances(function)
    started = time.process_time()
    parameters = rank_parameters(sample, method)
    seconds = time.process_time() - started
    effective = [name for name, share in sorted(right.items(), key=lambda item: -item[1]) if share > 0]
    ranks = {name: 1 + effective.index(name) for name in effective}
    stated = {one.name: one.rank for one in parameters if one.rank is not None}
    return {
        "first": parameters[0].name == effective[0] if effective else math.nan,
        "told": stated.get(effective[0]) == 1 if effective else math.nan,
        "ranks": len(stated) / len(effective) if effective else float(len(stated)),
        "right": all(ranks.get(name) == rank for name, rank in stated.items()),
        "ranges": all(
            one.ranks[0] <= ranks.get(one.name, len(right)) and ranks.get(one.name, len(effective) + 1) <= one.ranks[1]
            for one in parameters
        ),
        "covered": np.mean([one.low <= right[one.name] <= one.high for one in parameters if one.name in effective])
        if effective
        else math.nan,
        "seconds": seconds,
    }


@cache
def find_variances(function: str) -> dict[str, float]:
    """Compute shares of the variance of the mean value by each parameter alone, of many trials without noise."""
    trials = _search(function, 20_000, "random", 0, noise=0)
    values = np.array([trial.value for trial in trials])
    variances = {}
    for name, (having, labels) in _divide(trials, 20).items():
        sizes = np.bincount(labels)
        means = np.bincount(labels, values[having]) / sizes
        by_chance = (len(sizes) - 1) * values[having].var() / len(having)
        within = (sizes * (means - values[having].mean()) ** 2).sum() / len(having) - by_chance
        variances[name] = within * len(having) / len(trials)
    return _share(variances)


@cache
def find_what_sets_apart(function: str, best: float) -> dict[str, float]:
    """Compute shares of how far values are distributed otherwise in the best trials than in all, of many trials.

    Of a parameter that only some trials have, as Conditional PED-ANOVA (2026) defines it.

    Args:
        function: its name.
        best: the share of the trials that are the best; they have noise, as those that are judged.
    """
    trials = _search(function, 100_000, "random", 0)
    values = np.array([trial.value for trial in trials])
    is_best = values >= np.quantile(values, 1 - best)
    divergences = {}
    for name, (having, labels) in _divide(trials, CELLS).items():
        everywhere = np.bincount(labels)
        among_best = np.bincount(labels[is_best[having]], minlength=len(everywhere))
        n_best = among_best.sum()
        by_chance = (len(everywhere) - 1) * (1 - best) / n_best
        probable, probable_of_best = everywhere / len(having), among_best / n_best
        divergence = ((probable_of_best - probable) ** 2 / probable).sum() - by_chance
        share_of_best = n_best / is_best.sum()
        divergences[name] = divergence * share_of_best**2 / (len(having) / len(trials))
    return _share({name: found if found > LEAST_DIVERGENCE else 0.0 for name, found in divergences.items()})


def _divide(trials: list[Any], cells: int) -> dict[str, tuple[list[int], Any]]:
    """Give for each parameter the trials that have it, and in which cell, or at which alternative, each of them is."""
    divided = {}
    for name in sorted({name for trial in trials for name in trial.params}):
        having = [i for i, trial in enumerate(trials) if name in trial.params]
        labels = np.unique([trials[i].params[name] for i in having], return_inverse=True)[1]
        labels = labels if labels.max() < 10 else labels * cells // len(having)  # noqa: PLR2004 - choices, whole numbers
        divided[name] = (having, labels)
    return divided


def _share(found: dict[str, float]) -> dict[str, float]:
    total = sum(found.values())
    shares = {name: one / total if total > 0 else 0.0 for name, one in found.items()}
    return {name: share if share > LEAST_SHARE else 0.0 for name, share in shares.items()}


def _search(function: str, n_trials: int, sampler: str, seed: int, noise: float = NOISE) -> list[Any]:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    random = np.random.default_rng(seed)
    if sampler == "random":
        return [_Draw(random, FUNCTIONS[function], noise) for _ in range(n_trials)]
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(lambda trial: FUNCTIONS[function](suggest(trial)) + noise * random.normal(), n_trials)
    return study.trials


class _Draw:
    """A trial at random, drawn in a twentieth of the time that Optuna takes."""

    def __init__(self, random: np.random.Generator, function: Callable[[Params], float], noise: float) -> None:
        self._random = random
        self.params: Params = {}
        self.distributions: dict[str, optuna.distributions.BaseDistribution] = {}
        self.value = function(suggest(self)) + noise * random.normal()

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        drawn = self._random.uniform(math.log(low), math.log(high)) if log else self._random.uniform(low, high)
        return self._keep(
            name, math.exp(drawn) if log else drawn, optuna.distributions.FloatDistribution(low, high, log)
        )

    def suggest_int(self, name: str, low: int, high: int) -> int:
        drawn = int(self._random.integers(low, high + 1))
        return self._keep(name, drawn, optuna.distributions.IntDistribution(low, high))

    def suggest_categorical(self, name: str, choices: list[str]) -> str:
        drawn = choices[int(self._random.integers(len(choices)))]
        return self._keep(name, drawn, optuna.distributions.CategoricalDistribution(choices))

    def _keep(self, name: str, value: Any, distribution: optuna.distributions.BaseDistribution) -> Any:  # noqa: ANN401
        self.params[name], self.distributions[name] = value, distribution
        return value


if __name__ == "__main__":
    main()
