"""Confirm: train the best configs of a study again with fresh seeds, and read the test part for the best of them."""

from __future__ import annotations

from math import fsum
from numbers import Integral
from pathlib import Path

from hpo.errors import Fault, UserError
from hpo.studies import ActiveStudy, StudyAddress, StudyRecord, find_study
from hpo.studies.record.confirmation import value_of
from hpo.tuning.options import RunOptions
from hpo.tuning.runs import RunObserver, work_on

SEEDS = 5
"""With how many seeds each config is trained where nobody says; in folds with one."""


def confirm(
    study: str | Path | StudyAddress,
    top: int = 3,
    seeds: int | None = None,
    folds: int | None = None,
    *,
    options: RunOptions = RunOptions(),
    observer: RunObserver = RunObserver(),
) -> StudyRecord:
    """Train the best configs of a study again, and no other trials; see `hpo.confirm`.

    Raises what `hpo.resume` raises.
    """
    for name, value, least in (("top", top, 1), ("seeds", seeds, 1), ("folds", folds, 2)):
        if value is not None and (not isinstance(value, Integral) or isinstance(value, bool) or value < least):
            raise UserError(Fault(f"it is a whole number, at least {least}", repr(value), subject=name))
    address = find_study(study, *options.place)
    StudyRecord(address)  # before the lock makes a folder of that name
    number = seeds or (SEEDS if folds is None else 1)

    def begin(active: ActiveStudy) -> list[int]:
        from hpo.search.confirming import enqueue_confirming

        trials = select_best(active, top)
        runs = enqueue_confirming(active, trials, number, folds)
        if observer.note is not None:
            observer.note(_describe_plan(active, trials, top, runs))
        return runs

    return work_on(address, lambda: ActiveStudy(address, tuple(options.overrides)), options, observer, select=begin)


def select_best(study: StudyRecord, top: int) -> list[int]:
    """Select the trials with the best values of the learned objective: their numbers, the best first.

    Raises:
        UserError: there is none.
    """
    sign = -1 if study.spec.objective.direction == "maximize" else 1
    best_first = sorted(study.compared_trials(), key=lambda trial: (sign * value_of(trial), trial.number))
    if not best_first:
        raise UserError(
            f"confirm: it trains the best configs of a study again. Received study {study.name} without a complete "
            f"trial. Finish one first: {study.next_command}"
        )
    return [trial.number for trial in best_first[:top]]


def _describe_plan(study: ActiveStudy, trials: list[int], top: int, runs: list[int]) -> str:
    """Say which configs are confirmed, how many runs that takes, and about how long one worker has to do."""
    names = f"trial{'s' if len(trials) > 1 else ''} {', '.join(map(str, trials))}"
    few = f" (there are no {top})" if len(trials) < top else ""
    if not runs:
        return f"study {study.name}: {names}{few} confirmed; no run is left to train"
    confirmed = [study.trial(confirms["trial"] or 0) for run in runs if (confirms := study.trial(run).confirms)]
    durations = [(trial.duration_s or 0.0) / (trial.repeats.count if trial.repeats else 1) for trial in confirmed]
    minutes = fsum(durations) / 60
    time = f", about {minutes:.0f} minutes of one worker" if minutes > 1.5 else ""  # noqa: PLR2004 - two or more
    return f"study {study.name}: confirming {names}{few}; {len(runs)} runs to train{time}"
