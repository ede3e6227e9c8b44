"""What `sweeps`, the engine behind Weights & Biases' sweeps, draws of each distribution: 2,000 draws each, as JSON.

    python -m venv venv; venv/bin/pip install --no-deps sweeps==0.3.0
    venv/bin/pip install numpy scipy pyyaml jsonschema jsonref pydantic scikit-learn
    venv/bin/python benchmarks/conversion/sweeps_draws.py > tests/unit/foreign/conversion/sweeps_draws.json

`sweeps` asks for NumPy 1, so it is not among the packages of the tests; it draws with NumPy 2 all the same. The tests
hold what `hpo convert` makes against the table, and against the package itself where it is installed.
"""

from __future__ import annotations

import json
import random
import sys
from importlib.metadata import version
from typing import Any

DRAWS = 2000
FEW = 60
"""Up to so many different values are listed with how often each was drawn; of more there are the 100 percentiles."""
KINDS: dict[str, dict[str, Any]] = {
    "constant": {"value": 3},
    "categorical": {"values": [1, 2, 4]},
    "categorical_w_probabilities": {"values": [1, 2, 4], "probabilities": [0.5, 0.0, 0.5]},
    "int_uniform": {"min": 1, "max": 9},
    "int_uniform, one to two": {"min": 0, "max": 1},
    "uniform": {"min": 0.1, "max": 0.9},
    "uniform, whole ends": {"distribution": "uniform", "min": 1, "max": 3},
    "q_uniform": {"distribution": "q_uniform", "min": 2, "max": 9},
    "q_uniform, ends half way": {"distribution": "q_uniform", "min": 8, "max": 104, "q": 16},
    "q_uniform, ends between": {"distribution": "q_uniform", "min": 9, "max": 66, "q": 16},
    "q_uniform, fractions": {"distribution": "q_uniform", "min": 0.1, "max": 0.93, "q": 0.1},
    "q_uniform, negative": {"distribution": "q_uniform", "min": -1.25, "max": 1.25, "q": 0.5},
    "log_uniform": {"distribution": "log_uniform", "min": -9.21, "max": -2.3},
    "log_uniform_values": {"distribution": "log_uniform_values", "min": 1e-4, "max": 0.1},
    "inv_log_uniform": {"distribution": "inv_log_uniform", "min": 2.3, "max": 9.21},
    "inv_log_uniform_values": {"distribution": "inv_log_uniform_values", "min": 1e-4, "max": 0.1},
    "q_log_uniform": {"distribution": "q_log_uniform", "min": 0, "max": 3.5},
    "q_log_uniform_values": {"distribution": "q_log_uniform_values", "min": 5, "max": 99, "q": 8},
    "q_log_uniform_values, ends half way": {"distribution": "q_log_uniform_values", "min": 12, "max": 36, "q": 8},
    "q_log_uniform_values, fractions": {"distribution": "q_log_uniform_values", "min": 0.1, "max": 0.35, "q": 0.1},
    "normal": {"distribution": "normal", "mu": 4, "sigma": 1},
    "q_normal": {"distribution": "q_normal", "mu": 8, "sigma": 2, "q": 2},
    "log_normal": {"distribution": "log_normal", "mu": 0, "sigma": 1},
    "q_log_normal": {"distribution": "q_log_normal", "mu": 2, "sigma": 0.5},
    "beta": {"distribution": "beta", "a": 2, "b": 2},
    "q_beta": {"distribution": "q_beta", "a": 1, "b": 1, "q": 0.25},
    "q_beta, not to 1": {"distribution": "q_beta", "a": 1, "b": 1, "q": 0.3},
}
GRIDS: dict[str, dict[str, Any]] = {
    "int_uniform": {"min": 1, "max": 4},
    "q_uniform": {"distribution": "q_uniform", "min": 1, "max": 10, "q": 3},
    "q_uniform, max between": {"distribution": "q_uniform", "min": 1, "max": 11, "q": 3},
    "q_uniform, fractions": {"distribution": "q_uniform", "min": 0.1, "max": 0.5, "q": 0.1},
}
"""Under `method: grid`, which takes no others but `values`."""


def draws_of(config: dict[str, Any]) -> list[Any]:
    """So many draws, as a random search makes them, rounded to 12 digits."""
    from sweeps.params import HyperParameter

    random.seed(0)
    parameter = HyperParameter("x", config)
    return [float(f"{parameter.sample():.12g}") for _ in range(DRAWS)]


def grid_of(config: dict[str, Any]) -> list[Any]:
    """Every value that a grid search suggests."""
    from sweeps.grid_search import grid_search_next_runs

    runs = grid_search_next_runs([], {"method": "grid", "parameters": {"x": config}}, n=1000)
    return [float(f"{run.config['x']['value']:.12g}") for run in runs if run is not None]


def summary(draws: list[float]) -> dict[str, Any]:
    """The values with their counts, or the percentiles of too many."""
    values = sorted(set(draws))
    if len(values) <= FEW:
        return {"values": values, "counts": [draws.count(value) for value in values]}
    ordered = sorted(draws)
    return {"percentiles": [ordered[min(len(ordered) - 1, len(ordered) * index // 100)] for index in range(101)]}


if __name__ == "__main__":
    table = {
        "sweeps": version("sweeps"),
        "numpy": version("numpy"),
        "random": {name: {"config": config, **summary(draws_of(config))} for name, config in KINDS.items()},
        "grid": {name: {"config": config, "values": grid_of(config)} for name, config in GRIDS.items()},
    }
    rows = {
        kind: ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in table[kind].items())
        for kind in ("random", "grid")
    }
    head = [f"{json.dumps(key)}: {json.dumps(table[key])}" for key in ("sweeps", "numpy")]
    body = [f"{json.dumps(kind)}: {{\n{text}\n}}" for kind, text in rows.items()]
    sys.stdout.write("{\n" + ",\n".join([*head, *body]) + "\n}\n")
