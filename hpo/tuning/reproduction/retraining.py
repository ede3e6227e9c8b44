"""Trains a trial again from its record: called in a process of its own, which imports the engine."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpo.errors import UserError
from hpo.studies import StudyAddress, StudyRecord, resolve_weights
from hpo.training import Completed, EpochReport, Failed, Infeasible, Paused, Pruned, Verdict
from hpo.tuning.reproduction.comparison import compare_weights
from hpo.tuning.reproduction.recorded import RecordedTraining, read_training

if TYPE_CHECKING:
    from hpo.data import TrialData

_SIGN_OF_LIFE_S = 5.0


def retrain(request: Mapping[str, Any], tell: Callable[[str], object]) -> dict[str, Any]:
    """Train a trial again, with nothing but what its study has recorded, and write nothing.

    Args:
        request: the study's `address`, the `number` of the trial, `overrides`, and the path of the `model` that was
            kept of it, or None.
        tell: called with what is being done, every few seconds at least.

    Returns:
        `curves`: as `MetricCurve` has them, as plain values. `environment`: see `deciding_environment`. `ended`: None
        where the training came to the end that was asked for, else how it ended. `has_model`: whether it gave one.
        `weights`: in what the kept model differs, see `WeightDifference`; None where it does not, or there is none.

    Raises:
        UserError: the trial cannot be trained again, or its model cannot be read.
        DataError: the data cannot be read, or is not what it was.
        WeightsError: pre-trained weights cannot be had.
    """
    from hpo.fleet.device import describe_device
    from hpo.studies.record.environment import deciding_environment
    from hpo.training.features.store import FeatureStore
    from hpo.training.trial.trial import run_trial

    record = StudyRecord(StudyAddress(*request["address"])).snapshot()
    training = read_training(record, request["number"], request["overrides"])
    tell("reading the data")
    data = _prepare(record, training)
    follower = _Follower(training, tell)
    outcome = run_trial(
        resolve_weights(training.config, record.address),
        data,
        training.spec.objectives,
        training.seed,
        follower,
        accumulation_steps=training.accumulation_steps,
        features=FeatureStore(),
    )
    history: Mapping[str, Any] = {}
    ended = weights = None
    match outcome:
        case Completed(learned, remark=remark):
            history, ended = learned.history, None if remark is None else str(remark)
            if request["model"] is not None:
                tell("comparing the models")
                weights = _compare_model(outcome, Path(request["model"]))
        case Pruned(learned):
            history = learned.history
        case Failed(cause, history):
            ended = str(cause)
        case Infeasible() | Paused():  # which this observer does not ask for
            ended = str(outcome.cause)
    curves = [{"repeat": None, "history": history}, *follower.curves_of_repeats()]
    device = describe_device(training.spec.engine)
    return {
        "curves": [{**curve, "history": _plain(curve["history"])} for curve in curves],
        "environment": deciding_environment(training.spec, device),
        "ended": ended,
        "has_model": isinstance(outcome, Completed),
        "weights": weights,
    }


def _prepare(record: StudyRecord, training: RecordedTraining) -> TrialData:
    from hpo.data import Dataset, DataStore
    from hpo.models import ModelFamily

    config = training.config
    if isinstance(config.model, ModelFamily):
        config.model.require()
    assert isinstance(config.data, Dataset)  # noqa: S101 - the trial was trained on it
    prepared = DataStore(training.spec.seed).prepare(config.data)
    record.check_fingerprint(config.data.source_key(), prepared.fingerprint)
    if training.fold is None:
        return prepared.trial
    folds, fold, seed = training.fold
    return prepared.trial.take_fold(folds, fold, seed)


def _compare_model(outcome: Completed, kept: Path) -> dict[str, Any] | None:
    with tempfile.TemporaryDirectory() as folder:
        trained = Path(folder) / "trained.keras"
        outcome.save_model(trained)
        try:
            difference = compare_weights(kept, trained)
        except (OSError, ValueError) as error:
            raise UserError(f"{kept.name}: it is the model that was kept of the trial. Received: {error}.") from error
    return None if difference is None else asdict(difference)


def _plain(history: Mapping[str, Any]) -> dict[str, list[float]]:
    return {name: list(map(float, values)) for name, values in history.items()}


class _Follower:
    """The `Observer` of a training that is repeated: it stops it where the one before was stopped."""

    limits_cost = False

    def __init__(self, training: RecordedTraining, tell: Callable[[str], object]) -> None:
        self._last = training.epochs if training.stops_there else None
        self._tell, self._told, self._doing = tell, time.monotonic(), "building the network"
        self._repeats: list[dict[str, list[float]]] = []
        tell(self._doing)

    def accepts(self, measures: Mapping[str, float]) -> bool:
        return True

    def report(self, report: EpochReport) -> Verdict:
        for index, metrics in enumerate(report.repeats):
            if index == len(self._repeats):
                self._repeats.append({})
            for name, value in (metrics or {}).items():
                self._repeats[index].setdefault(name, []).append(value)
        self._say(f"epoch {report.epoch} of {self._last or report.epochs}")
        return Verdict.PRUNE if report.epoch == self._last else Verdict.CONTINUE

    def must_pause(self) -> bool:
        if time.monotonic() - self._told > _SIGN_OF_LIFE_S:
            self._say(self._doing)
        return False

    def _say(self, doing: str) -> None:
        self._doing, self._told = doing, time.monotonic()
        self._tell(doing)

    def curves_of_repeats(self) -> list[dict[str, Any]]:
        """Give the history of each repeat, where there are several."""
        return [{"repeat": index, "history": history} for index, history in enumerate(self._repeats, start=1)]
