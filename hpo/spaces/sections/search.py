"""How a study searches, and for how long: the section `search` of a file."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from hpo.spaces.sections.section import Named, Section

Count = Annotated[int, Field(ge=0)]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SECONDS = r"\d+(\.\d+)?"
_DURATION = rf"({_SECONDS}[smhd])+"


class Tpe(Section):
    """Tree-structured Parzen estimator (Bergstra et al., 2011), one density per group of co-active parameters."""

    name: Literal["tpe"] = "tpe"
    n_startup_trials: Count = 10
    """Trials drawn at random before the search proper."""
    n_ei_candidates: Annotated[int, Field(ge=1)] = 24
    """Candidates drawn for each suggestion, of which the most promising is taken."""


class Random(Section):
    """Independent uniform draws."""

    name: Literal["random"] = "random"


class Grid(Section):
    """Every configuration once, in a seeded order, after those to start from; what is not active is not crossed."""

    name: Literal["grid"] = "grid"


class CmaEs(Section):
    """CMA-ES (Hansen, 2016) for numbers; choices and conditional parameters are drawn at random."""

    name: Literal["cmaes"] = "cmaes"
    n_startup_trials: Annotated[int, Field(ge=1)] = 1
    """Trials drawn at random before the search proper."""


class Gp(Section):
    """Gaussian-process Bayesian optimization; needs PyTorch."""

    name: Literal["gp"] = "gp"
    n_startup_trials: Count = 10
    """Trials drawn at random before the search proper."""


class Nsga2(Section):
    """NSGA-II (Deb et al., 2002), a genetic algorithm."""

    name: Literal["nsga2"] = "nsga2"
    population_size: Annotated[int, Field(ge=2)] = 50
    """Trials in a generation."""
    mutation_prob: Annotated[float, Field(ge=0, le=1)] | None = None
    """Probability that a parameter mutates; left out, 1 over the number of parameters."""
    crossover_prob: Annotated[float, Field(ge=0, le=1)] = 0.9
    """Probability that a trial has two parents."""


class Qmc(Section):
    """Quasi-Monte Carlo (scrambled Sobol or Halton points) for numbers; choices are drawn at random."""

    name: Literal["qmc"] = "qmc"
    qmc_type: Literal["sobol", "halton"] = "sobol"
    """The sequence of points."""


UNPRUNED_SHARE = 1 / 8
"""Of the most epochs that a trial may have: what each trial gets where a file does not say it; chosen by
`benchmarks/pruners.py`."""


class NoPruner(Section):
    """Every trial runs to its end."""

    name: Literal["none"] = "none"


class Median(Section):
    """Stop a trial whose best epoch so far is worse than the median of earlier trials at the same epoch."""

    name: Literal["median"] = "median"
    n_startup_trials: Count = 5
    """Complete trials before any is stopped."""
    n_warmup_steps: Count | None = None
    """Epochs of each trial in which it is not stopped; left out, an eighth of the most epochs that a trial may have."""
    interval_steps: Annotated[int, Field(ge=1)] = 1
    """Epochs between two comparisons."""
    n_min_trials: Annotated[int, Field(ge=1)] = 5
    """Trials that a trial is compared with at least: at an epoch that fewer complete ones reached, none is stopped."""


class Percentile(Section):
    """As `median`, keeping the given percentage of trials."""

    name: Literal["percentile"] = "percentile"
    percentile: Annotated[float, Field(ge=0, le=100)] = 25.0
    """The percentage of trials that go on."""
    n_startup_trials: Count = 5
    """Complete trials before any is stopped."""
    n_warmup_steps: Count | None = None
    """Epochs of each trial in which it is not stopped; left out, an eighth of the most epochs that a trial may have."""
    interval_steps: Annotated[int, Field(ge=1)] = 1
    """Epochs between two comparisons."""
    n_min_trials: Annotated[int, Field(ge=1)] = 5
    """Trials that a trial is compared with at least: at an epoch that fewer complete ones reached, none is stopped."""


class SuccessiveHalving(Section):
    """Asynchronous successive halving (Li et al., 2020)."""

    name: Literal["successive_halving"] = "successive_halving"
    min_resource: Annotated[int, Field(ge=1)] | None = None
    """Epochs that every trial gets; left out, an eighth of the most epochs that a trial may have, and 1 at least."""
    reduction_factor: Annotated[int, Field(ge=2)] = 4
    """One in so many trials goes on to the next rung, with so many times the epochs."""
    min_early_stopping_rate: Count = 0
    """Rungs left out at the start."""
    n_min_trials: Annotated[int, Field(ge=1)] = 5
    """Trials that a trial is compared with at least: at an epoch that fewer others reached, none is stopped."""


class Hyperband(Section):
    """Hyperband (Li et al., 2018): brackets of successive halving, up to the largest number of epochs in the file."""

    name: Literal["hyperband"] = "hyperband"
    min_resource: Annotated[int, Field(ge=1)] | None = None
    """Epochs that every trial gets; left out, an eighth of the most epochs that a trial may have, and 1 at least."""
    reduction_factor: Annotated[int, Field(ge=2)] = 3
    """One in so many trials goes on to the next rung, with so many times the epochs."""
    n_min_trials: Annotated[int, Field(ge=1)] = 5
    """Trials of its bracket that a trial is compared with at least, before it is stopped."""


def duration_seconds(value: float | str) -> float:
    """`8h`, `90m`, `1h30m` in seconds; a number is seconds already.

    Raises:
        ValueError: the text is no duration.
    """
    if not isinstance(value, str):
        return value
    if re.fullmatch(_SECONDS, value):
        return float(value)
    if not re.fullmatch(_DURATION, value):
        raise ValueError("a duration is a number of seconds, or a text such as 90s, 30m, 8h, 2d or 1h30m")
    return sum(float(amount) * _UNITS[unit] for amount, _, unit in re.findall(r"(\d+(\.\d+)?)([smhd])", value))


_Positive = Annotated[float, Field(gt=0)]
_Duration = Annotated[str, Field(pattern=rf"^(?=.*[1-9])({_SECONDS}|{_DURATION})$")]


class Search(Section):
    """How a study searches, and its budget: a total, however often it is stopped and continued."""

    backend: Literal["optuna"] = "optuna"
    """Who decides what to try."""
    sampler: Annotated[Tpe | Random | Grid | CmaEs | Gp | Nsga2 | Qmc, *Named] = Tpe()
    """How the next config is chosen."""
    pruner: Annotated[Median | Hyperband | SuccessiveHalving | Percentile | NoPruner, *Named] = Median()
    """How hopeless trials are stopped early."""
    trials: Annotated[int, Field(ge=1)] = 100
    """The budget in trials."""
    timeout: Annotated[
        _Positive | None, BeforeValidator(duration_seconds, json_schema_input_type=_Duration | _Positive | None)
    ] = None
    """The budget in working time, after which no trial starts: seconds, or `90s`, `30m`, `8h`, `2d`, `1h30m`."""
