"""What other tools draw lies in what a space file searches, and fills it: 2,000 draws of every kind."""

from __future__ import annotations

import json
import math
import random
import statistics
from pathlib import Path
from typing import Any

import pytest

from hpo.foreign.readers.keras_tuner_space import read_hyperparameters
from hpo.foreign.readers.wandb_sweep import read_sweep
from hpo.foreign.search import Domain, NumberRange, ValueList
from hpo.spaces.text.source import parse

TABLE = json.loads((Path(__file__).parent / "sweeps_draws.json").read_text())
UNBOUNDED = ("normal", "q_normal", "log_normal", "q_log_normal")
"""They are taken to three sigma, outside of which one draw in 370 is."""
BINS = 10
NEARLY = 5e-4
"""A bound that is a power of e is written to four digits."""


def of_sweep(config: dict[str, Any], method: str) -> Domain:
    text = json.dumps({"method": method, "parameters": {"x": config}})
    (hyperparameter,) = read_sweep(parse(text, "sweep.json")).hyperparameters
    return hyperparameter.domain


def finite(domain: Domain, q: float | None) -> list[float] | None:
    """Every value of a domain that has few; None for a range. On a log scale, which has no step, `q` says which."""
    if isinstance(domain, ValueList):
        return [float(item) for item in domain.items]
    step = domain.step or q or (1 if domain.whole else None)
    if step is None:
        return None
    return [domain.low + index * step for index in range(round((domain.high - domain.low) / step) + 1)]


def outside(domain: Domain, draws: list[float], q: float | None = None) -> list[float]:
    values = finite(domain, q)
    if values is not None:
        return [draw for draw in draws if not any(math.isclose(draw, value, abs_tol=1e-9) for value in values)]
    assert isinstance(domain, NumberRange)
    low, high = domain.low * (1 - NEARLY), domain.high * (1 + NEARLY)
    return [draw for draw in draws if not low <= draw <= high or (domain.whole and draw != int(draw))]


def unfilled(domain: Domain, draws: list[float], q: float | None = None) -> list[float]:
    """Values that are never drawn, or where parts of a range begin in which no draw lies."""
    values = finite(domain, q)
    if values is not None:
        return [value for value in values if not any(math.isclose(draw, value, abs_tol=1e-9) for draw in draws)]
    assert isinstance(domain, NumberRange)
    scale = math.log if domain.log else float
    low, high = scale(domain.low), scale(domain.high)
    indices = {min(BINS - 1, int((scale(draw) - low) / (high - low) * BINS)) for draw in draws if draw > 0}
    begins = [low + (high - low) * index / BINS for index in range(BINS) if index not in indices]
    return [math.exp(begin) for begin in begins] if domain.log else begins


def hold(kind: str, domain: Domain, values: list[float], counts: list[int], q: float | None = None) -> None:
    strange = outside(domain, values, q)
    share = sum(count for value, count in zip(values, counts, strict=True) if value in strange) / sum(counts)
    assert share <= (0.01 if kind in UNBOUNDED else 0), strange
    missing = unfilled(domain, values, q)
    if kind in UNBOUNDED:  # of a bell's ends too little is drawn to fill them
        low, *_, high = statistics.quantiles([v for v, n in zip(values, counts, strict=True) for _ in range(n)], n=40)
        missing = [value for value in missing if low <= value <= high]
    assert missing == []


@pytest.mark.parametrize("kind", TABLE["random"])
def test_what_a_sweep_draws_at_random_is_what_a_space_file_has(kind):
    row = TABLE["random"][kind]
    values = row.get("values") or row["percentiles"][1:-1]  # the ends are single draws
    counts = row.get("counts") or [1] * len(values)
    hold(kind, of_sweep(row["config"], "random"), values, counts, row["config"].get("q"))


@pytest.mark.parametrize("kind", TABLE["grid"])
def test_what_a_sweep_crosses_in_a_grid_is_what_a_space_file_has(kind):
    row = TABLE["grid"][kind]
    hold(kind, of_sweep(row["config"], "grid"), row["values"], [1] * len(row["values"]))


