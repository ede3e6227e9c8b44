"""What the trials of a study have come to: how many are in which state, and what they have cost.

A study asks for it whenever a trial begins, so each trial that has ended is looked at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from threading import RLock
from typing import TYPE_CHECKING

from hpo.spaces import StudySpec
from hpo.studies.limits.costs import StudyCosts, TrialCost, measure_costs, measure_trial
from hpo.studies.store.stored import StoredTrial, TrialState, state_of
from hpo.studies.store.view import ChangedTrials

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


class TrialTally:
    """Counts and measures trials, always the same kind of them; any thread may ask."""

    def __init__(self) -> None:
        """Begin with no trials."""
        self._lock = RLock()
        self._changed = ChangedTrials()
        self._states: dict[int, TrialState] = {}
        self._counts = Counter[TrialState]()
        self._costs: dict[int, tuple[FrozenTrial | StoredTrial, TrialCost]] = {}

    def count(self, trials: Sequence[FrozenTrial | StoredTrial]) -> Counter[TrialState]:
        """Count the trials in each state.

        Args:
            trials: by number, in a list that stays as it is.
        """
        with self._lock:
            changed, forgets = self._changed.find(trials)
            if forgets:
                self._states.clear()
                self._counts.clear()
            for trial in changed:
                if (before := self._states.get(trial.number)) is not None:
                    self._counts[before] -= 1
                self._states[trial.number] = state = state_of(trial)
                self._counts[state] += 1
            return self._counts.copy()

    def measure_costs(self, trials: Iterable[FrozenTrial | StoredTrial], spec: StudySpec) -> StudyCosts:
        """Add up what trials have cost until now; see `hpo.studies.limits.costs.measure_costs`."""
        with self._lock:
            return measure_costs(trials, spec, self._measure)

    def _measure(self, trial: FrozenTrial | StoredTrial, spec: StudySpec) -> TrialCost:
        known, cost = self._costs.get(trial.number, (None, None))
        if known is not trial or cost is None:
            cost = measure_trial(trial, spec)
            if trial.state.is_finished():
                self._costs[trial.number] = trial, cost
        return cost
