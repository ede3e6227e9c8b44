"""What fails after an epoch that counts: the trial is complete, with the best epoch and a remark."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hpo.data import Part
from hpo.errors import DataError
from hpo.training import Completed, Pruned

pytestmark = pytest.mark.engine

SMOOTH = "batch_normalization: false, head_pooling: average"


@pytest.fixture
def diverging(config_of):
    """Makes a config of two epochs that go well, and of others that diverge."""
    from hpo.spaces import Recipe

    def make(epochs: int = 3):
        phases = [{"epochs": 2}, {"epochs": epochs, "learning_rate": 1e30}]
        recipe = Recipe.model_validate({"phases": phases, "batch_size": 16, "learning_rate": 0.01, "optimizer": "sgd"})
        return replace(config_of("", SMOOTH), training=recipe)

    return make


class FailingPixels:
    """Training images of which so many can be read, and then no more."""

    is_slow = False

    def __init__(self, images, reads: int, error: Exception) -> None:
        self.shape = images.shape
        self._images = images
        self._left = reads
        self._error = error

    def read(self, rows):
        self._left -= len(rows)
        if self._left < 0:
            raise self._error
        return self._images[rows]


@pytest.fixture
def failing(data):
    """Makes data whose training part fails in an epoch, counted from 1."""

    def make(epoch: int, error: Exception):
        count = len(data.train)  # in the middle of the epoch: Keras looks at a batch before the first one
        pixels = FailingPixels(data.train.images, (epoch - 1) * count + count // 2, error)
        return replace(data, train=Part(pixels, data.train.labels))

    return make


@pytest.mark.parametrize("metric", ["val_accuracy", "val_loss"])
def test_a_trial_that_diverges_in_a_late_epoch_keeps_its_best_one(run, diverging, watcher, metric):
    from hpo.spaces import Objective

    observer = watcher()
    objective = Objective(metric=metric, direction="maximize" if metric == "val_accuracy" else "minimize")
    outcome = run(diverging(), observer=observer, objective=objective)
    assert isinstance(outcome, Completed)
    assert str(outcome.remark).startswith("nan_loss: the loss was no finite number in epoch 3")
    learned = outcome.learned
    assert [report.epoch for report in observer.reports] == [1, 2]
    assert len(learned.history["loss"]) == 3, "the history tells of the epoch that diverged"
    assert learned.best_epoch <= 2
    assert learned.last_value == observer.reports[-1].value, "the last one with finite values"
    assert outcome.values == (learned.best_value,) == (learned.history[metric][learned.best_epoch - 1],)


def test_the_model_of_a_trial_that_diverged_is_that_of_its_best_epoch(run, diverging, data, tmp_path):
    import keras

    outcome = run(diverging())
    outcome.save_model(tmp_path / "model.keras")
    probabilities = keras.models.load_model(tmp_path / "model.keras").predict(data.validation.images, verbose=0)
    assert np.isfinite(probabilities).all()
    right = np.mean(probabilities.argmax(axis=1) == data.validation.labels)
    assert right == pytest.approx(outcome.learned.best_value)


def test_several_objectives_have_the_values_of_the_best_epoch(run, diverging, accuracy):
    from hpo.spaces import Objective

    objectives = (accuracy, Objective(metric="val_loss", direction="minimize"), Objective(metric="parameters"))
    outcome = run(diverging(), objectives=objectives)
    assert outcome.remark is not None
    history, epoch = outcome.learned.history, outcome.learned.best_epoch - 1
    assert outcome.values[:2] == (history["val_accuracy"][epoch], history["val_loss"][epoch])
    assert np.isfinite(outcome.values).all()


def test_a_trial_that_was_pruned_before_it_would_have_diverged_is_pruned(run, diverging, watcher):
    assert isinstance(run(diverging(), observer=watcher(prune_at=2)), Pruned)


@pytest.mark.parametrize(
    ("error", "remark"),
    [
        (MemoryError("no room for 3 GB"), "out_of_memory: in epoch 3: on the host: no room for 3 GB"),
        (RuntimeError("a bug of a layer"), "error: in epoch 3: RuntimeError: a bug of a layer"),
    ],
    ids=["memory", "any other"],
)
def test_any_failure_in_a_late_epoch_keeps_the_best_one(run, config_of, failing, error: Exception, remark: str):
    outcome = run(config_of("epochs: 5"), on=failing(3, error), pool=None)  # with one, it is tried once more
    assert isinstance(outcome, Completed)
    assert str(outcome.remark) == remark
    assert len(outcome.learned.history["loss"]) == 2


def test_a_failure_tells_the_log_its_traceback(run, config_of, failing, capfd):
    run(config_of("epochs: 2"), on=failing(2, RuntimeError("a bug of a layer")))
    assert "Traceback" in capfd.readouterr().err


def test_data_that_cannot_be_read_any_more_gives_the_trial_back_whatever_was_learned(run, config_of, failing):
    with pytest.raises(DataError):
        run(config_of("epochs: 3"), on=failing(2, DataError("the images are gone")))


def test_a_trial_that_runs_to_its_end_has_no_remark(run, config_of):
    assert run(config_of("epochs: 1")).remark is None
