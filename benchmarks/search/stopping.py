"""When the rule `search.stop.regret` ends a search of functions whose best value is known, and what is lost by it.

    python benchmarks/search/stopping.py [SEEDS] [TRIALS] [SHARE OF PRUNED TRIALS]

Each function has five parameters, one of them conditional; values have noise of 0.004, TPE searches. A line a function:
in how many searches the rule ends before the budget, after how many trials, how far the trial that is best by then is
from the best of the space (without noise), and how often the bound was above that.
"""

from __future__ import annotations

import math
import random
import statistics
import sys
from collections.abc import Callable, Mapping

import optuna

from hpo.spaces import StudySpec, load
from hpo.studies import distribution
from hpo.studies.limits.regret import bound_regret
from hpo.studies.store.storage import quieten

TOLERANCE, NOISE, FIRST, EVERY, STARTUP = 0.005, 0.004, 30, 10, 5
SPACE = {
    "study": "stopping",
    "data": {"dataset": "digits"},
    "model": {"family": "simple_cnn", "dropout": {"float": [0.0, 0.9]}},
    "training": {
        "epochs": 5,
        "learning_rate": {"float": [1e-5, 1e-1], "log": True},
        "weight_decay": {"float": [1e-6, 1e-2], "log": True},
        "optimizer": {"choice": {"adam": {}, "sgd": {"momentum": {"float": [0.0, 0.99]}}}},
    },
}
Point = Mapping[str, float]


def bowl(at: Point) -> float:
    """One smooth optimum; the parameters matter unequally, and one alternative is worse."""
    value = 0.93 - 0.5 * (at["rate"] - 0.5) ** 2 - 0.05 * (at["dropout"] - 0.3) ** 2 - 0.02 * (at["decay"] - 0.6) ** 2
    return value - (0.03 + 0.1 * (at["momentum"] - 0.9) ** 2 if at["is_sgd"] else 0.0)


def ridge(at: Point) -> float:
    """Two parameters that depend on each other."""
    value = 0.93 - 0.4 * (at["rate"] - 0.3 - 0.4 * at["decay"]) ** 2 - 0.05 * abs(at["dropout"] - 0.3)
    return value + (0.01 * (1 - 4 * abs(at["momentum"] - 0.9)) if at["is_sgd"] else 0.0)


def waves(at: Point) -> float:
    """Several optima that differ by little."""
    hill = 0.9 - 0.5 * (at["rate"] - 0.5) ** 2
    return hill + 0.02 * math.sin(9 * at["dropout"]) + 0.01 * math.cos(8 * at["decay"])


def cliff(at: Point) -> float:
    """The optimum lies beside a cliff, as of a learning rate at which training diverges."""
    value = 0.93 - 0.3 * (at["rate"] - 0.7) ** 2 - 0.03 * (at["dropout"] - 0.2) ** 2
    return 0.1 if at["rate"] > 0.75 else value  # noqa: PLR2004 - where it is


def flat(at: Point) -> float:
    """Nothing matters."""
    return 0.9


def locate(params: Mapping[str, object]) -> Point:
    """Give parameters as numbers from 0 to 1."""
    numbers = {name: value for name, value in params.items() if isinstance(value, float)}
    return {
        "rate": math.log10(numbers["learning_rate"] / 1e-5) / 4,
        "decay": math.log10(numbers["weight_decay"] / 1e-6) / 4,
        "dropout": numbers["dropout"] / 0.9,
        "momentum": numbers.get("optimizer.sgd.momentum", 0.0) / 0.99,
        "is_sgd": params["optimizer"] == "sgd",
    }


def search(
    spec: StudySpec, function: Callable[[Point], float], trials: int, pruned: float
) -> tuple[int, float, float] | None:
    """Search until the rule holds: after how many trials, the regret of the best trial, and the bound."""
    sampler = optuna.samplers.TPESampler(seed=spec.seed, multivariate=True, group=True)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    generator = random.Random(spec.seed)
    optimum = max(function(locate(spec.space.draw(generator))) for _ in range(20_000))
    for number in range(1, trials + 1):
        trial = study.ask()
        params = spec.space.fill(lambda one, trial=trial: trial._suggest(one.name, distribution(one)))[1]
        value = function(locate(params)) + generator.gauss(0, NOISE)
        values = [other.value for other in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))]
        if pruned and len(values) >= STARTUP and value < statistics.quantiles(values, n=100)[int(100 * pruned) - 1]:
            trial.report(value - 0.1, 1)  # as it was at an early epoch
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            study.tell(trial, value)
        if len(values) + 1 >= FIRST and number % EVERY == 0:
            bound = bound_regret(spec, study.get_trials(deepcopy=False))
            if bound is not None and bound <= TOLERANCE:
                return number, optimum - function(locate(spec.space.snap(study.best_params))), bound
    return None


def main(seeds: int = 10, trials: int = 150, pruned: float = 0.0) -> None:
    """Print the table."""
    quieten()
    print(f"tolerance {TOLERANCE}, {seeds} seeds, at most {trials} trials, {pruned:.0%} pruned")
    for function in (bowl, ridge, waves, cliff, flat):
        ends = [search(load({**SPACE, "seed": seed}), function, trials, pruned) for seed in range(seeds)]
        held = [end for end in ends if end is not None]
        line = f"{function.__name__:<6} ends {len(held):>2} of {seeds}"
        if held:
            counts, regrets = [end[0] for end in held], [end[1] for end in held]
            line += f", after {min(counts)} to {max(counts)} trials (median {statistics.median(counts):g})"
            line += f"; regret {statistics.median(regrets):.4f} (at most {max(regrets):.4f})"
            line += f", below the bound {sum(end[1] <= end[2] for end in held)} times"
        print(line, flush=True)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(*(kind(text) for kind, text in zip((int, int, float), given, strict=False)))
