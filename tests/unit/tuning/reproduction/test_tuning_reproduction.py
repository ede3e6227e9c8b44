"""A trial trained again from its record: equal to the last bit, or what differs."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import pytest

import hpo
from hpo.catalog import LAUNCHERS
from hpo.errors import DataError, UserError
from hpo.processes.environment import onednn_use
from hpo.studies import StudyRecord
from hpo.tuning import reproduce
from hpo.tuning.reproduction import reproducing, retraining

pytestmark = pytest.mark.engine

SPACE = """\
study: again
data: {dataset: digits, validation: 0.2, augmentation: {flip: horizontal}}
model: {family: simple_cnn, depth: 1, filters: 2, dense_units: 4, dropout: 0.2}
training:
  batch_size: 512
  repeats: 2
  phases: [{epochs: 1, optimizer: adam}, {epochs: 2, learning_rate: {choice: [0.01, 0.1]}}]
search: {trials: 2, sampler: grid, pruner: none, share_prefixes: true}
"""


@pytest.fixture
def engine_here(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is trained again is trained in this process; gives what the other process would have been given."""
    seen = []

    def ask(function: str, request: object, *, listen: Any, variables: Any, **_: object) -> Any:
        assert function == "hpo.tuning.reproduction.retraining:retrain"
        seen.append(variables)
        return json.loads(json.dumps(retraining.retrain(json.loads(json.dumps(request)), listen)))

    monkeypatch.setattr(reproducing, "ask", ask)
    return seen


