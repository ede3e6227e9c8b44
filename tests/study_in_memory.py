"""A study whose trials Optuna keeps in memory, for tests that ask for many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

from hpo.studies import ActiveStudy, Lease, TrialLedger
from hpo.studies.store.attempts import ClaimedTrial
from hpo.studies.store.stored import Admitted, state_of


class MemoryStorage(optuna.storages.InMemoryStorage):
    """What a search asks of a `StudyStorage`, for one process: leases are given, and never lost."""

    def claim(
        self,
        owner: str,
        trials: int | None,
        configs: int | None,
        only: object = None,
        *,
        begins_new: bool = True,
        admit: Callable[[], Admitted] = lambda: "any",
    ) -> ClaimedTrial | None:
        if admit() != "any":
            return None
        counts = Counter(state_of(trial) for trial in self.get_all_trials(0, deepcopy=False))
        begun = counts.total() - counts["waiting"]
        if (configs is not None and begun >= configs) or (
            trials is not None and begun - counts["infeasible"] >= trials
        ):
            return None
        waiting = self.get_all_trials(0, deepcopy=False, states=(TrialState.WAITING,))
        if not waiting and not begins_new:
            return None
        trial_id = waiting[0]._trial_id if waiting else self.create_new_trial(0)
        if waiting:
            self.set_trial_state_values(trial_id, TrialState.RUNNING)
        changes: dict[str, Any] = {}
        ledger = TrialLedger(self.get_trial(trial_id).user_attrs, changes.__setitem__)
        lease = Lease(f"trial:{self.get_trial(trial_id).number}", owner, ledger.attempts + 1)
        ledger.worker, ledger.attempts = owner, lease.fence
        self.write(trial_id, user_attrs=changes)
        return ClaimedTrial(lease, self.get_trial(trial_id))

    def enqueue(self, make: Callable[[], Sequence[FrozenTrial]]) -> int:
        return len([self.create_new_trial(0, trial) for trial in make()])

    def record_params(
        self,
        claimed: ClaimedTrial,
        params: Mapping[str, Any],
        distributions: Mapping[str, BaseDistribution],
        is_taken: Callable[[], bool],
    ) -> bool:
        if is_taken():
            return False
        for name in params.keys() - claimed.trial.params.keys():
            value = distributions[name].to_internal_repr(params[name])
            self.set_trial_param(claimed.trial._trial_id, name, value, distributions[name])
        return True

    def write(
        self,
        trial_id: int,
        *,
        user_attrs: Mapping[str, Any] = {},
        system_attrs: Mapping[str, Any] = {},
        reports: Mapping[int, float] = {},
        state: TrialState | None = None,
        values: Sequence[float] | None = None,
        cause: str | None = None,
    ) -> None:
        for key, value in user_attrs.items():
            self.set_trial_user_attr(trial_id, key, value)
        for key, value in system_attrs.items():
            self.set_trial_system_attr(trial_id, key, value)
        for step, value in reports.items():
            self.set_trial_intermediate_value(trial_id, step, value)
        if state is not None:
            self.set_trial_state_values(trial_id, state, values)

    @staticmethod
    def patience(call):
        return call()

    def translate(self, error: BaseException | None) -> None:
        pass

    def close(self) -> None:
        pass


class StudyInMemory(ActiveStudy):
    """A study as its database has it when it is opened; what comes after is kept in memory, in a sixth of the time.

    What is drawn, pruned and computed of trials does not depend on where they are kept. That it is kept is for the
    tests of the port and of studies, which work on databases.
    """

    def _open(self) -> None:
        super()._open()
        storage = MemoryStorage()
        name = self._optuna.study_name
        optuna.copy_study(from_study_name=name, from_storage=self.optuna_storage, to_storage=storage)
        self.close()
        self._storage = storage
        self._optuna = optuna.load_study(study_name=name, storage=storage)
