"""Optuna's pruners for what a file names."""

from __future__ import annotations

from typing import Any, assert_never

import optuna
from optuna.pruners import BasePruner

from hpo.spaces import StudySpec
from hpo.spaces.search_settings import Hyperband, Median, NoPruner, Percentile, SuccessiveHalving
from hpo.spaces.section import plain

WARMUP_SHARE = 1 / 4
"""Of the most epochs that a trial may have; chosen by benchmarks/pruners.py."""


def make_pruner(spec: StudySpec) -> BasePruner:
    """The pruner that a file names; a step is an epoch, counted from 1."""
    settings = spec.search.pruner
    match settings:
        case Median():
            return optuna.pruners.MedianPruner(**_percentile_options(settings, spec))
        case Percentile():
            return optuna.pruners.PercentilePruner(**_percentile_options(settings, spec))
        case SuccessiveHalving():
            return optuna.pruners.SuccessiveHalvingPruner(**plain(settings))
        case Hyperband():
            return optuna.pruners.HyperbandPruner(max_resource=most_epochs(spec), **plain(settings))
        case NoPruner():
            return optuna.pruners.NopPruner()
        case _:
            assert_never(settings)


def _percentile_options(settings: Median | Percentile, spec: StudySpec) -> dict[str, Any]:
    warmup = settings.n_warmup_steps
    if warmup is None:
        warmup = round(most_epochs(spec) * WARMUP_SHARE)
    # Optuna's first step is 0: a trial whose steps begin at 1 can be pruned at step n_warmup_steps, one epoch early.
    return {**plain(settings), "n_warmup_steps": warmup + 1}


def most_epochs(spec: StudySpec) -> int:
    """The largest number of epochs that a trial of the study may have: it shows at some corner of the space."""
    return max((spec.config(values).training.total_epochs for _, values in spec.corners()), default=1)
