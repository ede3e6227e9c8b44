"""Search by Optuna: trials asked for, reported and told through the study's storage."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import cached_property

import optuna
from optuna.trial import TrialState

from hpo.search.optuna.pruners import make_pruner
from hpo.search.optuna.samplers import make_sampler
from hpo.search.optuna.searched_study import SearchedStudy, pruned_study
from hpo.search.optuna.untried import RedrawingSampler, UntriedConfigs
from hpo.spaces import Config, Params, StudySpec
from hpo.studies import ActiveStudy, TrialLedger, TriedConfigs, distribution
from hpo.studies.store.ledger import FIXED
from hpo.training import Completed, EpochReport, Failed, Infeasible, Learned, Outcome, Paused, Pruned, Verdict


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
        self._worker = worker
        name, storage = study.optuna_study.study_name, study.optuna_storage
        pruner = pruner or make_pruner(spec)
        self._curves: optuna.Study | None = None
        if len(spec.objectives) > 1:
            # Optuna prunes for one objective: pruners are shown the study as if the learned one were all.
            self._curves = pruned_study(name, storage, spec.objective, pruner)
            pruner = optuna.pruners.NopPruner()
        sampler = sampler or make_sampler(spec, study.ledger.trials_before_change or 0)
        self._study = SearchedStudy(name, storage, spec.objective, sampler, pruner)
        self._tried = TriedConfigs(spec.space)
        self._untried = UntriedConfigs(spec.space, sampler, spec.seed)

    def ask(self) -> OptunaTrial | None:
        """Take on the next trial: one that waits, or a new one; None if every config is tried."""
        if self._is_exhausted():
            return None
        trial = self._study.ask()
        params = self._draw(trial)
        if params is None:
            _ledger(trial).cause = "repeat: every config that it could have is tried"
            self._study.tell(trial, state=TrialState.FAIL)
            return None
        trial._fixed_params = params  # Optuna records what is fixed, and draws nothing
        self._spec.space.fill(lambda parameter: trial._suggest(parameter.name, distribution(parameter)))
        ledger = _ledger(trial)
        ledger.worker = self._worker
        ledger.attempts = ledger.attempts + 1
        curve = trial if self._curves is None else optuna.Trial(self._curves, trial._trial_id)
        return OptunaTrial(self._study, trial, curve, self._spec, params)

    def _is_exhausted(self) -> bool:
        trials = self._study.get_trials(deepcopy=False)
        is_waiting = any(trial.state == TrialState.WAITING for trial in trials)
        return not is_waiting and self._tried.exhausted_after(trials) == len(trials)

    def _draw(self, trial: optuna.Trial) -> Params | None:
        """Draw what is not fixed of a trial: one that waited may have some of its parameters, or all."""
        frozen = self._study._storage.get_trial(trial._trial_id)
        before = self._spec.space.snap(frozen.params)
        fixed = {**frozen.system_attrs.get(FIXED, {}), **before}
        if fixed and self._spec.space.restrict(fixed).size == 1:
            return self._spec.space.fill(lambda parameter: fixed[parameter.name])[1]
        params = self._untried.draw(self._study, frozen, fixed, self._tried)
        if params is None and fixed and not before:  # all that the file starts from here is tried: an ordinary trial
            return self._untried.draw(self._study, frozen, {}, self._tried)
        return params


class OptunaTrial:
    """An `ActiveTrial` of Optuna's."""

    def __init__(
        self, study: optuna.Study, trial: optuna.Trial, curve: optuna.Trial, spec: StudySpec, params: Params
    ) -> None:
        self.number, self.params = trial.number, params
        self._study, self._trial, self._curve, self._spec = study, trial, curve, spec
        self._ledger = _ledger(trial)
        # What an earlier attempt of the trial reported, before it was given back.
        self._epochs_before = max(study._storage.get_trial(trial._trial_id).intermediate_values, default=0)
        self._reported = 0

    @cached_property
    def config(self) -> Config:
        """The file with every parameter filled in; see the port for what it raises."""
        return self._spec.config(self.params)

    def accepts(self, measures: Mapping[str, float] | None = None) -> bool:
        """Record by how much constraints are broken; see the port."""
        excesses = self._spec.excesses(self.params, measures)
        recorded = self._trial.constraints
        for text, excess in excesses.items():
            if text not in recorded:  # a trial that was given back has been judged before
                self._trial.set_constraint(text, excess)
        if measures is not None:
            self._ledger.measures = dict(measures)
        return not self._ledger.set_broken(excesses)

    def report(self, report: EpochReport) -> Verdict:
        """Record an epoch, all that was measured in it; whether the trial is worth going on with.

        Epochs that an earlier attempt reported were worth it then, and pruners look at the last report of all.
        """
        with warnings.catch_warnings():
            # A trial that was given back reports its first epochs again; Optuna keeps the first report and warns.
            warnings.filterwarnings("ignore", message="The reported value is ignored")
            self._curve.report(report.value, step=report.epoch)
        self._ledger.set_epoch(report.epoch, report.metrics, report.seconds)
        self._reported = report.epoch
        is_new = report.epoch > self._epochs_before
        return Verdict.PRUNE if is_new and self._curve.should_prune() else Verdict.CONTINUE

    def tell(self, outcome: Outcome) -> None:
        """Record how the trial ended; attributes first, since a finished trial takes none."""
        match outcome:
            case Completed():
                self._record(outcome.learned)
                if outcome.remark is not None:
                    self._ledger.remark = str(outcome.remark)
                self._study.tell(self._trial, outcome.values)
            case Pruned():
                self._record(outcome.learned)
                self._study.tell(self._trial, state=TrialState.PRUNED)
            case Failed():
                self._ledger.cause = str(outcome.cause)
                self._ledger.finish_history(outcome.history, self._reported)
                self._study.tell(self._trial, state=TrialState.FAIL)
            case Infeasible():
                self._study.tell(self._trial, state=TrialState.PRUNED)
            case Paused():
                self._study._storage.set_trial_state_values(self._trial._trial_id, TrialState.WAITING)

    def _record(self, learned: Learned) -> None:
        for name in ("best_value", "best_epoch", "last_value", "measures", "images_per_second"):
            setattr(self._ledger, name, getattr(learned, name))
        self._ledger.finish_history(learned.history, self._reported)


def _ledger(trial: optuna.Trial) -> TrialLedger:
    return TrialLedger(trial.user_attrs, trial.set_user_attr)
