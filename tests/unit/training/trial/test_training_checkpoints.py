"""Checkpoints of a trial: when they are kept, what a trial goes on from, and what makes it begin anew."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from workers_in_threads import shared_pool

from hpo.errors import StorageError
from hpo.studies import Checkpoint, StudyFiles, TrialCheckpoints
from hpo.training import Completed, Failed, Outcome, Paused, Verdict

pytestmark = pytest.mark.engine

BATCHES = 4
"""Training batches of an epoch: 64 images by 16."""
ASKED = BATCHES + 2 + 1
"""How often an epoch asks whether to pause: before each batch of both parts, and at its end."""


@pytest.fixture
def checkpoints(tmp_path) -> Callable[..., TrialCheckpoints]:
    """Gives the checkpoints of trial 7, as one attempt sees them."""
    return lambda attempt=1: StudyFiles(tmp_path).checkpoints(7, attempt)


@pytest.fixture
def attempt(data, accuracy, watcher, checkpoints):
    """Runs an attempt at a trial, by default to its end."""
    from hpo.training.trial.trial import run_trial

    def run_attempt(config, number: int, observer=None, store=None, time_limit=None) -> Outcome:
        store = store or checkpoints(number)
        observer = observer or watcher()
        return run_trial(
            config, data, [accuracy], 1, observer, checkpoints=store, time_limit=time_limit, pool=shared_pool()
        )

    return run_attempt


def test_a_checkpoint_is_kept_before_its_epoch_is_reported(attempt, config_of, watcher, checkpoints):
    @dataclass
    class Looking(watcher):
        def report(self, report):
            seen.append((checkpoints().latest().epoch, report.epoch))
            return Verdict.CONTINUE

    seen: list[tuple[int, int]] = []
    attempt(config_of("epochs: 3"), 1, Looking())
    assert seen == [(1, 1), (2, 2), (3, 3)]


@pytest.mark.parametrize(
    ("question", "moment"),
    [(3, (0, 2)), (BATCHES + 2, (1, 0)), (ASKED + 4, (1, 3))],
    ids=["first epoch", "validation", "second epoch"],
)
def test_a_paused_trial_goes_on_where_it_was(attempt, run, config_of, watcher, *, checkpoints, question, moment):
    config = config_of("epochs: 3, optimizer: {sgd: {momentum: 0.9}}", "dropout: 0.3")
    assert isinstance(attempt(config, 1, watcher(pause_at=question)), Paused)
    checkpoint, observer = checkpoints(2).latest(), watcher()
    assert (checkpoint.epoch, checkpoint.step) == moment
    outcome = attempt(config, 2, observer)
    assert outcome.learned.history == run(config).learned.history
    assert [(report.epoch, report.is_restored) for report in observer.reports] == [
        (epoch, epoch == moment[0]) for epoch in range(max(1, moment[0]), 4)
    ]
    assert observer.asked == 3 * ASKED - 1 - moment[0] * ASKED - moment[1]


def test_a_frozen_base_is_written_once_and_the_trial_goes_on_with_it(attempt, run, config_of, watcher, *, checkpoints):
    config = config_of("epochs: 4", "depth: 2, filters: 64, frozen_layers: all")
    assert isinstance(attempt(config, 1, watcher(pause_at=3 * ASKED + 4)), Paused)
    large = [name for name, size in checkpoints(2).store.sizes().items() if size > 2**18]  # 295 kB of weights
    assert large == ["trial-7/1-00001-0.npz"]
    observer = watcher()
    assert attempt(config, 2, observer).learned.history == run(config).learned.history
    assert [report.epoch for report in observer.reports if report.is_restored] == [3]


def test_a_trial_that_ended_before_its_outcome_was_told_is_not_trained_again(attempt, config_of, watcher, checkpoints):
    config = config_of("epochs: 2")
    whole, observer = attempt(config, 1), watcher()
    again = attempt(config, 2, observer)
    assert isinstance(again, Completed)
    assert again.values == whole.values
    assert again.learned.history == whole.learned.history
    assert observer.asked == 0
    assert [report.epoch for report in observer.reports] == [2]


def test_a_pruner_may_end_a_trial_at_the_epoch_that_it_goes_on_from(attempt, config_of, watcher):
    config = config_of("epochs: 4")
    attempt(config, 1, watcher(pause_at=2 * ASKED))
    outcome = attempt(config, 2, watcher(prune_at=2))
    assert len(outcome.learned.history["loss"]) == 2


def test_seconds_are_those_of_all_attempts(attempt, config_of, watcher, checkpoints):
    config = config_of("epochs: 3")
    attempt(config, 1, watcher(pause_at=2 * ASKED))
    checkpoint = checkpoints(2).latest()
    checkpoint.about["duration_s"] += 1000
    checkpoint.about["seconds"] += 500
    checkpoints(2).save(checkpoint)
    assert attempt(config, 3).learned.measures["duration_s"] > 1000
    assert checkpoints(3).latest().about["seconds"] > 500


def test_a_trial_that_takes_longer_than_it_may_in_all_attempts_is_complete_with_its_best_epoch(
    attempt, config_of, watcher, checkpoints
):
    config = config_of("epochs: 5")
    attempt(config, 1, watcher(pause_at=2 * ASKED), time_limit=1000)
    checkpoint = checkpoints(2).latest()
    checkpoint.about["duration_s"] += 1000
    checkpoints(2).save(checkpoint)
    outcome = attempt(config, 3, time_limit=1000)
    assert isinstance(outcome, Completed)
    assert str(outcome.remark) == "timeout: in epoch 3: it may train for 1000 s in all (recovery.trial_timeout)"
    assert len(outcome.learned.history["loss"]) == 2


def test_a_trial_whose_time_is_over_before_an_epoch_ends_has_failed(attempt, config_of):
    outcome = attempt(config_of("epochs: 5"), 1, time_limit=1e-9)
    assert isinstance(outcome, Failed)
    assert str(outcome.cause) == "timeout: it may train for 1e-09 s in all (recovery.trial_timeout)"


def test_a_training_that_fails_after_going_on_is_complete_with_its_best_epoch(attempt, config_of, watcher, checkpoints):
    config = config_of("epochs: 3, optimizer: sgd")
    attempt(config, 1, watcher(pause_at=2 * ASKED))
    checkpoint = checkpoints(2).latest()
    broken = {name: np.full_like(array, np.nan) for name, array in checkpoint.arrays.items() if name == "model/0000"}
    assert broken
    checkpoints(2).save(replace(checkpoint, arrays={**checkpoint.arrays, **broken}))
    outcome = attempt(config, 3)
    assert isinstance(outcome, Completed)
    assert outcome.remark.kind == "nan_loss"
    assert outcome.learned.best_epoch <= 2


@pytest.mark.parametrize("other", ["learning_rate", "variables"])
def test_a_checkpoint_of_another_training_is_not_used_and_the_log_says_so(
    attempt, config_of, watcher, checkpoints, *, caplog, other: str
):
    caplog.set_level(logging.INFO, "hpo.training")
    config = config_of("epochs: 2")
    attempt(config_of("epochs: 2, learning_rate: 0.02") if other == "learning_rate" else config, 1, watcher(pause_at=8))
    if other == "variables":
        checkpoint = checkpoints(1).latest()
        arrays = {name: array for name, array in checkpoint.arrays.items() if name != "model/0001"}
        checkpoints(2).save(replace(checkpoint, arrays=arrays))
    observer = watcher(pause_at=ASKED)
    attempt(config, 3, observer)
    assert not any(report.is_restored for report in observer.reports[-1:])
    assert checkpoints(3).latest().epoch == 1
    assert "trial 7 begins anew" in caplog.text


def test_where_an_epoch_is_long_checkpoints_are_kept_in_the_middle_of_it(attempt, run, config_of, checkpoints):
    class Counting:
        def __init__(self) -> None:
            self.moments: list[tuple[int, int]] = []

        number, attempt = 7, 1

        def save(self, checkpoint: Checkpoint) -> None:
            self.moments.append((checkpoint.epoch, checkpoint.step))

        def latest(self) -> None:
            return None

    often, never = Counting(), Counting()
    outcome = attempt(config_of("epochs: 2, checkpoint: {every: 1e-9}"), 1, store=often)
    attempt(config_of("epochs: 2, checkpoint: {every: 1h}"), 1, store=never)
    assert often.moments == [(0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (1, 2), (1, 3), (2, 0)]
    assert never.moments == [(1, 0), (2, 0)]
    assert outcome.learned.history == run(config_of("epochs: 2")).learned.history


def test_no_checkpoint_is_kept_of_what_has_diverged_in_the_middle_of_an_epoch(attempt, config_of):
    kept = []

    class Keeping:
        number, attempt = 7, 1

        def save(self, checkpoint: Checkpoint) -> None:
            kept.append(checkpoint)

        def latest(self) -> None:
            return None

    outcome = attempt(config_of("learning_rate: 1e30, checkpoint: {every: 1e-9}"), 1, store=Keeping())
    assert isinstance(outcome, Failed)
    assert outcome.cause.kind == "nan_loss"
    assert [(checkpoint.epoch, checkpoint.step) for checkpoint in kept] == [(0, 1)]  # of large numbers yet
    assert all(np.isfinite(array).all() for array in kept[0].arrays.values())


def test_a_checkpoint_that_cannot_be_written_is_no_failure_of_the_trial(attempt, config_of):
    class Full:
        number, attempt = 7, 1

        def save(self, checkpoint: Checkpoint) -> None:
            raise StorageError("no space is left")

        def latest(self) -> None:
            return None

    with pytest.raises(StorageError, match="no space is left"):
        attempt(config_of(), 1, store=Full())


def test_another_number_of_threads_is_said_and_the_trial_goes_on(attempt, config_of, watcher, caplog, monkeypatch):
    caplog.set_level(logging.INFO, "hpo.training")
    config = config_of("epochs: 3")
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "3")
    attempt(config, 1, watcher(pause_at=ASKED))
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "5")
    observer = watcher()
    attempt(config, 2, observer)
    assert observer.reports[0].is_restored
    assert "with 5 threads" in caplog.text


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        *((name, "float32") for name in ("Adam", "Adagrad", "Adadelta", "Ftrl", "Lion", "Nadam", "RMSprop", "SGD")),
        ("Adam", "mixed_float16"),
        ("Adam", "bfloat16"),
    ],
)
def test_values_that_were_read_stay_as_they_were_while_training_goes_on(name, policy):
    import keras

    from hpo.training.network.steps import compile_steps
    from hpo.training.trial.variables import read_values

    keras.config.set_dtype_policy(policy)
    try:
        layers = [keras.layers.Conv2D(2, 3), keras.layers.BatchNormalization(), keras.layers.Dropout(0.5)]
        model = keras.Sequential([keras.Input((8, 8, 3)), *layers, keras.layers.Flatten(), keras.layers.Dense(3)])
    finally:
        keras.config.set_dtype_policy("float32")
    optimizer = getattr(keras.optimizers, name)(use_ema=True)
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=False)
    compile_steps(model)
    images, labels = np.random.default_rng(1).random((16, 8, 8, 3), np.float32), np.arange(16) % 3
    model.fit(images, labels, verbose=0)
    variables = [*model.variables, *model.optimizer.variables]
    values = read_values(variables)
    before = [value.tobytes() for value in values]
    model.fit(images, labels, epochs=2, verbose=0)
    for variable in variables:
        variable.assign(variable + 1)
    assert [value.tobytes() for value in values] == before
    assert [value.tobytes() for value in read_values(variables)] != before


def test_of_values_that_are_written_back_those_that_have_not_changed_are_left_alone(monkeypatch):
    import keras

    from hpo.training.trial.variables import read_values, write_values

    variables = [keras.Variable(np.full((2, 3), number, np.float32)) for number in range(3)]
    values, assigned = read_values(variables), []
    variables[1].assign(variables[1] + 1)
    variables[2].assign(values[2].copy())  # equal, but not the same
    assign = keras.Variable.assign
    monkeypatch.setattr(
        keras.Variable, "assign", lambda variable, value: assigned.append(variable) or assign(variable, value)
    )
    write_values(variables, values)
    left_alone = variables[:1] if keras.backend.backend() == "tensorflow" else []  # other engines give copies
    assert [id(variable) for variable in [*left_alone, *assigned]] == list(map(id, variables))
    assert [value.tobytes() for value in read_values(variables)] == [value.tobytes() for value in values]


def test_a_model_is_left_as_it_was_by_predictions_for_which_a_layer_draws():
    import keras

    from hpo.training.trial.variables import keep_values, read_values

    rows = keras.Input((4, 3))
    model = keras.Model(rows, keras.layers.GRU(2, dropout=0.5)(rows))
    numbers = np.ones((2, 4, 3), np.float32)

    def read() -> list[bytes]:
        return [array.tobytes() for array in read_values(model.variables)]

    before = read()
    with keep_values(model):
        model.predict_on_batch(numbers)
        assert read() != before
    assert read() == before
