"""A confirmation: the best configs of a study trained again, each with several seeds, and what came of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from statistics import fmean
from typing import TYPE_CHECKING, Any

from hpo.spaces import Objective, ScalarValue, StudySpec
from hpo.studies.files.contents import ModelFiles
from hpo.studies.store.ledger import StudyLedger, TrialLedger, is_candidate, is_outside
from hpo.studies.store.stored import TrialState, state_of

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from hpo.studies.store.stored import StoredTrial

_ENDED = ("complete", "pruned", "failed", "infeasible")


@dataclass(frozen=True, slots=True)
class ConfirmingRun:
    """One more training of a config: a trial that confirms another one.

    Attributes:
        number: of the trial that it is.
        seed: which of the seeds, counted from 0.
        fold: which fold of the training and validation images is held out, counted from 0; None on the study's split.
        state: of the trial.
        value: the learned objective at the best epoch; None unless it is complete.
        test: the score of its model on the test part; None where that was not read for it.
    """

    number: int
    seed: int
    fold: int | None
    state: TrialState
    value: float | None = None
    test: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ConfirmedConfig:
    """A config that is confirmed.

    Attributes:
        trial: the number of the trial that the search has tried it in.
        value: the learned objective of that trial, which was chosen because it is high, and so is optimistic.
        params: its parameters.
        runs: its further trainings, by seed and fold.
        is_complete: whether each training that is asked for has ended, whichever configs that was asked of.
    """

    trial: int
    value: float
    params: dict[str, ScalarValue]
    runs: tuple[ConfirmingRun, ...] = ()
    is_complete: bool = False

    @property
    def complete_runs(self) -> list[ConfirmingRun]:
        """Those that came to a value."""
        return [run for run in self.runs if run.value is not None]

    @property
    def values(self) -> list[float]:
        """The values of the complete runs."""
        return [run.value for run in self.runs if run.value is not None]

    @property
    def mean(self) -> float | None:
        """Their mean; None where no run is complete."""
        return fmean(self.values) if self.values else None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What is confirmed of a study, and how far it is.

    Attributes:
        objective: the learned one, which decides, also where a study has several.
        seeds: with how many seeds each config is trained.
        folds: into how many folds training and validation images are split; None where the study's own split is kept.
        configs: those with the better mean first, those without one behind them, those that are not complete last.
        is_complete: whether every run that was asked for has ended.
        tested: the trial whose config was the best when the test part was read; None while it was not.
        test_date: when that was, local time with offset, ISO 8601.
        test_runs: the runs whose models were evaluated then, on the split or in the folds that were asked for then.
        model: the trial of the run whose model is kept as that of the winner: the best of its runs; None for none.
    """

    objective: Objective
    seeds: int
    folds: int | None
    configs: tuple[ConfirmedConfig, ...] = ()
    is_complete: bool = False
    tested: int | None = None
    test_date: str | None = None
    test_runs: tuple[ConfirmingRun, ...] = ()
    model: int | None = None

    @property
    def winner(self) -> ConfirmedConfig | None:
        """The complete config with the best mean; None until all that is asked for has ended, or without a value."""
        complete = (config for config in self.configs if config.is_complete and config.mean is not None)
        return next(complete, None) if self.is_complete else None

    @property
    def runs(self) -> list[ConfirmingRun]:
        """Those of all configs."""
        return [run for config in self.configs for run in config.runs]

    def to_json(self) -> dict[str, Any]:
        """Plain values; programs rely on the keys."""
        plain = asdict(self)
        plain["objective"] = self.objective.model_dump()
        for config, values in zip(self.configs, plain["configs"], strict=True):
            values["mean"] = config.mean
        return {**plain, "winner": None if self.winner is None else self.winner.trial}


def list_runs(seeds: int, folds: int | None) -> list[tuple[int, int | None]]:
    """List which seed and which fold each run of a config has."""
    return list(product(range(seeds), [None] if folds is None else range(folds)))


def is_asked_for(confirms: Mapping[str, Any], request: Mapping[str, Any] | None) -> bool:
    """Whether the last `hpo confirm` asks for a run, see `TrialLedger.confirms` and `StudyLedger.confirmation`."""
    return (
        request is not None
        and confirms["trial"] in request["trials"]
        and confirms["folds"] == request["folds"]
        and confirms["seed"] < request["seeds"]
    )


