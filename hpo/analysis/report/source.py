"""What a report is made of: a study at one moment, and what is concluded of it, each thing computed once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from hpo.analysis.confirmation.computation import summarize_confirmation
from hpo.analysis.confirmation.summary import ConfirmationSummary
from hpo.analysis.diagnosis import (
    Advice,
    Certainty,
    Conclusion,
    TrialDiagnosis,
    advise,
    conclude,
    diagnose_trials,
    measure_certainty,
)
from hpo.analysis.importance.importances import compute_importances
from hpo.analysis.importance.result import Importances
from hpo.analysis.plots.catalog import PLOTS
from hpo.analysis.report.document import Chart
from hpo.spaces import Objective
from hpo.studies import Best, StudyRecord, TrialRecord

if TYPE_CHECKING:
    import plotly.graph_objects as go

_DIAGNOSED = 5
"""Trials: those that a reader would choose from."""


class ReportSource:
    """A study at one moment, and what is concluded of it when it is asked for."""

    def __init__(self, study: StudyRecord, draft: ReportSource | None = None, *, is_draft: bool = False) -> None:
        """Read a study.

        Args:
            study: what the report is about.
            draft: what an earlier report of it was made of, for what holds of all that has not changed since.
            is_draft: whether charts are left out that a score on the test part changes.
        """
        self._is_draft = is_draft
        self.study = study.snapshot()
        self._draft = draft if draft is not None and draft._searched == self._searched else None
        self._figures: dict[str, go.Figure] = {}

    @cached_property
    def _searched(self) -> list[object]:
        """What the search has come to: while it is the same, only scores on the test part can be new."""
        trials = self.study.frozen_trials(confirming=True)
        ends = [(trial.number, trial.state, trial.datetime_complete, trial.intermediate_values) for trial in trials]
        return [self.study.ledger.spec, ends]

    @cached_property
    def trials(self) -> list[TrialRecord]:
        """Every trial, by number."""
        return self.study.trials()

    @cached_property
    def front(self) -> list[Best]:
        """See `StudyRecord.front`."""
        return self.study.front

    @property
    def best(self) -> Best | None:
        """See `StudyRecord.best`."""
        return next(iter(self.front), None)

    @property
    def objectives(self) -> Sequence[Objective]:
        """What was optimized."""
        return self.study.spec.objectives

    @property
    def has_one_objective(self) -> bool:
        """Whether one trial is the best, and no front of several."""
        return len(self.objectives) == 1

    @cached_property
    def ranked(self) -> list[TrialRecord]:
        """The trials, those of the front first, then the better ones; last come those without a value.

        Trials outside the space are not compared with the others and stand behind them; so do pruned ones, whose value
        is that of another epoch.
        """
        sign = -1 if self.objectives[0].direction == "maximize" else 1
        front = {best.number: place for place, best in enumerate(self.front)}

        def rank(trial: TrialRecord) -> tuple[float, ...]:
            value = sign * trial.values[0] if trial.values else 0.0
            place = front.get(trial.number, len(front))
            return place, trial.values is None, trial.outside is not None, trial.state != "complete", value

        return sorted(self.trials, key=rank)

    @cached_property
    def importances(self) -> Importances:
        """Which parameters decided the result."""
        return compute_importances(self.study) if self._draft is None else self._draft.importances

    @cached_property
    def conclusion(self) -> Conclusion:
        """What became of the study."""
        return conclude(self.study)

    @cached_property
    def certainty(self) -> Certainty | None:
        """How sure the figure of the best trial is; None while there is none."""
        return measure_certainty(self.study)

    @cached_property
    def advice(self) -> list[Advice]:
        """What to try next."""
        return advise(self.study, self.importances)

    @cached_property
    def top_trials(self) -> list[tuple[TrialRecord, TrialDiagnosis]]:
        """The best complete trials, and what became of each."""
        top = [trial for trial in self.ranked if trial.state == "complete" and trial.outside is None][:_DIAGNOSED]
        return list(zip(top, diagnose_trials(self.study, [trial.number for trial in top]), strict=True))

    @cached_property
    def confirmation(self) -> ConfirmationSummary | None:
        """What training the best configs again has found; None where that was not done."""
        return summarize_confirmation(self.study)

    def draw(self, name: str, caption: str = "") -> Iterator[Chart]:
        """Draw a plot of the catalogue, with the question that it answers as its title; nothing where it cannot be."""
        plot = PLOTS[name]
        if not (self._is_draft and plot.is_of_predictions) and plot.find_obstacle(self.study) is None:
            if name not in self._figures:
                drafted = {} if self._draft is None or plot.is_of_predictions else self._draft._figures
                self._figures[name] = drafted[name] if name in drafted else plot.draw(self.study)
            yield Chart(name, plot.question, self._figures[name], caption)
