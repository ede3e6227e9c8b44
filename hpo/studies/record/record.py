"""What a study says of its trials and of itself, as plain values: the shape of `--json`."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hpo.spaces import ScalarValue, Tree
from hpo.studies.store.ledger import TrialLedger
from hpo.studies.store.stored import StoredTrial, TrialState, state_of

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial
    from upath import UPath

StudyState = Literal["running", "paused", "finished"]
PROMOTED = "promoted"
"""Why an attempt has ended that was pruned, where the trial has gone on from there."""
_OPTIONAL = ("remark", "attempt_causes", "confirms", "repeats", "prefix")


@dataclass(frozen=True, slots=True)
class RepeatSummary:
    """The repeats of a trial whose training has ended, of which its values are the means.

    Attributes:
        seeds: of each.
        best_epochs: of each, counted from 1.
        values: of each, one for each objective, at its best epoch; of a pruned trial the learned one at its last epoch.
        deviations: of the values, one for each objective: standard deviations of a sample.
        kept: the repeat whose weights the trial's model has, counted from 1: the one with the best value.
    """

    seeds: list[int]
    best_epochs: list[int]
    values: list[list[float]]
    deviations: list[float]
    kept: int

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.seeds)

    def to_json(self) -> dict[str, Any]:
        """Give plain values."""
        return {"count": self.count, **asdict(self)}


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """One trial as the storage has it.

    Attributes:
        values: one for each objective, for a complete trial, the learned ones those of its best epoch; of a pruned one,
            with one objective, that of its last epoch; else None.
        params: the active parameters.
        epochs: how many epochs were reported.
        duration_s: wall-clock seconds of all attempts, of each but the last up to the checkpoint that the next one went
            on from; None until it has finished.
        started: local time with offset, ISO 8601.
        worker: who ran it, `HOST:PROCESS`.
        attempts: how often it was started.
        cause: why it failed, or which constraints it breaks, `KIND: MESSAGE`; None unless it did.
        remark: what ended a complete trial's training after its best epoch, or how it was trained where memory ran out,
            `KIND: MESSAGE`; None where there is nothing to say.
        outside: why it lies outside the space, which has changed since; None for one that lies in it.
        attempt_causes: where there was more than one attempt, why each has ended, `KIND: MESSAGE`, the first one first;
            `promoted` for one that was pruned, after which the trial has gone on; None for one that came to its end,
            goes on, or is of an earlier version. Else None.
        confirms: of a trial that trains the config of another one again: `{trial, seed, folds, fold}`, see
            `TrialLedger.confirms`; None for one that was searched for.
        repeats: what its repeats came to, whose means the values are; None where it trains one model, or goes on.
        prefix: which `trial` has trained its first `epochs`, since both begin alike; None where it has trained them.
    """

    number: int
    state: TrialState
    values: list[float] | None
    params: dict[str, ScalarValue]
    epochs: int
    duration_s: float | None
    started: str | None
    finished: str | None
    worker: str | None
    attempts: int
    cause: str | None
    remark: str | None
    outside: str | None
    attempt_causes: list[str | None] | None = None
    confirms: dict[str, int | None] | None = None
    repeats: RepeatSummary | None = None
    prefix: dict[str, int] | None = None

    @property
    def interruptions(self) -> int:
        """How often it was interrupted, and has gone on: a trial that was promoted was not."""
        return max(0, self.attempts - 1) - (self.attempt_causes or []).count(PROMOTED)

    def to_json(self) -> dict[str, Any]:
        """Plain values; programs rely on the keys. Those that may be left out are there where there are any."""
        values = {**asdict(self), "repeats": None if self.repeats is None else self.repeats.to_json()}
        return {key: values[key] for key in values if key not in _OPTIONAL or values[key] is not None}


@dataclass(frozen=True, slots=True)
class ClassScore:
    """How one class is told from the others on a part of the data.

    Attributes:
        name: of the class.
        precision: the share of images held for it that are of it; 0 where none is.
        recall: the share of its images that are held for it.
        f1: their harmonic mean.
        images: how many there are of it.
        predicted: how many are held for it.
    """

    name: str
    precision: float
    recall: float
    f1: float
    images: int
    predicted: int


@dataclass(frozen=True, slots=True)
class Best:
    """The best complete trial of a study, or one of those that no other beats.

    Attributes:
        values: one for each objective.
        config: the file with every parameter filled in, as plain values.
        best_epoch: the epoch of the learned values, counted from 1.
        last_value: the learned objective at the trial's last epoch, or the last one with finite values.
        measures: of the network and of its training, by the metric's name in a file.
        classes: the figures of each class on the validation part, at that epoch; none where the model was not kept.
        remark: see `TrialRecord`.
        repeats: see `TrialRecord`.
        model_path: where its model is; None where it was not kept.
    """

    number: int
    values: list[float]
    params: dict[str, ScalarValue]
    config: Tree
    best_epoch: int
    last_value: float
    measures: dict[str, float]
    classes: tuple[ClassScore, ...] = ()
    remark: str | None = None
    repeats: RepeatSummary | None = None
    model_path: Path | UPath | None = None

    @property
    def value(self) -> float:
        """The value of the only objective, or of the first."""
        return self.values[0]

    def to_json(self) -> dict[str, Any]:
        """Give what programs are told of it, as plain values."""
        classes = [asdict(score) for score in self.classes]
        optional: dict[str, Any] = {} if self.remark is None else {"remark": self.remark}
        if self.repeats is not None:
            optional["repeats"] = self.repeats.to_json()
        return {"number": self.number, "values": self.values, "params": self.params, "classes": classes, **optional}


def describe_remark(ledger: TrialLedger) -> str | None:
    """Say what is remarkable in how a trial was trained; None where nothing is."""
    steps = ledger.accumulation_steps
    remarks = [f"out_of_memory: its batches were computed in {steps} parts"] if steps > 1 else []
    return "; ".join([*([ledger.remark] if ledger.remark else []), *remarks]) or None


def summarize_repeats(ledger: TrialLedger) -> RepeatSummary | None:
    """Sum up the repeats of a trial; None where it has none, or they have not ended."""
    results = ledger.repeats
    if not results:
        return None
    values = [list(result["values"]) or [result["last_value"]] for result in results]
    return RepeatSummary(
        seeds=[result["seed"] for result in results],
        best_epochs=[result["best_epoch"] for result in results],
        values=values,
        deviations=[_deviation(column) for column in zip(*values, strict=True)],
        kept=1 + next(index for index, result in enumerate(results) if result["is_kept"]),
    )


def _deviation(values: tuple[float, ...]) -> float:
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def describe_trial(trial: FrozenTrial | StoredTrial, params: dict[str, ScalarValue]) -> TrialRecord:
    """Describe a trial of Optuna's, whose parameters the space has as `params`."""
    ledger = TrialLedger(trial.user_attrs)
    has_values = trial.state.name in ("COMPLETE", "PRUNED") and trial.values
    return TrialRecord(
        number=trial.number,
        state=state_of(trial),
        values=list(trial.values) if has_values else None,
        params=params,
        epochs=len(trial.intermediate_values),
        duration_s=_measure_duration(trial, ledger),
        started=_local(trial.datetime_start),
        finished=_local(trial.datetime_complete),
        worker=ledger.worker,
        attempts=ledger.attempts,
        cause=ledger.cause,
        remark=describe_remark(ledger),
        outside=None if ledger.outside is None else ledger.outside["reason"],
        attempt_causes=_list_attempt_causes(ledger) if ledger.attempts > 1 else None,
        confirms=ledger.confirms,
        repeats=summarize_repeats(ledger),
        prefix=ledger.prefix,
    )