def find_open_runs(ledger: StudyLedger, trials: Iterable[FrozenTrial | StoredTrial]) -> dict[int, int]:
    """Find the trials that confirm others and run, or wait and may be run, with the numbers of those.

    Runs that an earlier `hpo confirm` has asked for, and the last one not, wait for one that asks for them again.
    """
    claimable, request, open_runs = ledger.claimable, ledger.confirmation, dict[int, int]()
    for trial in trials if request is not None else ():
        confirms = TrialLedger(trial.user_attrs).confirms
        if confirms is None or trial.state.is_finished():
            continue
        may_run = is_asked_for(confirms, request) if claimable is None else trial.number in claimable
        if may_run or trial.state.name == "RUNNING":
            open_runs[trial.number] = confirms["trial"]
    return open_runs


def describe_open_runs(runs: Mapping[int, int]) -> str:
    """Say which trials are confirmed by runs that are to be trained; see `find_open_runs`."""
    trials = list(dict.fromkeys(runs.values()))
    names = f"trial{'s' if len(trials) > 1 else ''} {', '.join(map(str, trials))}"
    return f"confirming {names}; {len(runs)} run{'s' if len(runs) > 1 else ''} to train"


def read_confirmation(
    spec: StudySpec, ledger: StudyLedger, trials: Sequence[FrozenTrial | StoredTrial], models: ModelFiles
) -> Confirmation | None:
    """Read what is confirmed of a study; None where nothing is.

    Args:
        spec: its space.
        ledger: of the study.
        trials: all of them, by number.
        models: those that are kept.
    """
    request, confirmed = ledger.confirmation, ledger.confirmed or {}
    if request is None:
        return None
    scores, space = ledger.test_scores, spec.space
    runs, test_runs = defaultdict[int, list[ConfirmingRun]](list), []
    for trial in trials:
        confirms = TrialLedger(trial.user_attrs).confirms
        if confirms is None or is_outside(trial.user_attrs):
            continue
        tested = scores.get(trial.number) if trial.number in confirmed.get("runs", []) else None
        value = value_of(trial) if trial.state.name == "COMPLETE" else None
        run = ConfirmingRun(trial.number, confirms["seed"], confirms["fold"], state_of(trial), value, tested)
        if tested is not None:
            test_runs.append(run)
        if confirms["folds"] == request["folds"] and (run.state != "waiting" or is_asked_for(confirms, request)):
            runs[confirms["trial"]].append(run)
    asked = [number for number in request["trials"] if is_candidate(trials[number].user_attrs)]
    wanted = list_runs(request["seeds"], request["folds"])
    configs = [
        ConfirmedConfig(
            number,
            value_of(trials[number]),
            space.snap(trials[number].params),
            tuple(sorted(runs[number], key=lambda run: (run.seed, run.fold or 0))),
            _has_ended(runs[number], wanted),
        )
        for number in dict.fromkeys([*asked, *runs])
        if is_candidate(trials[number].user_attrs)
    ]
    sign = -1 if spec.objective.direction == "maximize" else 1

    def place_config(config: ConfirmedConfig) -> tuple[bool, bool, float, int]:
        return not config.is_complete, config.mean is None, sign * (config.mean or 0.0), config.trial

    configs.sort(key=place_config)
    confirmation = Confirmation(
        spec.objective,
        request["seeds"],
        request["folds"],
        tuple(configs),
        is_complete=all(config.is_complete for config in configs if config.trial in asked),
        tested=confirmed.get("trial"),
        test_date=confirmed.get("date"),
        test_runs=tuple(test_runs),
    )
    if (winner := confirmation.winner) is None:
        return confirmation
    kept = set(models.numbers())
    runs_with_model = [run for run in winner.complete_runs if run.number in kept]
    best = min(runs_with_model, key=lambda run: (sign * (run.value or 0.0), run.number), default=None)
    return replace(confirmation, model=None if best is None else best.number)


def value_of(trial: FrozenTrial | StoredTrial) -> float:
    """Give the learned objective of a complete trial at its best epoch."""
    return TrialLedger(trial.user_attrs).best_value


def _has_ended(runs: Iterable[ConfirmingRun], wanted: Iterable[tuple[int, int | None]]) -> bool:
    ended = {(run.seed, run.fold) for run in runs if run.state in _ENDED}
    return ended.issuperset(wanted)
