"""Trials as runs of MLflow."""

from __future__ import annotations

import json
import math
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from hpo.errors import WorkError
from hpo.tracking.mlflow.client import Metric, MlflowClient, MlflowException, Param, Run, RunTag, translate_errors
from hpo.tracking.mlflow.settings import MlflowTracking
from hpo.tracking.tracker import TrackedEpoch, TrackedTrial, TrialEnding

_STATUS = {
    "complete": "FINISHED",
    "pruned": "KILLED",
    "infeasible": "KILLED",
    "failed": "FAILED",
    "waiting": "SCHEDULED",
}
_MAX_METRICS, _MAX_PARAMS = 1000, 100
"""How many a server takes in one call."""
_LAST = "seconds"
"""The metric that every epoch has; a server keeps all metrics of one call, or none."""


@dataclass(slots=True)
class _Run:
    """A run that is open.

    Attributes:
        id: that MLflow has given it.
        last_epoch: the last one that the server has.
        metrics: the last value of each metric, by its name.
    """

    id: str
    last_epoch: int = 0
    metrics: dict[str, float] = field(default_factory=dict)


class MlflowTracker:
    """A `Tracker` with one run a trial, which is found again by a tag with the trial's run id.

    Steps are epochs. Which of them a run has is asked of the server when it begins, so none is sent twice.
    """

    def __init__(self, settings: MlflowTracking, folder: Path) -> None:
        """Prepare to send; nothing is asked of the server yet.

        Raises:
            WorkError: there is no tracking URI, or one with a password in it.
        """
        uri, obstacle = settings.find_uri(), settings.find_obstacle()
        if uri is None or obstacle is not None:
            raise WorkError(str(obstacle))
        self._settings, self._uri = settings, uri
        self._runs: dict[int, _Run] = {}

    @cached_property
    def _client(self) -> MlflowClient:
        return MlflowClient(self._uri)

    def begin(self, trial: TrackedTrial, after_epoch: int) -> int:
        """Create the run of a trial, or find it and go on with it; returns the last epoch that it has."""
        self._runs.pop(trial.number, None)
        with translate_errors(self._uri):
            experiment = self._find_experiment(trial.study)
            matches = self._client.search_runs([experiment], f"tags.`hpo.run_id` = '{trial.run_id}'", max_results=1)
            if matches:
                run = self._read_run(matches[0])
                self._client.update_run(run.id, status="RUNNING")
            else:
                tags = {"hpo.run_id": trial.run_id, "mlflow.source.name": "hpo", "mlflow.source.type": "JOB"}
                name = f"{trial.study}-{trial.number}"
                run = _Run(self._client.create_run(experiment, tags=tags, run_name=name).info.run_id)
            about = {
                "study": trial.study,
                "trial": trial.number,
                "attempt": trial.attempt,
                "worker": trial.worker,
                "state": "running",
                "objectives": ", ".join(f"{objective.direction} {objective.metric}" for objective in trial.objectives),
            }
            self._send(run, tags=about, params=trial.params)
        self._runs[trial.number] = run
        return run.last_epoch

    def log(self, trial: TrackedTrial, epochs: Sequence[TrackedEpoch]) -> None:
        """Add epochs; a value that was no finite number is NaN.

        The last epoch is taken to end now, and those before it as long ago as the later ones took.
        """
        run = self._find(trial)
        ends_s, metrics = time.time(), list[list[Metric]]()
        for epoch in sorted(epochs, key=lambda item: item.epoch, reverse=True):
            values = {name: math.nan if value is None else value for name, value in epoch.metrics.items()}
            values[_LAST] = epoch.seconds
            metrics.append([_metric(name, value, ends_s, epoch.epoch) for name, value in values.items()])
            ends_s -= epoch.seconds
        with translate_errors(self._uri):
            for batch in _batch_epochs(metrics[::-1]):
                self._client.log_batch(run.id, metrics=batch, synchronous=True)

    def end(self, trial: TrackedTrial, ending: TrialEnding) -> None:
        """Add how the trial ended and close the run, then upload what is a file."""
        run = self._find(trial)
        texts = {"state": ending.state, "cause": ending.cause, "remark": ending.remark, "best_epoch": ending.best_epoch}
        measured = {f"objective/{name}": value for name, value in ending.values.items()}
        measured |= {f"measure/{name}": value for name, value in ending.measures.items()}
        new = {name: value for name, value in measured.items() if run.metrics.get(_name(name)) != value}
        with translate_errors(self._uri):
            self._send(run, tags=texts)
            metrics = [_metric(name, value, time.time(), ending.best_epoch) for name, value in new.items()]
            for batch in _batch_epochs([[metric] for metric in metrics]):
                self._client.log_batch(run.id, metrics=batch, synchronous=True)
            status = _STATUS[ending.state]
            if ending.state == "waiting":
                self._client.update_run(run.id, status=status)
            else:
                self._client.set_terminated(run.id, status)
            with tempfile.TemporaryDirectory() as folder:
                _write_artifacts(Path(folder), trial, ending)
                self._client.log_artifacts(run.id, folder)
            if ending.model is not None and self._settings.model:
                self._client.log_artifact(run.id, str(ending.model), "model")
        del self._runs[trial.number]

    def close(self) -> None:
        """Forget the runs that are open: all that they have was sent."""
        self._runs.clear()

    def _find(self, trial: TrackedTrial) -> _Run:
        if trial.number not in self._runs:
            raise WorkError("the run was interrupted; it begins again")
        return self._runs[trial.number]

    def _find_experiment(self, study: str) -> str:
        """Return the id of the experiment, which is created where it does not exist."""
        name = self._settings.experiment or os.environ.get("MLFLOW_EXPERIMENT_NAME") or study
        experiment = self._client.get_experiment_by_name(name)
        if experiment is None:
            try:
                created: str = self._client.create_experiment(name, self._find_artifacts())
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
                return self._find_experiment(study)  # another machine was faster
            return created
        if experiment.lifecycle_stage != "active":
            raise WorkError(f"{self._uri}: the experiment {name!r} is deleted: restore it, or name another")
        identifier: str = experiment.experiment_id
        return identifier

    def _find_artifacts(self) -> str | None:
        """Return where the files of a new experiment lie: beside an SQLite file, or where a server puts them."""
        path = self._uri.removeprefix("sqlite:///")
        return None if path == self._uri else (Path(path).absolute().parent / "mlartifacts").as_uri()

    def _read_run(self, entity: Run) -> _Run:
        run_id = entity.info.run_id
        history = self._client.get_metric_history(run_id, _LAST) if _LAST in entity.data.metrics else []
        return _Run(run_id, max((metric.step for metric in history), default=0), dict(entity.data.metrics))

    def _send(self, run: _Run, *, tags: Mapping[str, object], params: Mapping[str, object] | None = None) -> None:
        new_tags = [RunTag(f"hpo.{name}", str(value)) for name, value in tags.items() if value is not None]
        texts = [Param(_name(name), _text(value)) for name, value in (params or {}).items()]
        self._client.log_batch(run.id, tags=new_tags, synchronous=True)
        for start in range(0, len(texts), _MAX_PARAMS):
            self._client.log_batch(run.id, params=texts[start : start + _MAX_PARAMS], synchronous=True)


