"""Search by Optuna's samplers where a trial that was stopped may go on later, from its checkpoint."""

from __future__ import annotations

from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from hpo.search.backend import NoTrial, SearchBackend
from hpo.search.optuna.pruning.pruners import most_epochs
from hpo.search.optuna.pruning.rungs import PromotingPruner, Rungs
from hpo.search.optuna.search import OptunaSearch
from hpo.search.optuna.settings import Promotion, promotion_of
from hpo.search.recorded import RecordedTrial
from hpo.studies import ActiveStudy
from hpo.studies.files.checkpoints import checkpoint_numbers
from hpo.studies.store.ledger import TrialLedger, is_searched
from hpo.studies.store.stored import Admitted, state_of

_LATE = 0.5
"""The share of its epochs, time or money from which on a study without a complete trial waits no longer for one."""


def open_search(study: ActiveStudy, worker: str) -> SearchBackend:
    """Give the search that the section names; see `hpo.search.open_backend`."""
    promotion = promotion_of(study.spec)
    return OptunaSearch(study, worker) if promotion is None else PromotingSearch(study, worker, promotion)


class PromotingSearch:
    """A `SearchBackend` that promotes before it begins another trial; any number of them may work on one study.

    A trial keeps its number and its params. What is kept of one that has stopped are its reports, and its checkpoint as
    long as it is next in line.
    """

    def __init__(self, study: ActiveStudy, worker: str, settings: Promotion) -> None:
        """Begin to search; see `hpo.search.open_backend`."""
        spec = study.spec
        is_maximized = spec.objective.direction == "maximize"
        direction = StudyDirection.MAXIMIZE if is_maximized else StudyDirection.MINIMIZE
        self._rungs = Rungs(settings.rungs(most_epochs(spec)), settings.reduction_factor, direction)
        self._study, self._worker = study, worker
        self._search = OptunaSearch(study, worker, pruner=PromotingPruner(self._rungs, self._is_late))

    def ask(self, trials: int | None = None) -> RecordedTrial | NoTrial | None:
        """Take on the next trial: one that waits, a promoted one, or a new one; see the port.

        Where trials were told to run again, it is one of those.
        """
        study = self._study
        while (admitted := study.budget.admitted) != "none":
            if not self._has_waiting(admitted) and (number := self._find_promoted(is_late=self._is_late())) is not None:
                if (trial := self._go_on(number)) is not None:
                    return trial
                continue  # another worker has it
            if (trial := self._search.ask(trials)) is not None:
                if not study.ledger.has_rounds:
                    study.ledger.has_rounds = True
                return trial
            if self._list_trials(TrialState.RUNNING) or self._has_waiting(admitted):
                return NoTrial("idle")  # what runs may have others promoted, or wait again
            if (number := self._find_promoted(is_late=True)) is None:
                if study.ledger.claimable is None or self._has_ended():
                    study.ledger.has_rounds = False
                break
            if (trial := self._go_on(number)) is not None:
                return trial
        return None

    def _has_ended(self) -> bool:
        """Whether nothing is left to be done of all trials, also of those that were not told to run again."""
        if self._study.budget.remaining or self._list_trials(TrialState.RUNNING, TrialState.WAITING):
            return False
        return self._find_promoted(is_late=True, among_all=True) is None

    def _has_waiting(self, admitted: Admitted) -> bool:
        """Whether a trial waits that may be taken on now."""
        claimable = self._study.ledger.claimable
        return any(
            (claimable is None or trial.number in claimable)
            and (admitted == "any" or TrialLedger(trial.user_attrs).attempts > 0)
            for trial in self._list_trials(TrialState.WAITING)
        )

    def _list_trials(self, *states: TrialState) -> list[FrozenTrial]:
        return self._study.optuna_study.get_trials(deepcopy=False, states=states)

    def _is_late(self) -> bool:
        """Whether the best trials wait for no others: none is to come, or half of the budget has given no model."""
        budget = self._study.budget
        if budget.remaining and budget.share < _LATE:
            return False
        return not budget.remaining or not self._list_trials(TrialState.COMPLETE)

    def _find_promoted(self, *, is_late: bool, among_all: bool = False) -> int | None:
        """Find a trial that goes on, and drop what those have kept that are not in line."""
        ready = set(checkpoint_numbers(self._study.files.checkpoint_store))
        standings = self._rungs.compare(self._study.optuna_study.get_trials(deepcopy=False), is_late=is_late)
        self._drop_checkpoints(ready, standings.find_in_line())
        claimable = self._study.ledger.claimable
        return standings.find_promoted(ready if claimable is None or among_all else ready.intersection(claimable))

    def _go_on(self, number: int) -> RecordedTrial | None:
        claimed = self._study.claim_pruned(self._worker, number)
        return None if claimed is None else self._search.take_on(claimed)

    def _drop_checkpoints(self, numbers: set[int], line: set[int]) -> None:
        """Remove the checkpoints of trials that have stopped and are not in line, and their numbers of `numbers`."""
        unneeded = numbers - line
        trials = self._study.frozen_trials(confirming=True) if unneeded else []
        for number in sorted(unneeded.intersection(range(len(trials)))):
            if is_searched(trials[number].user_attrs) and state_of(trials[number]) in ("pruned", "infeasible"):
                self._study.files.checkpoints(number, 0).remove()
                numbers.remove(number)
