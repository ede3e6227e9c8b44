"""What a study says of its trials and of itself, as plain values: the shape of `--json`."""

from __future__ import annotations

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

_OPTIONAL = ("remark", "attempt_causes", "confirms")


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
            None for one that came to its end, goes on, or is of an earlier version. Else None.
        confirms: of a trial that trains the config of another one again: `{trial, seed, folds, fold}`, see
            `TrialLedger.confirms`; None for one that was searched for.
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

    def to_json(self) -> dict[str, Any]:
        """Plain values; programs rely on the keys. those that may be left out are there where there are any."""
        values = asdict(self)
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
    model_path: Path | UPath | None = None

    @property
    def value(self) -> float:
        """The value of the only objective, or of the first."""
        return self.values[0]

    def to_json(self) -> dict[str, Any]:
        """Give what programs are told of it, as plain values."""
        classes = [asdict(score) for score in self.classes]
        remark = {} if self.remark is None else {"remark": self.remark}
        return {"number": self.number, "values": self.values, "params": self.params, "classes": classes, **remark}


def describe_remark(ledger: TrialLedger) -> str | None:
    """Say what is remarkable in how a trial was trained; None where nothing is."""
    steps = ledger.accumulation_steps
    remarks = [f"out_of_memory: its batches were computed in {steps} parts"] if steps > 1 else []
    return "; ".join([*([ledger.remark] if ledger.remark else []), *remarks]) or None


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
    )


def _list_attempt_causes(ledger: TrialLedger) -> list[str | None]:
    entries = ledger.attempt_entries
    return [entries.get(attempt, {}).get("cause") for attempt in range(1, ledger.attempts + 1)]


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