def describe_best(
    trial: FrozenTrial | StoredTrial,
    params: dict[str, ScalarValue],
    config: Tree,
    scores: list[dict[str, Any]],
    model_path: Path | UPath | None,
) -> Best:
    """Describe a trial that no other beats.

    Args:
        trial: of Optuna's, a complete one.
        params: as the space has them.
        config: see `Best`.
        scores: the figures of each class that lie beside its model; trials of version 0.1 have them in their ledger.
        model_path: see `Best`.
    """
    ledger = TrialLedger(trial.user_attrs)
    return Best(
        number=trial.number,
        values=list(trial.values),
        params=params,
        config=config,
        best_epoch=ledger.best_epoch,
        last_value=ledger.last_value,
        measures=ledger.measures or {},  # trials of before it was recorded have none
        classes=tuple(ClassScore(**score) for score in ledger.classes or scores),
        remark=describe_remark(ledger),
        repeats=summarize_repeats(ledger),
        model_path=model_path,
    )


def _list_attempt_causes(ledger: TrialLedger) -> list[str | None]:
    entries = [ledger.attempt_entries.get(attempt, {}) for attempt in range(1, ledger.attempts + 1)]
    earlier = [entry.get("cause") or (PROMOTED if "ended" in entry else None) for entry in entries[:-1]]
    return [*earlier, entries[-1].get("cause")]


def _measure_duration(trial: FrozenTrial | StoredTrial, ledger: TrialLedger) -> float | None:
    """Give the seconds that a finished trial has taken, as its worker has measured them if it came so far."""
    if trial.duration is None or not trial.state.is_finished():
        return None
    if ledger.attempts <= 1:
        return round(trial.duration.total_seconds(), 3)
    measured: float | None = (ledger.measures or {}).get("duration_s")
    return round(trial.duration.total_seconds() + ledger.earlier_seconds if measured is None else measured, 3)


def _local(moment: datetime | None) -> str | None:
    """Optuna stores local time without an offset."""
    return None if moment is None else moment.astimezone().isoformat(timespec="seconds")
