"""What other runs of the same study come to, on this machine or on others, as far as this one is told to show it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from hpo.fleet.messages import Event, TrialEnded, TrialsElsewhere
from hpo.studies import ActiveStudy, Session, StudyLedger, TrialLedger
from hpo.studies.store.stored import state_of

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


class OtherRuns:
    """Notices what changes in a study beside what this run does."""

    def __init__(self, study: ActiveStudy, session: Session) -> None:
        """Begin with what the study holds; `session` counts the time of this run."""
        self._study, self._session = study, session
        self._running = 0
        self._worked = self._count_seconds(study.ledger)
        self._ended = {trial.number for trial in study.frozen_trials(confirming=True) if trial.state.is_finished()}

    def hear(self, event: Event) -> None:
        """Take note of what this run itself tells."""
        if isinstance(event, TrialEnded) and event.state != "waiting":
            self._ended.add(event.number)

    def have_worked(self, ledger: StudyLedger) -> bool:
        """Whether another run has saved its time since this was asked last, as each does every few seconds."""
        before, self._worked = self._worked, self._count_seconds(ledger)
        return self._worked != before

    def find_news(self, own: Collection[str]) -> TrialsElsewhere | None:
        """Read the trials of the study; None where nothing is new.

        Args:
            own: the names of this run's workers, who tell themselves what becomes of their trials.
        """
        trials = self._study.frozen_trials(confirming=True)
        trials = [trial for trial in trials if TrialLedger(trial.user_attrs).worker not in own]
        running = sum(trial.state.name == "RUNNING" for trial in trials)
        new = [trial for trial in trials if trial.state.is_finished() and trial.number not in self._ended]
        if not new and running == self._running:
            return None
        self._running = running
        self._ended.update(trial.number for trial in new)
        return TrialsElsewhere(0, [(trial.number, state_of(trial), _values_of(trial)) for trial in new], running)

    def _count_seconds(self, ledger: StudyLedger) -> float:
        return round(ledger.worked_seconds - self._session.saved_s, 1)


def _values_of(trial: FrozenTrial) -> list[float] | None:
    return list(trial.values) if trial.state.name == "COMPLETE" else None
