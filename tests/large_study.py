"""A study of any number of trials, written to its database at once: as real trials leave it, but for their training."""

from __future__ import annotations

import json
import math
import random
from datetime import timedelta
from pathlib import Path

from optuna.distributions import distribution_to_json
from optuna.storages._rdb import models
from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session as DatabaseSession

from hpo.spaces import load
from hpo.studies import StudyAddress, create_study
from hpo.studies.store.distributions import distribution
from hpo.studies.store.ledger import StudyLedger, TrialLedger
from hpo.studies.store.rows import utc_now

SPACE = """\
study: large
data: {dataset: digits}
model: {family: simple_cnn, depth: {int: [1, 4]}, filters: {choice: [16, 32, 64]}, dropout: {float: [0.0, 0.6]}}
training:
  epochs: 12
  batch_size: {choice: [32, 64, 128]}
  learning_rate: {float: [1e-5, 1e-1], log: true}
  optimizer: {choice: {adam: , rmsprop: {rho: {float: [0.8, 0.99]}}, sgd: {momentum: {float: [0.0, 0.99]}}}}
search: {trials: 20000}
"""
_PARTS = (
    models.TrialParamModel,
    models.TrialValueModel,
    models.TrialIntermediateValueModel,
    models.TrialUserAttributeModel,
)


def make_large_study(
    folder: Path, trials: int, *, seed: int = 0, storage: str | None = None, name: str = "large"
) -> StudyAddress:
    """Make a study in `folder/studies`, or on a server: of ten trials, one is pruned; of fifty, one has failed.

    The learning rate and the depth decide the accuracy; the momentum matters where there is one; the rest does nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "large.yaml"
    path.write_text(SPACE)
    address = StudyAddress.named(name, folder / "studies", storage)
    with create_study(load(path, [f"study={name}"]), address) as study:
        storage, study_id = study.storage, study.optuna_study._study_id

        def write(session: DatabaseSession) -> None:
            before = session.scalar(select(func.max(models.TrialModel.trial_id))) or 0
            rows = _make_rows(study.spec, study_id, trials, random.Random(seed), before)
            for model in (models.TrialModel, *_PARTS):
                if rows[model]:  # of none, SQLAlchemy makes one of defaults
                    session.connection().execute(insert(model.__table__), rows[model])
            if storage.engine.name == "postgresql":  # which counts only what it has numbered itself
                session.execute(text("SELECT setval('trials_trial_id_seq', (SELECT max(trial_id) FROM trials))"))

        storage.transact(write)
        ledger = StudyLedger({}, study._set_attribute)
        ledger.set_session(
            "20260101T000000.000000-00000000",
            {"started": "2026-01-01T00:00:00+00:00", "worked_s": 42.0 * trials, "device": "cpu"},
        )
        return study.address


def _make_rows(spec, study_id: int, trials: int, draw: random.Random, before: int) -> dict[type, list[dict]]:
    rows = {model: [] for model in (models.TrialModel, *_PARTS)}
    known = {parameter.name: distribution(parameter) for parameter in spec.space.parameters()}
    descriptions = {name: distribution_to_json(one) for name, one in known.items()}
    start = utc_now() - timedelta(seconds=42 * trials)
    for number in range(trials):
        trial_id = before + number + 1
        params = spec.space.draw(draw)
        best = _measure(params) + draw.gauss(0, 0.01)
        epochs = 4 if number % 10 == 9 else 12
        state = "PRUNED" if epochs == 4 else "FAIL" if number % 50 == 7 else "COMPLETE"
        began = start + timedelta(seconds=42 * number)
        rows[models.TrialModel].append(
            {
                "trial_id": trial_id,
                "study_id": study_id,
                "number": number,
                "state": state,
                "datetime_start": began,
                "datetime_complete": began + timedelta(seconds=3.4 * epochs),
            }
        )
        for name, value in params.items():
            rows[models.TrialParamModel].append(
                {
                    "trial_id": trial_id,
                    "param_name": name,
                    "param_value": known[name].to_internal_repr(value),
                    "distribution_json": descriptions[name],
                }
            )
        history = _make_history(best, epochs, draw)
        for step, value in enumerate(history["val_accuracy"], start=1):
            rows[models.TrialIntermediateValueModel].append(
                {"trial_id": trial_id, "step": step, "intermediate_value": value, "intermediate_value_type": "FINITE"}
            )
        value = max(history["val_accuracy"]) if state == "COMPLETE" else history["val_accuracy"][-1]
        if state != "FAIL":
            rows[models.TrialValueModel].append(
                {"trial_id": trial_id, "objective": 0, "value": value, "value_type": "FINITE"}
            )
        rows[models.TrialUserAttributeModel] += [
            {"trial_id": trial_id, "key": key, "value_json": json.dumps(entry)}
            for key, entry in _make_attributes(state, history, began.isoformat()).items()
        ]
    return rows


def _measure(params: dict) -> float:
    rate = math.log10(params["learning_rate"])
    good = 0.7 - 0.05 * (rate + 3) ** 2 + 0.03 * params["depth"]
    return max(0.1, min(0.96, good + 0.05 * params.get("optimizer.sgd.momentum", 0.5)))


def _make_history(best: float, epochs: int, draw: random.Random) -> dict[str, list[float]]:
    steps = range(1, epochs + 1)
    accuracies = [min(1.0, best * (1 - math.exp(-step / 3)) + draw.gauss(0, 0.004)) for step in steps]
    return {
        "accuracy": [min(1.0, value + 0.002 * step) for step, value in zip(steps, accuracies, strict=True)],
        "loss": [2.3 * math.exp(-step / 3) + 0.1 for step in steps],
        "val_accuracy": accuracies,
        "val_loss": [2.4 * math.exp(-step / 4) + 0.15 for step in steps],
        "learning_rate": [0.001] * epochs,
    }


def _make_attributes(state: str, history: dict[str, list[float]], started: str) -> dict[str, object]:
    attributes: dict[str, object] = {}
    ledger = TrialLedger({}, attributes.__setitem__)
    ledger.worker, ledger.attempts = "host:1", 1
    entry = {"worker": "host:1", "machine": "host", "started": started, "epochs": 0, "threads": 1, "gpus": 0.5}
    trained = len(history["val_accuracy"])
    ledger.set_attempt(1, {**entry, "trained": trained, "seconds": 3.4 * trained})
    for epoch, values in enumerate(zip(*history.values(), strict=True), start=1):
        ledger.set_epoch(epoch, dict(zip(history, values, strict=True)), 3.4)
    if state == "FAIL":
        ledger.cause = "nan_loss: the loss is no finite number in epoch 12"
        return attributes
    values = history["val_accuracy"]
    ledger.best_value, ledger.best_epoch, ledger.last_value = max(values), values.index(max(values)) + 1, values[-1]
    ledger.measures = {
        "parameters": 120_000.0,
        "flops": 3.1e7,
        "memory": 4.2e6,
        "model_mb": 1.4,
        "duration_s": 3.4 * len(values),
    }
    ledger.images_per_second = 2600.0
    return attributes
