"""What the scheduler of wandb asks for what to try: trials of the study, chosen by the sampler of the file.

The study is the record: nothing is kept here but which trials the sweep has runs of, which the scheduler tells anew
whenever it starts. How a trial goes is known from the study; of its run only that it was given out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from optuna.trial import FrozenTrial, TrialState
from wandb.sdk.sweeps.run_state import RunState
from wandb.sdk.sweeps.scheduler.optimizer import Optimizer, Run, RunConfig, RunSuggestion, RunWithMetrics
from wandb.sdk.sweeps.sweep_info import SweepInfo

from hpo.search.optuna.search import OptunaSearch
from hpo.search.wandb.mapping import name_parameters
from hpo.search.wandb.scheduled import TRIAL, note_run
from hpo.studies import ActiveStudy, TrialLedger

LEAST_AHEAD = 4
"""So many suggestions wait for agents at least; and as many as trials run, where those are more."""


class StudyOptimizer(Optimizer):
    """An `Optimizer` that is fed by a study."""

    def __init__(self, sweep: SweepInfo, study: ActiveStudy, search: OptunaSearch) -> None:
        """Begin to suggest.

        Args:
            sweep: that of the study.
            study: what is searched for.
            search: chooses what to try.
        """
        self._study, self._search = study, search
        self._names = name_parameters(study.spec.space.parameters())
        self._suggested: set[int] = set()
        self._serial = count()
        super().__init__(sweep)

    def validate_sweep_objective(self) -> None:
        """Do nothing: the sweep was made of the study's file."""

    def ask_n_runs(self, n: int) -> Sequence[RunSuggestion] | None:
        """Suggest as many trials as agents may take until the next poll; None while there is nothing to suggest.

        An empty list would end the sweep, while trials that constraints rule out, or that are given back, may still
        make room for others.
        """
        study = self._study
        ledger = study.ledger
        if ledger.claimable is not None or not study.budget.remaining:
            return None
        trials = study.frozen_trials()
        running = sum(trial.state == TrialState.RUNNING for trial in trials)
        waiting = [trial for trial in trials if trial.state == TrialState.WAITING]
        given_out = {trial.number for trial in waiting if TrialLedger(trial.user_attrs).run is not None}
        wanted = min(n, max(LEAST_AHEAD, running) - sum(trial.number in self._suggested for trial in waiting))
        suggestions: list[RunSuggestion] = []
        while len(suggestions) < wanted:
            trial = self._search.suggest(ledger.budget["trials"], self._suggested | given_out)
            if trial is None:
                break
            self._suggested.add(trial.number)
            suggestions.append(self._describe(trial))
        return suggestions or None

    def _describe(self, trial: FrozenTrial) -> RunSuggestion:
        params = self._study.spec.space.snap(trial.params)
        values = {self._names[name]: value for name, value in params.items()}
        # An id is used once: a trial whose run was not put into the sweep is suggested again by another
        config = RunConfig.from_values({**values, TRIAL: trial.number})
        return RunSuggestion(config=config, run_id=f"{trial.number}.{next(self._serial)}")

    def tell_run(self, run_id: Any, data: RunWithMetrics) -> None:  # noqa: ANN401 - the port's
        """Let the trial of a run be claimed that an agent was given, or that has ended: its agent may be gone."""
        self._note(_number_in(run_id), data)

    def forget_run(self, run_id: Any) -> None:  # noqa: ANN401 - the port's
        """Suggest a trial again whose run was not put into the sweep."""
        self._suggested.discard(_number_in(run_id))

    def tell_existing_finished_run(self, data: RunWithMetrics) -> None:
        """Take notice of a run that the sweep had before; one of nobody's trial is left aside."""
        if (number := _number_of(data)) is not None:
            self._suggested.add(number)
            self._note(number, data)

    def tell_existing_active_run(self, data: Run) -> str | None:
        """Follow a run that the sweep had before; see `tell_existing_finished_run`."""
        if (number := _number_of(data)) is None:
            return None
        self._suggested.add(number)
        self._note(number, data)
        return f"{number}.{next(self._serial)}"

    def has_terminator(self) -> bool:
        """Whether the sweep may be ended from here."""
        return True

    def should_terminate_sweep(self) -> bool:
        """Whether the budget is spent, and nothing is left of it to be given back."""
        return self._study.spent is not None and not self._study.counts()["running"]

    def _note(self, number: int, run: Run) -> None:
        if run.state != RunState.PENDING:
            values = {name: value for name, value in run.config.flat_dict().items() if name != TRIAL}
            path = f"{self._sweep.entity}/{self._sweep.project}/{self._sweep.id}"
            note_run(self._study, number, {"id": run.wandb_run_id, "sweep": path, "args": values, "inactive": []})


def _number_in(run_id: object) -> int:
    return int(str(run_id).partition(".")[0])


def _number_of(run: Run) -> int | None:
    number = run.config.flat_dict().get(TRIAL)
    return number if isinstance(number, int) else None
