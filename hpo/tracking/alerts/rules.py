"""What there is to be told of a study: alerts that follow from what it says of its trials, and from nothing else."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from optuna.trial import FrozenTrial

from hpo.spaces import front
from hpo.spaces.sections.alerts import DropRule
from hpo.spaces.sections.objectives import natural_direction
from hpo.studies import ActiveStudy, TrialLedger
from hpo.studies.store.ledger import is_outside
from hpo.studies.store.stored import state_of

Level = Literal["INFO", "WARN", "ERROR"]

_MOST_PARAMS = 12
_LONGEST_TEXT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something to be told.

    Attributes:
        key: the same for the same thing, whoever finds it and however often; another one for any other.
        rule: the option of the section `alerts` that asks for it.
        title: one line.
        text: more of it.
        level: how serious it is, in the words of W&B.
        trial: the number of the trial that it is about; None where it is about the study.
        value: the figure that it is about, if it is about one.
    """

    key: str
    rule: str
    title: str
    text: str
    level: Level
    trial: int | None = None
    value: float | None = None


class AlertRules:
    """The rules that a file has on, held against a study."""

    def __init__(self, study: ActiveStudy) -> None:
        """Read the rules of a study's file."""
        self._study, self._spec = study, study.spec
        self._rules = study.spec.alerts

    def find(self, numbers: Collection[int] | None = None) -> Iterator[Alert]:
        """Find what there is to be told of a study as it is now, but for how its run ends.

        Args:
            numbers: of the trials of which all is told, and of the others nothing but that one is the best; None for
                all trials.
        """
        trials = [trial for trial in self._study.frozen_trials() if not is_outside(trial.user_attrs)]
        yield from self._of_study(trials)
        for trial in trials:
            if numbers is None or trial.number in numbers:
                yield from self._of_trial(trial)

    def find_at_end(self, error: str | None, run: str) -> Iterator[Alert]:
        """Find what there is to be told at the end of a run.

        Args:
            error: that has ended it; None where none has.
            run: tells this run from all others.
        """
        if self._rules.finished is None:
            return
        if error is not None:
            yield Alert(
                key=f"paused:{run}",
                rule="finished",
                title=f"{self._spec.name}: paused by an error",
                text=error[:_LONGEST_TEXT],
                level="ERROR",
            )
            return
        budget, counts = self._study.budget, self._study.counts()
        if budget.remaining or counts["running"]:
            return
        best = self._study.best
        told = ", ".join(f"{count} {state}" for state, count in counts.items() if count and state != "waiting")
        shown = "" if best is None else f" Best: trial {best.number}, {self._name(best.values)}."
        why = "" if budget.end is None or budget.spent == "trials" else f"{budget.end[0].upper()}{budget.end[1:]}. "
        yield Alert(
            key=f"finished:{budget.trials}:{budget.timeout_s or 0:g}:{sum(counts.values())}",
            rule="finished",
            title=f"{self._spec.name}: finished",
            text=f"{why}Trials: {told}.{shown}",
            level="INFO",
            trial=None if best is None else best.number,
            value=None if best is None else best.value,
        )

    def _of_study(self, trials: Sequence[FrozenTrial]) -> Iterator[Alert]:
        complete = [trial for trial in trials if trial.state.name == "COMPLETE"]
        unbeaten = [complete[index] for index in front(self._spec.objectives, [trial.values for trial in complete])]
        if self._rules.best is not None:
            yield from map(self._tell_best, unbeaten)
        if self._rules.stalled is not None:
            yield from self._tell_stalled(trials, unbeaten, self._rules.stalled.trials)

    def _tell_best(self, trial: FrozenTrial) -> Alert:
        params = self._spec.space.snap(trial.params)
        shown = ", ".join(f"{name}: {value}" for name, value in list(params.items())[:_MOST_PARAMS])
        more = f" and {len(params) - _MOST_PARAMS} more" if len(params) > _MOST_PARAMS else ""
        ledger = TrialLedger(trial.user_attrs)
        where = f"mean of {len(ledger.repeats)} repeats" if ledger.repeats else f"epoch {ledger.best_epoch}"
        is_one = len(self._spec.objectives) == 1
        what = "new best value" if is_one else "no other trial beats it"
        return Alert(
            key=f"best:{','.join(map(repr, trial.values))}",  # the same value again is none that is new
            rule="best",
            title=f"{self._spec.name}: {what}, {self._name(trial.values)}",
            text=f"Trial {trial.number}, {where}. {shown}{more}"[:_LONGEST_TEXT],
            level="INFO",
            trial=trial.number,
            value=trial.values[0],
        )

    def _tell_stalled(
        self, trials: Sequence[FrozenTrial], unbeaten: Sequence[FrozenTrial], patience: int
    ) -> Iterator[Alert]:
        """Tell that so many trials have ended after the last one that no other beats."""
        ended = [trial for trial in trials if trial.state.is_finished() and state_of(trial) != "infeasible"]
        ends = {trial.number: trial.datetime_complete for trial in ended if trial.datetime_complete is not None}
        last = max((ends[trial.number] for trial in unbeaten if trial.number in ends), default=None)
        since = sum(last is None or end > last for end in ends.values())
        if since < patience:
            return
        best = max(unbeaten, key=lambda trial: ends[trial.number], default=None)
        text = "No trial is complete."
        if best is not None:
            text = f"The best is trial {best.number}, {self._name(best.values)}."
        yield Alert(
            key="stalled:" if best is None else f"stalled:{best.number}",
            rule="stalled",
            title=f"{self._spec.name}: {patience} trials without a better one",
            text=text,
            level="WARN",
            trial=None if best is None else best.number,
            value=None if best is None else best.values[0],
        )

    def _of_trial(self, trial: FrozenTrial) -> Iterator[Alert]:
        ledger = TrialLedger(trial.user_attrs)
        number, name, history = trial.number, self._spec.name, ledger.history
        if self._rules.failed is not None and trial.state.name == "FAIL":
            yield Alert(
                key=f"failed:{number}:{ledger.attempts}",
                rule="failed",
                title=f"{name}: trial {number} failed",
                text=(ledger.cause or "error")[:_LONGEST_TEXT],
                level="ERROR",
                trial=number,
            )
        if self._rules.nan is not None:
            text = _find_nan(history) or next(
                (told for told in (ledger.cause, ledger.remark) if (told or "").startswith("nan_loss")), None
            )
            if text is not None:
                title = f"{name}: NaN in trial {number}"
                yield Alert(key=f"nan:{number}", rule="nan", title=title, text=text, level="ERROR", trial=number)
        if self._rules.drop is not None:
            metric = self._rules.drop.metric or self._spec.objective.metric
            for epoch, value, text in find_drops(history.get(metric, ()), self._rules.drop, metric):
                yield Alert(
                    key=f"drop:{number}:{epoch}",
                    rule="drop",
                    title=f"{name}: {metric} of trial {number} got worse, {value:.4g}",
                    text=text,
                    level="WARN",
                    trial=number,
                    value=value,
                )

    def _name(self, values: Sequence[float]) -> str:
        pairs = zip(self._spec.objectives, values, strict=True)
        return ", ".join(f"{objective.metric} {value:.5g}" for objective, value in pairs)


