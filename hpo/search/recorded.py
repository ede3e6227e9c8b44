"""A trial as search backends give it out: recorded in the study's storage, whoever has decided what to try."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

from optuna.trial import FrozenTrial, TrialState, create_trial

from hpo.errors import LeaseLostError
from hpo.spaces import Config, Params
from hpo.studies import ActiveStudy, TrialLedger, TriedConfigs, distribution
from hpo.studies.store.ledger import CONSTRAINT, MEMORY
from hpo.training import Completed, EpochReport, Failed, Infeasible, Learned, Outcome, Paused, Pruned, Verdict

if TYPE_CHECKING:
    from hpo.studies.store.attempts import ClaimedTrial


def enqueue(study: ActiveStudy, params: Params, attributes: Mapping[str, Any], tried: TriedConfigs) -> bool:
    """Make a trial that waits for whoever claims next; arguments and what is returned are those of `record_params`.

    Args:
        study: whose trial it is.
        params: all of its parameters.
        attributes: what its ledger has from the start.
        tried: compares the configs of trials.
    """
    known = {parameter.name: distribution(parameter) for parameter in study.spec.space.parameters()}
    trial = create_trial(
        state=TrialState.WAITING,
        params=params,
        distributions={name: known[name] for name in params},
        user_attrs=dict(attributes),
    )
    return bool(study.storage.enqueue(lambda: [] if find_trial(study, params, tried) is not None else [trial]))


def find_trial(study: ActiveStudy, params: Params, tried: TriedConfigs) -> int | None:
    """Find the first trial with a config, whatever its state; None where none has it."""
    key = tried.key(params)
    trials = study.optuna_study.get_trials(deepcopy=False)
    return next((trial.number for trial in trials if key in tried.keys([trial])), None)


def record_params(study: ActiveStudy, claimed: ClaimedTrial, params: Params, tried: TriedConfigs | None = None) -> bool:
    """Record the parameters of a claimed trial.

    Args:
        study: whose trial it is.
        claimed: the trial.
        params: all of its parameters.
        tried: compares the configs of trials; None where the trial has its config however many others have the same.

    Returns:
        False where another trial has come to the same config meanwhile, and nothing was recorded.

    Raises:
        LeaseLostError: another worker has the trial.
    """

    def is_taken() -> bool:
        if tried is None:
            return False
        trials = study.optuna_study.get_trials(deepcopy=False)
        return tried.find_taken(trials, besides=claimed.trial.number)(params)

    distributions = {parameter.name: distribution(parameter) for parameter in study.spec.space.parameters()}
    return study.storage.record_params(claimed, params, distributions, is_taken)


class RecordedTrial:
    """An `ActiveTrial` that is recorded in the study's storage; what it says at one time is one transaction."""

    def __init__(
        self, study: ActiveStudy, claimed: ClaimedTrial, params: Params, is_hopeless: Callable[[FrozenTrial], bool]
    ) -> None:
        """Begin an attempt.

        Args:
            study: where it is recorded.
            claimed: the trial as it was claimed.
            params: all of its parameters.
            is_hopeless: given the trial with its reports so far, whether to prune it; asked after each new epoch.
        """
        self.number, self.params = claimed.trial.number, params
        self.lease, self.attempt = claimed.lease, claimed.lease.fence
        self._storage, self._spec, self._is_hopeless = study.storage, study.spec, is_hopeless
        self._trial = claimed.trial  # follows what is written
        self._trial_id = claimed.trial._trial_id
        self._values = claimed.trial.intermediate_values
        self._judged = set(claimed.trial.constraints)
        self.accumulation_steps = TrialLedger(claimed.trial.user_attrs).accumulation_steps
        self._reported = self._trained = 0

    @cached_property
    def config(self) -> Config:
        """The file with every parameter filled in; see the port for what it raises."""
        return self._spec.config(self.params)

    @property
    def ledger(self) -> TrialLedger:
        """What is kept of the trial, to be read."""
        return TrialLedger(self._trial.user_attrs)

    def set_rung(self, rung: dict[str, int]) -> None:
        """Keep where the trial is in a search in rounds; see `TrialLedger.rung`."""
        with self._changes() as ledger:
            ledger.rung = rung

    @contextmanager
    def _changes(self, **others: Any) -> Iterator[TrialLedger]:  # noqa: ANN401 - see `StudyStorage.write`
        """Give a ledger, and write what it is told, and what else is to be written, as the block ends."""
        changes: dict[str, Any] = {}
        yield TrialLedger(self._trial.user_attrs, changes.__setitem__)
        if changes or any(value is not None and value != {} for value in others.values()):
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

        Epochs that an earlier attempt reported were worth it then, and pruners look at the last report of all. Those
        that another trial has trained cost nothing, and are the same for all that have them: they stop none.
        """
        is_last = report.epoch > max(self._values, default=0)
        new = {} if report.epoch in self._values else {report.epoch: report.value}
        with self._changes(reports=new) as ledger:
            ledger.set_epoch(report.epoch, report.metrics, report.seconds, report.repeats)
            facts: dict[str, Any] = {}
            if report.trained_by is not None:
                facts["prefix"] = {"trial": report.trained_by, "epochs": report.epoch}
            elif not report.is_restored:
                self._trained += report.trainings
                facts["trained"] = self._trained
            if facts:
                ledger.set_attempt(self.attempt, {**ledger.attempt_entries.get(self.attempt, {}), **facts})
        self._values.update(new)
        self._reported = report.epoch
        is_judged = is_last and report.trained_by is None
        return Verdict.PRUNE if is_judged and self._is_hopeless(self._trial) else Verdict.CONTINUE

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

    def withdraw(self) -> None:
        """Have the trial wait with its parameters, as if it had not been begun."""
        # Where the lease is lost, it was withdrawn, and the answer of the database did not come.
        with suppress(LeaseLostError), self._changes(state=TrialState.WAITING) as ledger:
            ledger.drop_attempt(self.attempt)
        self._storage.leases.pop(self._trial_id, None)  # this process may write to it as any other may

    def _record(self, ledger: TrialLedger, learned: Learned) -> None:
        for name in ("best_value", "best_epoch", "last_value", "measures", "images_per_second"):
            setattr(ledger, name, getattr(learned, name))
        if learned.repeats:
            ledger.repeats = [asdict(repeat) for repeat in learned.repeats]
        ledger.finish_history(learned.history, self._reported)
