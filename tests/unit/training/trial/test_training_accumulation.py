"""Trials whose batches are computed in parts: what they learn, and what they go on from."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from workers_in_threads import shared_pool

from hpo.models import ModelFamily, Shape
from hpo.studies import StudyFiles
from hpo.training import Completed, Paused

pytestmark = pytest.mark.engine


class Plain(ModelFamily):
    """A network without batch normalization, whose statistics are those of a part."""

    family: Literal["plain"] = "plain"

    def build(self, shape: Shape, classes: int):
        import keras

        inputs = keras.Input(shape)
        features = keras.layers.Flatten()(keras.layers.Conv2D(2, 3, activation="tanh")(inputs))
        return keras.Model(inputs, keras.layers.Dense(classes, "softmax")(features))


@pytest.fixture
def attempt(data, accuracy, watcher, tmp_path):
    """Runs an attempt at trial 7, by default to its end, with batches in so many parts."""
    from hpo.training.trial.trial import run_trial

    def run_attempt(config, number: int, steps: int, pause_at: int | None = None):
        store = StudyFiles(tmp_path).checkpoints(7, number)
        observer = watcher(pause_at=pause_at)
        outcome = run_trial(
            config, data, [accuracy], 1, observer, checkpoints=store, accumulation_steps=steps, pool=shared_pool()
        )
        return outcome, observer, store.latest()

    return run_attempt


@pytest.fixture
def config(config_of):
    training = (
        "epochs: 4, batch_size: 24, optimizer: adam, schedule: {cosine: {warmup_epochs: 1}}, label_smoothing: 0.1"
    )
    return replace(config_of(training), model=Plain())


def assert_same_learning(outcome, whole):
    assert isinstance(outcome, Completed)
    for name, values in whole.learned.history.items():
        tolerance = 0.1 if name == "loss" else 1e-4  # parts of a batch that differ count almost the same in it
        assert np.allclose(outcome.learned.history[name], values, rtol=tolerance), name


def test_a_trial_in_parts_learns_what_it_does_in_whole_batches(attempt, run, config):
    outcome, observer, kept = attempt(config, 1, 4)
    assert_same_learning(outcome, run(config))
    assert [report.epoch for report in observer.reports] == [1, 2, 3, 4]
    assert kept.about["accumulation_steps"] == 4


def test_a_trial_goes_on_from_a_checkpoint_of_another_number_of_parts(attempt, run, config):
    # An epoch asks before each part of its 3 batches, before each of 2, 3 or 5 of validation, and at its end.
    moments = []
    for number, (steps, pause_at) in enumerate([(1, 8), (2, 10), (4, 16)], start=1):
        outcome, _, kept = attempt(config, number, steps, pause_at)
        assert isinstance(outcome, Paused)
        moments.append((kept.epoch, kept.step, kept.about["accumulation_steps"]))
    assert moments == sorted(moments)
    assert {steps for *_, steps in moments} == {1, 2, 4}
    assert any(step for _, step, _ in moments)
    outcome, *_ = attempt(config, 4, 1)
    assert_same_learning(outcome, run(config))


def test_a_checkpoint_within_an_epoch_is_kept_between_two_whole_batches(attempt, run, config):
    outcome, observer, kept = attempt(config, 1, 4, pause_at=3)
    assert isinstance(outcome, Paused)
    assert observer.asked == 5  # the batch is finished first
    assert (kept.epoch, kept.step) == (0, 1)
    assert_same_learning(attempt(config, 2, 4)[0], run(config))