def find_drops(values: Sequence[float | None], rule: DropRule, metric: str) -> Iterator[tuple[int, float, str]]:
    """Find each epoch at which a metric has become worse than a rule allows, and was not so the epoch before.

    Args:
        values: of each epoch; None where one was no finite number.
        rule: how much is allowed, and below what.
        metric: whose values they are.

    Yields:
        The epoch, counted from 1, its value, and what is to be told.
    """
    sign = 1 if natural_direction(metric) == "maximize" else -1
    earlier: list[float] = []
    was_low = False
    for epoch, value in enumerate(values, start=1):
        if value is None:
            continue
        reference, what = math.nan, ""
        if rule.below == "best" and earlier:
            reference, what = sign * max(sign * other for other in earlier), "its best epoch"
        elif rule.below == "mean" and len(earlier) >= rule.window:
            reference, what = math.fsum(earlier[-rule.window :]) / rule.window, f"the mean of {rule.window} epochs"
        is_low = sign * (reference - value) > rule.by
        if is_low and not was_low:
            yield (
                epoch,
                value,
                f"{value:.4g} at epoch {epoch}, worse by {abs(reference - value):.4g} than {what}, "
                f"{reference:.4g} ({rule.by:g} is allowed).",
            )
        was_low = is_low
        earlier.append(value)


def _find_nan(history: Mapping[str, Sequence[float | None]]) -> str | None:
    """Tell the first metric of the first epoch that is no finite number."""
    firsts = Counter({name: values.index(None) + 1 for name, values in history.items() if None in values})
    if not firsts:
        return None
    name, epoch = min(firsts.items(), key=lambda item: item[1])
    return f"{name} is no finite number at epoch {epoch}."
