"""Trials of several repeats: what they report, how they end, and whose weights are kept."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from statistics import fmean

import numpy as np
import pytest
from workers_in_threads import shared_pool

from hpo.studies import StudyFiles
from hpo.training import Completed, Paused, Pruned

pytestmark = pytest.mark.engine


def test_a_trial_reports_means_keeps_the_best_repeat_and_has_the_mean_of_their_values(
    run, config_of, watcher, accuracy, *, tmp_path
):
    import keras

    observer, objectives = watcher(), (accuracy,)
    outcome = run(config_of("epochs: 3, repeats: 3"), observer=observer, objectives=objectives)
    results = outcome.learned.repeats
    assert [report.epoch for report in observer.reports] == [1, 2, 3]
    for report in observer.reports:
        assert report.value == pytest.approx(fmean(metrics["val_accuracy"] for metrics in report.repeats))
    assert outcome.values == (pytest.approx(fmean(result.values[0] for result in results)),)
    (kept,) = (result for result in results if result.is_kept)
    assert kept.best_value == max(result.best_value for result in results)
    outcome.save_model(tmp_path / "model.keras")
    about = json.loads((tmp_path / "model.json").read_text())
    assert about["metrics"]["val_accuracy"] == kept.best_value
    assert about["validation"]["accuracy"] == pytest.approx(kept.best_value)
    assert about["metrics"]["epoch"] == kept.best_epoch
    assert [result["seed"] for result in about["repeats"]] == [result.seed for result in results]
    predictions = np.load(tmp_path / "model.validation.npz")
    share = np.mean(predictions["probabilities"].argmax(axis=1) == predictions["labels"])
    assert share == pytest.approx(kept.best_value)
    assert keras.models.load_model(tmp_path / "model.keras").count_params()


def test_a_trial_is_pruned_as_one(run, config_of, watcher):
    observer = watcher(prune_at=2)
    outcome = run(config_of("epochs: 4, repeats: 2"), observer=observer)
    assert isinstance(outcome, Pruned)
    assert len(observer.reports) == 2
    assert [len(outcome.learned.history["loss"]), len(outcome.learned.repeats)] == [2, 2]


def test_a_pause_between_two_repeats_loses_no_epoch(data, accuracy, watcher, config_of, *, tmp_path):
    from hpo.training.trial.trial import run_trial

    config, asked = config_of("epochs: 2, repeats: 2"), 4 + 2 + 1  # before each batch of both parts, and at the end
    checkpoints = StudyFiles(tmp_path).checkpoints(7, 1)
    run = partial(run_trial, config, data, [accuracy], 1, pool=shared_pool())
    paused = run(watcher(pause_at=asked), checkpoints=checkpoints)
    assert isinstance(paused, Paused)
    checkpoint = checkpoints.latest()
    assert (checkpoint.epoch, checkpoint.step) == (0, 4)
    observer = watcher()
    again = run(observer, checkpoints=StudyFiles(tmp_path).checkpoints(7, 2))
    assert again.learned.repeats == run(watcher()).learned.repeats
    assert observer.asked == 3 * asked - 1


def test_a_repeat_that_diverges_ends_the_trial_with_what_it_has_come_to(
    data, accuracy, watcher, config_of, *, tmp_path
):
    from hpo.training.trial.trial import run_trial

    run = partial(run_trial, config_of("epochs: 5, repeats: 2"), data, [accuracy], 1, pool=shared_pool())
    store = StudyFiles(tmp_path).checkpoints(7, 1)
    run(watcher(pause_at=2 * 7), checkpoints=store)
    checkpoint = store.latest()
    name = "repeat2/model/0000"
    broken = {**checkpoint.arrays, name: np.full_like(checkpoint.arrays[name], np.nan)}
    StudyFiles(tmp_path).checkpoints(7, 2).save(replace(checkpoint, arrays=broken))
    outcome = run(watcher(), checkpoints=StudyFiles(tmp_path).checkpoints(7, 3))
    assert isinstance(outcome, Completed)
    assert outcome.remark.kind == "nan_loss"
    assert "in epoch 2 of repeat 2" in outcome.remark.message
    assert outcome.learned.best_epoch == 1