def test_the_ends_of_what_a_sweep_draws_lie_in_what_a_space_file_has():
    for kind, row in TABLE["random"].items():
        if kind not in UNBOUNDED and "percentiles" in row:
            assert outside(of_sweep(row["config"], "random"), row["percentiles"]) == [], kind


@pytest.mark.thorough
@pytest.mark.parametrize("kind", TABLE["random"])
def test_the_table_is_what_sweeps_draws(kind):
    params = pytest.importorskip("sweeps.params")
    random.seed(1)
    parameter = params.HyperParameter("x", TABLE["random"][kind]["config"])
    draws = [float(f"{parameter.sample():.12g}") for _ in range(2000)]
    hold(kind, of_sweep(TABLE["random"][kind]["config"], "random"), draws, [1] * len(draws), parameter.config.get("q"))


KERAS_TUNER: dict[str, tuple[str, dict[str, Any]]] = {
    "int": ("Int", {"min_value": 1, "max_value": 9}),
    "int, step": ("Int", {"min_value": 6, "max_value": 13, "step": 3}),
    "int, log": ("Int", {"min_value": 4, "max_value": 64, "sampling": "log"}),
    "int, log, step": ("Int", {"min_value": 2, "max_value": 100, "step": 2, "sampling": "log"}),
    "int, reverse_log": ("Int", {"min_value": 4, "max_value": 64, "sampling": "reverse_log"}),
    "int, reverse_log, step": ("Int", {"min_value": 2, "max_value": 32, "step": 2, "sampling": "reverse_log"}),
    "float": ("Float", {"min_value": 0.1, "max_value": 0.9}),
    "float, step": ("Float", {"min_value": 0.0, "max_value": 1.0, "step": 0.25}),
    "float, step, not to the end": ("Float", {"min_value": 0.0, "max_value": 1.0, "step": 0.3}),
    "float, log": ("Float", {"min_value": 1e-4, "max_value": 0.1, "sampling": "log"}),
    "float, log, step": ("Float", {"min_value": 1e-3, "max_value": 10, "step": 10, "sampling": "log"}),
    "float, reverse_log": ("Float", {"min_value": 0.1, "max_value": 0.9, "sampling": "reverse_log"}),
    "float, reverse_log, step": ("Float", {"min_value": 1, "max_value": 16, "step": 2, "sampling": "reverse_log"}),
    "choice": ("Choice", {"values": [8, 16, 32]}),
    "choice, ordered": ("Choice", {"values": [0.1, 0.2, 0.4], "ordered": True}),
    "boolean": ("Boolean", {}),
    "fixed": ("Fixed", {"value": 7}),
}


def draw_of_keras_tuner(kind: str, options: dict[str, Any]) -> tuple[Domain, list[float]]:
    keras_tuner = pytest.importorskip("keras_tuner")
    hyperparameters = keras_tuner.HyperParameters()
    getattr(hyperparameters, kind)("x", **options)
    (hyperparameter,) = read_hyperparameters(hyperparameters.get_config(), "space.json").hyperparameters
    return hyperparameter.domain, [float(hyperparameters.space[0].random_sample(seed)) for seed in range(2000)]


@pytest.mark.engine
@pytest.mark.parametrize("name", KERAS_TUNER)
def test_what_keras_tuner_draws_is_what_a_space_file_has(name):
    domain, draws = draw_of_keras_tuner(*KERAS_TUNER[name])
    hold(name, domain, draws, [1] * len(draws))


@pytest.mark.engine
def test_the_end_of_a_float_with_a_step_may_be_left_out_by_keras_tuner_alone():
    """0.9 // 0.1 is 8 in binary numbers: what docs/convert.md says of it."""
    domain, draws = draw_of_keras_tuner("Float", {"min_value": 0.0, "max_value": 0.9, "step": 0.1})
    assert outside(domain, draws) == []
    assert unfilled(domain, draws) == pytest.approx([0.9])
