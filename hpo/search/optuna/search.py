"""Search by Optuna: trials asked for, reported and told through the study's storage."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from hpo.search.optuna.pruners import make_pruner
from hpo.search.optuna.samplers import make_sampler
from hpo.search.optuna.searched_study import SearchedStudy, pruned_study
from hpo.search.optuna.untried import RedrawingSampler, UntriedConfigs
from hpo.spaces import Config, Params, StudySpec
from hpo.studies import ActiveStudy, TrialLedger, TriedConfigs, distribution
from hpo.studies.store.ledger import CONSTRAINT, FIXED, MEMORY
from hpo.training import Completed, EpochReport, Failed, Infeasible, Learned, Outcome, Paused, Pruned, Verdict

if TYPE_CHECKING:
    from hpo.studies.store.attempts import ClaimedTrial
    from hpo.studies.store.storage import StudyStorage


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

    def ask(self, trials: int | None = None) -> OptunaTrial | None:
        """Take on the next trial: one that waits, or a new one; see the port."""
        claimed = self._active.claim(self._worker, trials)
        if claimed is None:
            return None
        while (params := self._draw(claimed.trial)) is not None:
            if self._record(claimed, params):
                return OptunaTrial(self._active.storage, self._curves, claimed, self._spec, params)
        cause = "repeat: every config that it could have is tried"
        self._active.storage.write(
            claimed.trial._trial_id, user_attrs={"cause": cause}, state=TrialState.FAIL, cause=cause
        )
        self._active.ledger.is_exhausted = True
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

    def _record(self, claimed: ClaimedTrial, params: Params) -> bool:
        """Record the parameters of a trial; False where another trial has come to the same config meanwhile."""
        trial = claimed.trial

        def is_taken() -> bool:
            fixed = {**trial.system_attrs.get(FIXED, {}), **self._spec.space.snap(trial.params)}
            if self._is_complete(fixed):  # so the file, or an earlier attempt, has it
                return False
            others = (other for other in self._study.get_trials(deepcopy=False) if other.number != trial.number)
            return self._tried.key(params) in self._tried.keys(others)

        distributions = {parameter.name: distribution(parameter) for parameter in self._spec.space.parameters()}
        return self._active.storage.record_params(claimed, params, distributions, is_taken)

    def _is_complete(self, fixed: Params) -> bool:
        return bool(fixed) and self._spec.space.restrict(fixed).size == 1


class OptunaTrial:
    """An `ActiveTrial` of Optuna's; what it says at one time is one transaction."""

    def __init__(
        self, storage: StudyStorage, curves: optuna.Study, claimed: ClaimedTrial, spec: StudySpec, params: Params
    ) -> None:
        """Begin an attempt.

        Args:
            storage: where it is recorded.
            curves: the study as its pruner sees it.
            claimed: the trial as it was claimed.
            spec: of the study.
            params: all of its parameters.
        """
        self.number, self.params = claimed.trial.number, params
        self.lease, self.attempt = claimed.lease, claimed.lease.fence
        self._storage, self._curves, self._spec = storage, curves, spec
        self._trial = claimed.trial  # follows what is written
        self._trial_id = claimed.trial._trial_id
        self._values = claimed.trial.intermediate_values
        self._judged = set(claimed.trial.constraints)
        self.accumulation_steps = TrialLedger(claimed.trial.user_attrs).accumulation_steps
        self._reported = 0

    @cached_property
    def config(self) -> Config:
        """The file with every parameter filled in; see the port for what it raises."""
        return self._spec.config(self.params)

    @contextmanager
    def _changes(self, **others: Any) -> Iterator[TrialLedger]:  # noqa: ANN401 - see `StudyStorage.write`
        """Give a ledger, and write what it is told, and what else is to be written, as the block ends."""
        changes: dict[str, Any] = {}
        yield TrialLedger(self._trial.user_attrs, changes.__setitem__)
        self._storage.write(self._trial_id, user_attrs=changes, **others)
        self._trial.user_attrs |= changes

    def describe_attempt(self, facts: Mapping[str, Any]) -> None:
        """Record facts of this attempt; see the port."""
        with self._changes() as ledger:
            ledger.set_attempt(self.attempt, {**ledger.attempt_entries.get(self.attempt, {}), **facts})

    def accepts(self, measures: Mapping[str, float] | None = None) -> bool:
        """Record by how much constraints are broken; see the port."""
        excesses = self._spec.excesses(self.params, measures)
        # A trial that was given back has been judged before.
        new = {f"{CONSTRAINT}{text}": excess for text, excess in excesses.items() if text not in self._judged}
        with self._changes(system_attrs=new) as ledger:
            if measures is not None:
                ledger.measures = dict(measures)
            is_broken = ledger.set_broken(excesses)
        self._judged |= excesses.keys()
        return not is_broken

    def report(self, report: EpochReport) -> Verdict:
        """Record an epoch, all that was measured in it; whether the trial is worth going on with.

        Epochs that an earlier attempt reported were worth it then, and pruners look at the last report of all.
        """
        is_last = report.epoch > max(self._values, default=0)
        new = {} if report.epoch in self._values else {report.epoch: report.value}
        with self._changes(reports=new) as ledger:
            ledger.set_epoch(report.epoch, report.metrics, report.seconds)
        self._values.update(new)
        self._reported = report.epoch
        if not is_last or not self._curves.pruner.prune(self._curves, self._trial):
            return Verdict.CONTINUE
        return Verdict.PRUNE

    def tell(self, outcome: Outcome) -> None:
        """Record how the trial ended."""
        match outcome:
            case Completed():
                with self._changes(state=TrialState.COMPLETE, values=outcome.values) as ledger:
                    self._record(ledger, outcome.learned)
                    if outcome.remark is not None:
                        ledger.remark = str(outcome.remark)
            case Pruned():
                last = self._values[max(self._values)] if self._values else math.nan
                is_value = len(self._spec.objectives) == 1 and not math.isnan(last)
                with self._changes(state=TrialState.PRUNED, values=[last] if is_value else None) as ledger:
                    self._record(ledger, outcome.learned)
            case Failed():
                with self._changes(state=TrialState.FAIL, cause=str(outcome.cause)) as ledger:
                    ledger.cause = str(outcome.cause)
                    ledger.finish_history(outcome.history, self._reported)
            case Infeasible(None):
                self._storage.write(self._trial_id, state=TrialState.PRUNED)
            case Infeasible(cause):
                broken = {f"{CONSTRAINT}{MEMORY}": 1.0}  # by which samplers know what to keep away from
                with self._changes(state=TrialState.PRUNED, system_attrs=broken, cause=str(cause)) as ledger:
                    ledger.cause = str(cause)
            case Paused(cause, accumulation_steps):
                with self._changes(state=TrialState.WAITING, cause=str(cause or "paused")) as ledger:
                    if accumulation_steps is not None:
                        ledger.accumulation_steps = accumulation_steps

    def _record(self, ledger: TrialLedger, learned: Learned) -> None:
        for name in ("best_value", "best_epoch", "last_value", "measures", "images_per_second"):
            setattr(ledger, name, getattr(learned, name))
        ledger.finish_history(learned.history, self._reported)
