"""Search where samplers and pruners of the file decide, and a sweep gives out the runs (`method: hpo`): the workers.

A suggestion is a trial that waits with all of its parameters. The run that stands for it in the sweep has the number of
the trial in its config; once an agent was given the run, the trial has it in its ledger and may be claimed.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, TrialState

from hpo.search.optuna.search import OptunaSearch
from hpo.search.wandb.agent import SweepRun
from hpo.search.wandb.search import WandbSearch
from hpo.search.wandb.sweep import settings_of
from hpo.studies import ActiveStudy, TrialLedger

if TYPE_CHECKING:
    from hpo.studies.store.attempts import ClaimedTrial

TRIAL = "hpo_trial"
"""Where the config of a run has the number of its trial; no parameter has this name."""


def open_search(study: ActiveStudy, worker: str) -> WandbSearch:
    """Give the `SearchBackend` of a study that has a sweep, by who decides what to try."""
    return (ScheduledSearch if settings_of(study.spec).method == "hpo" else WandbSearch)(study, worker)


def note_run(study: ActiveStudy, number: int, run: dict[str, Any]) -> None:
    """Let a trial be claimed whose run was given out; nothing happens where it has a run, or waits no more.

    Args:
        study: whose trial it is.
        number: of the trial.
        run: what its ledger is to have of the run.
    """
    trials = study.frozen_trials(confirming=True)
    if not 0 <= number < len(trials):
        return
    trial = trials[number]
    if trial.state == TrialState.WAITING and TrialLedger(trial.user_attrs).run is None:
        with suppress(UpdateFinishedTrialError):  # others were faster
            study.storage.write(trial._trial_id, user_attrs={"run": run})


class ScheduledSearch(WandbSearch):
    """A `SearchBackend` whose worker is an agent of the sweep, and trains the trials that its runs stand for."""

    def __init__(self, study: ActiveStudy, worker: str) -> None:
        """Begin to search; see `WandbSearch`."""
        super().__init__(study, worker)
        self._own = OptunaSearch(study, worker)

    def _claim(self, trials: int | None) -> ClaimedTrial | None:
        """Take on a trial whose run was given out; one that failed is tried again with the run that it has."""
        waiting = (trial for trial in self._study.frozen_trials() if trial.state == TrialState.WAITING)
        numbers = [trial.number for trial in waiting if TrialLedger(trial.user_attrs).run is not None]
        return self._study.claim(self._worker, trials, only=numbers, begins_new=False)

    def _is_hopeless(self, trial: FrozenTrial) -> bool:
        return super()._is_hopeless(trial) or self._own.is_hopeless(trial)

    def _record(self, run: SweepRun) -> bool:
        """Let the trial of a run be claimed; a run that somebody else has put into the sweep becomes a trial."""
        values = {name: arg.get("value") for name, arg in run.args.items()}
        number = values.pop(TRIAL, None)
        if not isinstance(number, int):
            return super()._record(run)
        entry = {"id": run.id, "sweep": self._agent.path, "args": values, "inactive": []}
        note_run(self._study, number, entry)
        return True

    def _may_go_on(self) -> bool:
        """Whether the sweep has ended only because the budget is spent."""
        return not self._study.budget.remaining
