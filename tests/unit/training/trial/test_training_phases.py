"""Training in phases: what is frozen, what begins afresh, what goes on, and which epoch counts in the end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hpo.training import Completed, Failed, Paused, Pruned

pytestmark = pytest.mark.engine

SMOOTH = "batch_normalization: false, head_pooling: average"
"""A network whose loss changes little by little."""


def saved(outcome, tmp_path: Path):
    import keras

    outcome.save_model(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_epochs_are_counted_through_all_phases_and_make_one_history(run, phased, watcher):
    observer = watcher()
    outcome = run(phased("epochs: 2, frozen_layers: all", "epochs: 3"), observer=observer)
    assert isinstance(outcome, Completed)
    assert [(report.epoch, report.epochs) for report in observer.reports] == [(n, 5) for n in range(1, 6)]
    assert {len(values) for values in outcome.learned.history.values()} == {5}
    assert [report.value for report in observer.reports] == outcome.learned.history["val_accuracy"]


def test_one_phase_that_says_all_trains_as_the_recipe_does(run, phased, config_of):
    whole = run(config_of("epochs: 3")).learned.history
    alone = run(phased("epochs: 3, learning_rate: 0.01")).learned.history
    assert alone == whole


def test_layers_move_in_the_phases_in_which_they_are_not_frozen(run, phased, data, loss, tmp_path):
    import keras

    from hpo.training.network.model import build_model

    network = "depth: 2, filters: 8, dense_units: 8, batch_normalization: false"
    config = phased("epochs: 1, frozen_layers: all", "epochs: 1, frozen_layers: 2, learning_rate: 1e-3", model=network)
    keras.utils.set_random_seed(1)
    before = build_model(config, data).network
    after = next(each for each in saved(run(config, objective=loss), tmp_path).layers if each.name == before.name)
    moved = {
        layer.name
        for layer, same in zip(before.layers, after.layers, strict=True)
        if any(not np.array_equal(a, b) for a, b in zip(layer.get_weights(), same.get_weights(), strict=True))
    }
    assert moved == {"block2_convolution", "dense", "probabilities"}  # block1_convolution is the second of the two


def test_each_phase_has_its_learning_rate_and_its_schedule_begins_afresh(run, phased):
    plateau = "schedule: {reduce_on_plateau: {factor: 0.5, patience: 1, min_delta: 10.0}}"
    learned = run(phased(f"epochs: 3, learning_rate: 0.1, {plateau}", f"epochs: 3, {plateau}")).learned
    rates = [0.1, 0.1, 0.05, 0.01, 0.01, 0.005]
    assert learned.history["learning_rate"] == pytest.approx(rates, rel=1e-5)


def test_early_stopping_ends_its_phase_and_the_trial_goes_on(run, phased, watcher):
    observer = watcher()
    stopping = "learning_rate: 1e-12, early_stopping: {patience: 2}"
    outcome = run(
        phased(f"epochs: 50, {stopping}", "epochs: 2", f"epochs: 9, {stopping}", model=SMOOTH), observer=observer
    )
    assert isinstance(outcome, Completed)
    # 3 of 50 epochs, then 2, then at most 9.
    assert [report.epochs for report in observer.reports[:5]] == [61, 61, 61, 14, 14]
    assert len(outcome.learned.history["loss"]) == len(observer.reports) == 8


def test_a_phase_begins_from_the_best_weights_so_far(run, phased, loss):
    # The first phase ends far from its best epoch; with a learning rate of almost nothing the second one stays there.
    learned = run(
        phased("epochs: 5, learning_rate: 1.0", "epochs: 2, learning_rate: 1e-12", model=SMOOTH), objective=loss
    ).learned
    values = learned.history["val_loss"]
    best = min(values[:5])
    assert best < values[4], "the first phase must not end at its best for this test to say anything"
    assert values[5:] == pytest.approx([best, best], rel=1e-4)


def test_value_and_model_are_those_of_the_best_epoch_over_all_phases(run, phased, data, loss, tmp_path):
    from hpo.data.layers.batches import Batches

    adam = "epochs: 3, optimizer: adam"
    outcome = run(phased(adam, f"{adam}, learning_rate: 1.0", model=SMOOTH), objective=loss)
    learned, values = outcome.learned, outcome.learned.history["val_loss"]
    assert learned.best_epoch <= 3, "a phase before the last must have the best epoch for this test to say anything"
    assert learned.best_value == min(values) == values[learned.best_epoch - 1]
    assert learned.last_value == values[-1]
    assert outcome.values == (learned.best_value,)
    metrics = saved(outcome, tmp_path).evaluate(Batches(data.validation, 16), return_dict=True, verbose=0)
    assert metrics["loss"] == pytest.approx(learned.best_value, rel=1e-5)


def test_the_weights_that_were_validated_are_kept_where_an_average_of_them_was(data, loss, watcher):
    import keras

    from hpo.data.layers.batches import Batches
    from hpo.spaces import Recipe
    from hpo.training.trial.callbacks import EpochRecorder
    from hpo.training.trial.session import TrialSession

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(2, "softmax")])
    model.compile(keras.optimizers.SGD(1e-3, use_ema=True, ema_momentum=0.5), "sparse_categorical_crossentropy")
    session = TrialSession(Recipe(epochs=4), [loss])
    recorder = EpochRecorder(model, session, len(data.train), watcher())
    average = keras.callbacks.SwapEMAWeights()
    validation = Batches(data.validation, 16)
    recorder.begin_fit()
    fitted = model.fit(
        Batches(data.train, 16, seed=0),
        validation_data=validation,
        epochs=4,
        callbacks=[recorder, average],
        verbose=0,
    )
    recorder.restore_best()
    values = fitted.history["val_loss"]
    assert session.best_value == min(values) == values[session.best_epoch - 1]
    assert model.evaluate(validation, verbose=0) == pytest.approx(session.best_value, rel=1e-5)


def test_a_pruner_may_end_a_trial_in_any_phase(run, phased, watcher):
    observer = watcher(prune_at=3)
    outcome = run(phased("epochs: 2", "epochs: 2", "epochs: 2"), observer=observer)
    assert isinstance(outcome, Pruned)
    assert len(observer.reports) == 3
    assert len(outcome.learned.history["loss"]) == 3


def test_a_trial_pauses_in_any_phase(run, phased, watcher):
    observer = watcher(pause_at=9)  # an epoch asks seven times
    assert isinstance(run(phased("epochs: 1", "epochs: 5"), observer=observer), Paused)
    assert len(observer.reports) == 1


def test_a_last_phase_that_diverges_leaves_the_best_epoch_before_it_with_a_remark(run, phased):
    outcome = run(phased("epochs: 1", "epochs: 5, learning_rate: 1e30, optimizer: sgd", model=SMOOTH))
    assert isinstance(outcome, Completed)
    assert "in epoch 2, with learning rate 1e+30 and sgd" in outcome.remark.message
    assert len(outcome.learned.history["loss"]) == 2
    assert outcome.learned.best_epoch == 1
    assert outcome.values == (outcome.learned.history["val_accuracy"][0],)


def test_a_first_phase_that_diverges_at_once_fails_with_the_learning_rate_of_the_phase(run, phased):
    outcome = run(phased("epochs: 1, learning_rate: 1e30, optimizer: sgd", "epochs: 1", model=SMOOTH))
    assert isinstance(outcome, Failed)
    assert "in epoch 1, with learning rate 1e+30 and sgd" in outcome.cause.message


def test_a_phase_that_freezes_more_than_there_is_fails_before_any_training(run, phased, watcher):
    observer = watcher()
    outcome = run(phased("epochs: 1", "epochs: 1, frozen_layers: 99"), observer=observer)
    assert isinstance(outcome, Failed)
    assert outcome.cause.kind == "impossible_architecture"
    assert "99" in outcome.cause.message
    assert observer.reports == observer.measures == []


def test_memory_is_that_of_the_phase_that_takes_the_most(phased, config_of, data):
    from hpo.training.network.model import build_model, symbolic_model

    def memory(*said: str) -> int:
        return symbolic_model(phased(*said), data.outline).cost.memory

    sgd, adam = "epochs: 1, optimizer: sgd", "epochs: 1, optimizer: adam"
    frozen, free = memory(f"{adam}, frozen_layers: all"), memory(adam)
    assert frozen < free
    assert memory(f"{adam}, frozen_layers: all", adam) == free
    assert memory(adam, f"{adam}, frozen_layers: all") == free
    assert memory(sgd) < memory(sgd, adam) == free
    built = build_model(phased(f"{adam}, frozen_layers: all", adam), data)
    assert built.cost.memory == free
    assert not any(layer.trainable for layer in built.family.base_layers(built.network)), "ready for its first phase"
