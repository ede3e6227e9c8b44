"""When a study ends, foreseen from what its trials have taken: an estimate with a range."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from hpo.spaces import StudySpec
from hpo.studies.limits.budget import Budget, Spent
from hpo.studies.limits.costs import HOUR, TrialCost, measure_trial
from hpo.studies.limits.stopping import count_since_best
from hpo.studies.store.ledger import is_candidate
from hpo.studies.store.stored import StoredTrial, state_of

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

RECENT = 30
"""Trials that the pace is taken from: the first ones are pruned less, and samplers move to other sizes of networks."""
_SPREAD_OF_ONE = 0.75
"""Of the time of a trial, where only one has ended: the deviation that is taken for granted."""
_NINE_IN_TEN = 1.645
"""Standard deviations on each side of the mean, between which nine in ten values of a normal distribution lie."""


@dataclass(frozen=True, slots=True)
class StudyPace:
    """How fast a study comes on.

    Attributes:
        ended: what each of the last trials has cost that were complete or pruned.
        ages: seconds for which each trial runs that is under way.
        workers: trials that run at once.
        patience: trials that may yet end without a better one, until a rule ends the study; None without such a rule.
        may_stop: whether a rule may end the study at any time.
        gpus: the share of a GPU that trials have, on average.
    """

    ended: Sequence[TrialCost] = ()
    ages: Sequence[float] = ()
    workers: float = 1.0
    patience: int | None = None
    may_stop: bool = False
    gpus: float = 0.0


@dataclass(frozen=True, slots=True)
class EndEstimate:
    """When no more trials run.

    Attributes:
        seconds: until then, from now on, or of work where the study is paused.
        low: the end is not sooner in 19 cases of 20, unless a rule ends the study.
        high: it is not later in 19 cases of 20.
        by: what of the budget ends the study.
        may_stop: whether a rule of `search.stop` may end it sooner.
    """

    seconds: float
    low: float
    high: float
    by: Spent
    may_stop: bool

    def to_json(self) -> dict[str, Any]:
        """Give plain values; programs rely on the keys."""
        values = asdict(self)
        return {**values, **{key: round(values[key], 1) for key in ("seconds", "low", "high")}}


def find_pace(trials: Iterable[FrozenTrial | StoredTrial], spec: StudySpec, worked_s: float) -> StudyPace:
    """Find how fast a study has come on; with no trial under way, as many run at once as did on average."""
    trials = list(trials)
    finished = [trial for trial in trials if state_of(trial) in ("complete", "pruned")]
    finished.sort(key=lambda trial: trial.datetime_complete.timestamp() if trial.datetime_complete else 0.0)
    ended = [measure_trial(trial, spec) for trial in finished[-RECENT:]]
    ages = [measure_trial(trial, spec).seconds for trial in trials if trial.state.name == "RUNNING"]
    workers = float(len(ages))
    if not ages:
        total = fmean(cost.seconds for cost in ended) * len(finished) if ended else 0.0
        workers = max(1.0, round(total / worked_s)) if worked_s else 1.0
    stop = spec.search.stop
    patience = None
    if stop.no_improvement is not None:
        inside = [trial for trial in trials if is_candidate(trial.user_attrs)]
        count, best = count_since_best(spec.objectives, inside)
        patience = stop.no_improvement - (count if best is not None else 0)
    total = math.fsum(cost.seconds for cost in ended)
    gpus = math.fsum(cost.gpu_hours for cost in ended) * HOUR / total if total else spec.resources.gpus or 0.0
    return StudyPace(ended, ages, workers, patience, stop.is_on, gpus)


def estimate_end(budget: Budget, pace: StudyPace) -> EndEstimate | None:
    """Foresee when no more trials run: by the part of the budget that is used up first.

    Trials that were pruned count as what they took, so that an estimate supposes that as many will be; those that
    failed say nothing of how long a trial takes. The range comes from the spread of the times: of their mean, which is
    known from few, and of the sum of those to come.

    Returns:
        None where nothing is left to run, or before a trial has ended.
    """
    ended, ages = pace.ended, pace.ages
    left = budget.remaining
    if not ended or not (left or ages):
        return None
    times = [cost.seconds for cost in ended]
    mean, deviation = _summarize(times)
    rests = [_foresee_rest(times, age) for age in ages]
    if not left:
        return EndEstimate(max(rests), 0.0, max(*rests, mean), budget.spent or "trials", may_stop=False)
    trials: dict[Spent, float] = {"trials": left}
    for key, limit, used, costs in (
        ("epochs", budget.epochs, budget.costs.epochs, [float(cost.epochs) for cost in ended]),
        ("gpu_hours", budget.gpu_hours, budget.costs.gpu_hours, [cost.gpu_hours for cost in ended]),
    ):
        if limit is not None and fmean(costs) > 0:
            trials[key] = (limit - used) / fmean(costs)  # type: ignore[index]
    money, hours = budget.costs.money, budget.costs.gpu_hours
    if budget.cost is not None and money and hours and fmean(cost.gpu_hours for cost in ended) > 0:
        trials["cost"] = (budget.cost - money) / (money / hours) / fmean(cost.gpu_hours for cost in ended)
    ways = [
        (key, *_foresee(count, times, pace.workers, sum(rests) if key == "trials" else 0.0))
        for key, count in trials.items()
    ]
    if budget.timeout_s is not None:
        rest = max(0.0, budget.timeout_s - budget.worked_s)
        ways.append(("timeout", rest + mean / 2, rest, rest + mean + 2 * deviation))
    by, seconds, _, _ = min(ways, key=lambda way: way[1])
    low, high = min(way[2] for way in ways), min(way[3] for way in ways)
    if pace.patience is not None:
        low = min(low, max(0, pace.patience) * mean / pace.workers)
    return EndEstimate(seconds, min(low, seconds), max(high, seconds), by, pace.may_stop)


def _summarize(times: Sequence[float]) -> tuple[float, float]:
    """Give mean and standard deviation."""
    mean = max(fmean(times), 1e-3)
    return mean, stdev(times) if len(times) > 1 else _SPREAD_OF_ONE * mean


def _foresee(count: float, times: Sequence[float], workers: float, rest: float) -> tuple[float, float, float]:
    """Give the seconds until so many trials have ended, and the range in which nine in ten such sums lie.

    Args:
        count: trials to come.
        times: seconds that trials have taken.
        workers: trials at once.
        rest: seconds of those that run.
    """
    mean, deviation = _summarize(times)
    seconds = (count * mean + rest) / workers
    spread = 1 + _NINE_IN_TEN * deviation * math.sqrt(count + count**2 / len(times)) / workers / max(seconds, 1e-9)
    return seconds, seconds / spread, seconds * spread


def _foresee_rest(times: Sequence[float], age: float) -> float:
    """Give the seconds that a trial of this age goes on, by those that lasted longer; half its age where none did."""
    longer = [time - age for time in times if time > age]
    return fmean(longer) if longer else age / 2
