"""Search by Optuna: trials asked for, reported and told through the study's storage."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

import optuna
from optuna.trial import FrozenTrial, TrialState

from hpo.search.optuna.pruning.pruners import make_pruner
from hpo.search.optuna.samplers import make_sampler
from hpo.search.optuna.searched_study import SearchedStudy, pruned_study
from hpo.search.optuna.untried import RedrawingSampler, UntriedConfigs
from hpo.search.recorded import RecordedTrial, record_params
from hpo.spaces import Params
from hpo.studies import ActiveStudy, TriedConfigs
from hpo.studies.store.ledger import FIXED

if TYPE_CHECKING:
    from hpo.studies.store.attempts import ClaimedTrial


class OptunaSearch:
    """A `SearchBackend` on a study's storage; any number of them, in any processes, may work on one study."""

    def __init__(
        self,
        study: ActiveStudy,
        worker: str,
        sampler: RedrawingSampler | None = None,
        pruner: optuna.pruners.BasePruner | None = None,
    ) -> None:
        """Begin to search.

        Args:
            study: the study to search for.
            worker: who asks, as trials record it.
            sampler: what draws configs; None for what the file names.
            pruner: what stops hopeless trials; None for what the file names.
        """
        self._spec = spec = study.spec
        self._active = study
        self._worker = worker
        name, storage = study.optuna_study.study_name, study.optuna_storage
        pruner = pruner or make_pruner(spec)
        sampler = sampler or make_sampler(spec, study.ledger.trials_before_change or 0)
        self._study = SearchedStudy(name, storage, spec.objective, sampler, pruner)
        # Optuna prunes for one objective: pruners are shown the study as if the learned one were all.
        self._curves = self._study if len(spec.objectives) == 1 else pruned_study(name, storage, spec.objective, pruner)
        self._tried = TriedConfigs(spec.space)
        self._untried = UntriedConfigs(spec.space, sampler, spec.seed)

    def ask(self, trials: int | None = None) -> RecordedTrial | None:
        """Take on the next trial: one that waits, or a new one; see the port."""
        claimed = self._active.claim(self._worker, trials)
        if claimed is None:
            return None
        if (trial := self.take_on(claimed)) is not None:
            return trial
        self._end_repeat(claimed)
        return None

    def _end_repeat(self, claimed: ClaimedTrial) -> None:
        cause = "repeat: every config that it could have is tried"
        self._active.storage.write(
            claimed.trial._trial_id, user_attrs={"cause": cause}, state=TrialState.FAIL, cause=cause
        )
        self._active.ledger.is_exhausted = True

    def suggest(self, trials: int, suggested: Container[int]) -> FrozenTrial | None:
        """Have a trial wait with all of its parameters, for whoever claims it: one that waits already, or a new one.

        Args:
            trials: so many may be trained in all, those that wait included.
            suggested: the numbers of trials that were suggested before.

        Returns:
            None where no other trial may be begun.
        """
        waiting = [trial for trial in self._active.frozen_trials() if trial.state == TrialState.WAITING]
        numbers = [trial.number for trial in waiting if trial.number not in suggested][:1]
        if not numbers and self._active.budget.used + len(waiting) >= min(trials, self._active.budget.trials):
            return None
        claimed = self._active.claim(self._worker, only=numbers, begins_new=not numbers)
        if claimed is None:
            return None
        if (trial := self.take_on(claimed)) is None:
            self._end_repeat(claimed)
            return None
        trial.withdraw()
        return self._active.frozen_trials(confirming=True)[trial.number]

    def is_hopeless(self, trial: FrozenTrial) -> bool:
        """Whether the pruner ends a trial, by what it has reported."""
        return bool(self._curves.pruner.prune(self._curves, trial))

    def take_on(self, claimed: ClaimedTrial) -> RecordedTrial | None:
        """Take on a claimed trial; None if every config that it could have is tried."""
        while (params := self._draw(claimed.trial)) is not None:
            if record_params(self._active, claimed, params, None if self._has_config(claimed.trial) else self._tried):
                return RecordedTrial(self._active, claimed, params, self.is_hopeless)
        return None

    def _draw(self, trial: FrozenTrial) -> Params | None:
        """Draw what is not fixed of a trial: one that waited may have some of its parameters, or all."""
        self._study._thread_local.cached_all_trials = None  # Optuna keeps them from one `ask` to the next
        before = self._spec.space.snap(trial.params)
        fixed = {**trial.system_attrs.get(FIXED, {}), **before}
        if self._is_complete(fixed):
            return self._spec.space.fill(lambda parameter: fixed[parameter.name])[1]
        params = self._untried.draw(self._study, trial, fixed, self._tried)
        if params is None and fixed and not before:  # all that the file starts from here is tried: an ordinary trial
            return self._untried.draw(self._study, trial, {}, self._tried)
        return params

    def _has_config(self, trial: FrozenTrial) -> bool:
        """Whether the file, or an earlier attempt, has given it all of its parameters."""
        return self._is_complete({**trial.system_attrs.get(FIXED, {}), **self._spec.space.snap(trial.params)})

    def _is_complete(self, fixed: Params) -> bool:
        return bool(fixed) and self._spec.space.restrict(fixed).size == 1