@pytest.fixture(scope="module")
def shared_studies(tmp_path_factory) -> Path:
    """A finished study, whose trials have two repeats, and of which the second has taken the first phase of another."""
    folder = tmp_path_factory.mktemp("again")
    (folder / "again.yaml").write_text(SPACE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HPO_RESERVATIONS", str(folder / "reservations"))
        patch.setitem(LAUNCHERS.built_in, "threads", "workers_in_threads:train_in_threads")
        hpo.run(folder / "again.yaml", studies=folder, launcher="threads", quiet=True)
    return folder


def digest(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@contextmanager
def changed_record(studies: Path, folder: Path) -> Iterator[sqlite3.Connection]:
    """Copy the study, and change what it has recorded while the block lasts."""
    shutil.copytree(studies / "again", folder / "again")
    with closing(sqlite3.connect(folder / "again" / "study.db")) as database, database:
        yield database


def test_a_trial_with_phases_and_repeats_is_equal_to_the_last_bit_and_nothing_of_its_study_changes(
    shared_studies, engine_here
):
    study = hpo.open_study("again", studies=shared_studies)
    before, told = digest(shared_studies), []
    result = study.reproduce(study.best.number, listen=told.append)
    assert (result.is_equal, result.model, result.environment) == (True, "equal", {})
    assert {"loss", "val_accuracy", "learning_rate"} <= set(result.metrics)
    assert result.values == 3 * 3 * len(result.metrics)  # those of both repeats as well
    assert result.in_words() == [
        f"Equal to the last bit: trial {study.best.number} of study again, trained again (3 epochs of 5 metrics, and "
        "the weights of its model)."
    ]
    assert told[-1] == "comparing the models"
    assert "epoch 3 of 3" in told
    assert digest(shared_studies) == before
    (variables,) = engine_here
    assert int(variables["TF_NUM_INTRAOP_THREADS"]) > 0
    assert onednn_use({"TF_ENABLE_ONEDNN_OPTS": variables["TF_ENABLE_ONEDNN_OPTS"]}) == onednn_use(os.environ)


def test_the_first_epoch_and_metric_that_differ_are_told_and_in_what_the_models_and_the_environments_do(
    tmp_path, shared_studies, engine_here
):
    best = hpo.open_study("again", studies=shared_studies).best.number
    with changed_record(shared_studies, tmp_path) as database:
        keys = "FROM trial_user_attributes JOIN trials USING (trial_id) WHERE number = ? AND key LIKE '%epoch:2'"
        ((attribute, text),) = database.execute(f"SELECT trial_user_attribute_id, value_json {keys}", (best,))
        epoch = json.loads(text)
        value = epoch["metrics"]["val_loss"]
        epoch["metrics"]["val_loss"] += 2**-20
        change = "UPDATE trial_user_attributes SET value_json = ? WHERE trial_user_attribute_id = ?"
        database.execute(change, (json.dumps(epoch), attribute))
    study = hpo.open_study("again", studies=tmp_path)
    variable = change_weights(study.best.model_path, 0.5)
    result = study.reproduce(best)
    first = result.first_difference
    assert (first.epoch, first.metric, first.repeat, first.trained) == (2, "val_loss", None, value)
    assert first.by == pytest.approx(-(2**-20))
    assert (result.is_equal, result.model, len(result.differences)) == (False, "differs", 1)
    assert (result.weights.variable, result.weights.variables) == (variable, 1)
    assert result.weights.largest == pytest.approx(0.5)
    assert result.to_json()["first_difference"]["metric"] == "val_loss"
    assert result.in_words()[-1] == "Versions, kernels, device and threads are those of the record."
    told = " ".join(replace(result, environment={"keras": ("3.14.0", "3.15.1")}).in_words())
    assert "differs from epoch 2 on: val_loss was" in told
    assert "9.5e-07 less" in told
    assert f"{variable} by 0.5 at most" in told
    assert told.endswith("What differs from the record: keras was 3.14.0, and is 3.15.1.")
    same_history = replace(result, differences=())
    assert "came to the same history, and to another model" in same_history.in_words()[0]


def change_weights(model: Path, by: float) -> str:
    """Change the first number of the first variable in a `.keras` file; gives its path in there."""
    with zipfile.ZipFile(model) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    content, names = io.BytesIO(members["model.weights.h5"]), []
    with h5py.File(content, "r+") as file:
        file.visititems(lambda name, node: names.append(name) if isinstance(node, h5py.Dataset) else None)
        weights = file[names[0]][()]
        weights.flat[0] += by
        file[names[0]][...] = weights
    with zipfile.ZipFile(model, "w") as archive:
        for name, member in (members | {"model.weights.h5": content.getvalue()}).items():
            archive.writestr(name, member)
    return names[0]


def test_a_pruned_trial_that_shares_a_beginning_is_trained_as_far_as_it_came_and_a_failed_one_is_refused(
    tmp_path, shared_studies, engine_here
):
    kernels = onednn_use(os.environ)
    others = "off" if kernels == "on" else "on"
    with changed_record(shared_studies, tmp_path) as database:
        database.execute("UPDATE trials SET state = 'PRUNED' WHERE number = 1")
        database.execute("UPDATE trials SET state = 'FAIL' WHERE number = 0")
        change = "UPDATE study_user_attributes SET value_json = replace(value_json, ?, ?) WHERE key LIKE 'hpo:session%'"
        database.execute(change, (f'"onednn": "{kernels}"', f'"onednn": "{others}"'))
        database.execute(
            "DELETE FROM trial_user_attributes WHERE key LIKE '%epoch:3' AND trial_id IN "
            "(SELECT trial_id FROM trials WHERE number = 1)"
        )
    study = hpo.open_study("again", studies=tmp_path)
    assert study.trials()[1].prefix == {"trial": 0, "epochs": 1}
    result = study.reproduce(1)
    assert (result.is_equal, result.epochs) == (True, 2)
    assert result.values == 2 * 3 * len(result.metrics)
    # Told to the process that trains it; this one, which stands in for it here, has its kernels already.
    assert onednn_use({"TF_ENABLE_ONEDNN_OPTS": engine_here[-1]["TF_ENABLE_ONEDNN_OPTS"]}) == others
    assert result.in_words()[1] == f"And that although onednn was {others}, and is {kernels}."
    with pytest.raises(UserError, match=r"complete or pruned, as far as it came. Received trial 0, which has failed"):
        study.reproduce(0)


def test_trials_without_a_training_to_compare_and_data_that_has_changed_are_refused(
    tmp_path, shared_studies, engine_here, monkeypatch
):
    record = StudyRecord(hpo.open_study("again", studies=shared_studies).address)
    with pytest.raises(UserError, match=r"number of a trial, 0 to 1. Received 7"):
        reproduce(record, 7)
    with pytest.raises(UserError, match=r"data.path=PATH. Received training.epochs=9"):
        reproduce(record, 0, overrides=["training.epochs=9"])
    monkeypatch.setattr(type(record.ledger), "fingerprint", lambda ledger, key: "0" * 64)
    with pytest.raises(DataError, match="differ from those the study began with"):
        reproduce(record, 0)
