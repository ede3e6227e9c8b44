"""How long a worker takes to find out whether a trial that ends joins the front of a study with many trials.

    python benchmarks/studies/front.py [--trials 10000] [--objectives 2]

Prints milliseconds for a trial (median of 20), and how many times as long it takes to compare all trials pair by pair.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median

from hpo.spaces import front, spec_of
from hpo.studies import ActiveStudy, StudyRecord, create_study

METRICS = ("val_accuracy", "parameters", "latency_ms", "duration_s")


def main() -> None:
    """Fill a study, and time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--objectives", type=int, default=2, choices=range(1, 5))
    options = parser.parse_args()
    document = {
        "study": "large",
        "data": {"dataset": "digits"},
        "model": {"family": "simple_cnn"},
        "training": {"learning_rate": {"float": [0.001, 0.1]}},
        "objective": list(METRICS[: options.objectives]),
        "search": {"sampler": "random", "trials": options.trials},
    }
    spec = spec_of(document, "")
    with tempfile.TemporaryDirectory() as folder, create_study(spec, Path(folder)) as study:
        fill(study, options.trials, options.objectives)
        values = [trial.values for trial in study.compared_trials()]
        size = len(front(spec.objectives, values))
        joins = timed(lambda: study.would_join_front(options.trials, trade_off(random.Random(1), options.objectives)))
        whole = timed(lambda: front(spec.objectives, values), 5)
        pairs = timed(lambda: pairwise_front(values), 1)
        print(f"{options.trials:,} trials, {options.objectives} objectives, {size} in the front")
        print(f"would_join_front  {joins:8.1f} ms a trial")
        print(f"front             {whole:8.1f} ms, pair by pair {pairs:.0f} ms: {pairs / whole:.0f} times as long")
        looking = StudyRecord(study.address)
        print(f"read              {timed(looking.trials, 1):8.1f} ms to read all trials and list them")
        print(f"again             {timed(looking.trials, 3):8.1f} ms to list them again")


def fill(study: ActiveStudy, trials: int, objectives: int) -> None:
    """Write complete trials by SQL, since Optuna's calls take 10 ms each."""
    study.optuna_storage.create_new_trial(study.optuna_study._study_id)  # an open connection sees what comes next
    generator = random.Random(0)
    distribution = json.dumps(
        {"name": "FloatDistribution", "attributes": {"step": None, "low": 0.001, "high": 0.1, "log": False}}
    )
    numbers = range(1, trials)
    with closing(sqlite3.connect(study.address.database)) as database, database:
        database.execute("UPDATE trials SET state = 'FAIL', datetime_complete = datetime_start")
        moment = "2026-01-01 00:00:00"
        database.executemany(
            "INSERT INTO trials VALUES (?, ?, 1, 'COMPLETE', ?, ?)",
            [(number + 1, number, moment, moment) for number in numbers],
        )
        database.executemany(
            "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?, ?, ?, 'FINITE')",
            [
                (number + 1, objective, value)
                for number in numbers
                for objective, value in enumerate(trade_off(generator, objectives))
            ],
        )
        database.executemany(
            "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (?, ?, ?, ?)",
            [(number + 1, "learning_rate", generator.uniform(0.001, 0.1), distribution) for number in numbers],
        )
        database.executemany(
            "INSERT INTO trial_user_attributes (trial_id, key, value_json) VALUES (?, ?, ?)",
            [(n + 1, key, text) for n in numbers for key, text in (("best_epoch", "1"), ("last_value", "0.5"))],
        )


def trade_off(generator: random.Random, objectives: int) -> list[float]:
    """Values of which one is given up for another, so that many trials are in the front: noisy points of a sphere."""
    point = [abs(generator.gauss(0, 1)) for _ in range(objectives)]
    radius = sum(value**2 for value in point) ** 0.5 / (1 - 0.01 * generator.random())
    first, *others = (value / radius for value in point)
    return [first, *(1 - value for value in others)]


def timed(run: Callable[[], object], repeats: int = 20) -> float:
    """Median milliseconds."""
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    return 1000 * median(seconds)


def pairwise_front(values: Sequence[Sequence[float]]) -> list[int]:
    """The front as version 0.1 computed it; the first objective is maximized, the others minimized."""
    costs = [(-row[0], *row[1:]) for row in values]
    unbeaten: list[int] = []
    for index in sorted(range(len(costs)), key=lambda index: (costs[index], index)):
        if not any(all(a <= b for a, b in zip(costs[other], costs[index], strict=True)) for other in unbeaten):
            unbeaten.append(index)
    return unbeaten


if __name__ == "__main__":
    main()