def _batch_epochs(epochs: Sequence[list[Metric]]) -> Iterator[list[Metric]]:
    """Join the metrics of epochs into as few calls as a server takes, an epoch in one of them."""
    batch: list[Metric] = []
    for metrics in epochs:
        if batch and len(batch) + len(metrics) > _MAX_METRICS:
            yield batch
            batch = []
        batch += metrics
    if batch:
        yield batch


def _metric(name: str, value: float, at_s: float, step: int) -> Metric:
    return Metric(_name(name), value, int(at_s * 1000), step)


def _name(name: str) -> str:
    """Write a name with the characters that a server takes."""
    return re.sub(r"[^\w./ :-]", "_", name)


def _text(value: object) -> str:
    return value if isinstance(value, str) else "none" if value is None else json.dumps(value)


def _write_artifacts(folder: Path, trial: TrackedTrial, ending: TrialEnding) -> None:
    def write(name: str, content: object) -> None:
        (folder / name).write_text(json.dumps(content, indent=2), encoding="utf-8")

    write("config.json", trial.config)
    examples = ending.examples
    if examples is None:
        return
    from PIL import Image

    from hpo.tracking.pictures import draw_confusion, draw_example

    classes, predicted = examples.classes, examples.predicted
    write("confusion_matrix.json", {"classes": classes, "matrix": examples.confusion.tolist()})
    Image.fromarray(draw_confusion(examples)).save(folder / "confusion_matrix.png")
    predictions = [
        {
            "name": name,
            "class": classes[examples.labels[index]],
            "predicted": classes[predicted[index]],
            "probability": round(float(examples.probabilities[index, predicted[index]]), 4),
        }
        for index, name in enumerate(examples.names)
    ]
    write("predictions.json", predictions)
    (folder / "predictions").mkdir()
    for index in range(len(examples.images)):
        Image.fromarray(draw_example(examples, index)).save(folder / "predictions" / f"{index:02d}.png")
