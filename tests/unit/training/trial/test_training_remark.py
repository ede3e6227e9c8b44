"""What fails after an epoch that counts: the trial is complete, with the best epoch and a remark."""

from __future__ import annotations

import numpy as np
import pytest

from hpo.errors import DataError
from hpo.training import Completed, Pruned

pytestmark = pytest.mark.engine

SMOOTH = "batch_normalization: false, head_pooling: average"


@pytest.fixture
def while_training(monkeypatch: pytest.MonkeyPatch):
    """Has something done with the model in an epoch, counted from 1, behind a trial's back: after its first batch."""

    def in_epoch(number: int, act) -> None:
        import keras

        from hpo.training.trial import trial

        class Acting(keras.callbacks.Callback):
            def on_train_batch_end(self, batch: int, logs: object = None) -> None:
                if batch == 0 and len(self.model.history.epoch) == number - 1:
                    act(self.model)

        monkeypatch.setattr(trial, "recipe_callbacks", lambda recipe, objective: [Acting()])

    return in_epoch


def diverge(model) -> None:
    model.optimizer.learning_rate = 1e30


def fail_by(error: Exception):
    def fail(model) -> None:
        raise error

    return fail


@pytest.mark.parametrize("metric", ["val_accuracy", "val_loss"])
def test_a_trial_that_diverges_in_a_late_epoch_keeps_its_best_one(run, config_of, watcher, while_training, metric):
    from hpo.spaces import Objective

    while_training(3, diverge)
    observer = watcher()
    objective = Objective(metric=metric, direction="maximize" if metric == "val_accuracy" else "minimize")
    outcome = run(config_of("epochs: 5, optimizer: sgd", SMOOTH), observer=observer, objective=objective)
    assert isinstance(outcome, Completed)
    assert str(outcome.remark).startswith("nan_loss: the loss was no finite number in epoch 3")
    learned = outcome.learned
    assert [report.epoch for report in observer.reports] == [1, 2]
    assert len(learned.history["loss"]) == 3, "the history tells of the epoch that diverged"
    assert learned.best_epoch <= 2
    assert learned.last_value == observer.reports[-1].value, "the last one with finite values"
    assert outcome.values == (learned.best_value,) == (learned.history[metric][learned.best_epoch - 1],)


def test_the_model_of_a_trial_that_diverged_is_that_of_its_best_epoch(run, config_of, data, while_training, tmp_path):
    import keras

    while_training(3, diverge)
    outcome = run(config_of("epochs: 5, optimizer: sgd", SMOOTH))
    outcome.save_model(tmp_path / "model.keras")
    found = keras.models.load_model(tmp_path / "model.keras").predict(data.validation.images, verbose=0)
    assert np.isfinite(found).all()
    right = np.mean(found.argmax(axis=1) == data.validation.labels)
    assert right == pytest.approx(outcome.learned.best_value)


def test_several_objectives_have_the_values_of_the_best_epoch(run, config_of, accuracy, while_training):
    from hpo.spaces import Objective

    while_training(3, diverge)
    objectives = (accuracy, Objective(metric="val_loss", direction="minimize"), Objective(metric="parameters"))
    outcome = run(config_of("epochs: 5, optimizer: sgd", SMOOTH), objectives=objectives)
    assert outcome.remark is not None
    history, epoch = outcome.learned.history, outcome.learned.best_epoch - 1
    assert outcome.values[:2] == (history["val_accuracy"][epoch], history["val_loss"][epoch])
    assert np.isfinite(outcome.values).all()


def test_a_trial_that_was_pruned_before_it_would_have_diverged_is_pruned(run, config_of, watcher, while_training):
    while_training(3, diverge)
    assert isinstance(run(config_of("epochs: 5"), observer=watcher(prune_at=2)), Pruned)


@pytest.mark.parametrize(
    ("error", "remark"),
    [
        (MemoryError("no room for 3 GB"), "out_of_memory: in epoch 3: no room for 3 GB"),
        (RuntimeError("a bug of a layer"), "error: in epoch 3: RuntimeError: a bug of a layer"),
    ],
    ids=["memory", "any other"],
)
def test_any_failure_in_a_late_epoch_keeps_the_best_one(run, config_of, while_training, error: Exception, remark: str):
    while_training(3, fail_by(error))
    outcome = run(config_of("epochs: 5"))
    assert isinstance(outcome, Completed)
    assert str(outcome.remark) == remark
    assert len(outcome.learned.history["loss"]) == 2
    assert outcome.classes


def test_a_failure_tells_the_log_its_traceback(run, config_of, while_training, capfd):
    while_training(2, fail_by(RuntimeError("a bug of a layer")))
    run(config_of("epochs: 2"))
    assert "Traceback" in capfd.readouterr().err


def test_data_that_cannot_be_read_any_more_gives_the_trial_back_whatever_was_learned(run, config_of, while_training):
    while_training(2, fail_by(DataError("the images are gone")))
    with pytest.raises(DataError):
        run(config_of("epochs: 3"))


def test_a_trial_that_runs_to_its_end_has_no_remark(run, config_of):
    assert run(config_of("epochs: 1")).remark is None
