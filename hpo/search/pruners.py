"""Optuna's pruners for what a file names."""

from __future__ import annotations

from typing import assert_never

import optuna
from optuna.pruners import BasePruner

from hpo.spaces import StudySpec
from hpo.spaces.search_settings import Hyperband, Median, NoPruner, Percentile, SuccessiveHalving
from hpo.spaces.section import plain


def make_pruner(spec: StudySpec) -> BasePruner:
    """The pruner that a file names; a step is an epoch, counted from 1."""
    settings = spec.search.pruner
    match settings:
        case Median():
            return optuna.pruners.MedianPruner(**plain(settings))
        case Percentile():
            return optuna.pruners.PercentilePruner(**plain(settings))
        case SuccessiveHalving():
            return optuna.pruners.SuccessiveHalvingPruner(**plain(settings))
        case Hyperband():
            return optuna.pruners.HyperbandPruner(max_resource=most_epochs(spec), **plain(settings))
        case NoPruner():
            return optuna.pruners.NopPruner()
        case _:
            assert_never(settings)


def most_epochs(spec: StudySpec) -> int:
    """The largest number of epochs that a trial of the study may have: it shows at some corner of the space."""
    return max((spec.config(values).training.total_epochs for _, values in spec.corners()), default=1)
