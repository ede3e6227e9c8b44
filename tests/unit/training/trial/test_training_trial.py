"""One trial: every way in which it can end, what it tells on the way, and that seeds decide everything."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from hpo.catalog import MODELS
from hpo.errors import WeightsError
from hpo.models import ModelFamily, Shape
from hpo.training import Completed, Failed, Paused, Pruned

pytestmark = pytest.mark.engine

BATCHES = 4
"""Training batches of an epoch: 64 images by 16."""
ASKED = BATCHES + 2 + 1
"""How often an epoch asks whether to pause: before each batch of both parts, and at its end."""
SMOOTH = "batch_normalization: false, head_pooling: average"
"""A network whose loss changes little by little."""


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch):
    """Registers a family of the test under the name `broken`, as another package would."""

    def register_family(family: type[ModelFamily]) -> None:
        monkeypatch.setitem(globals(), "registered_family", family)
        monkeypatch.setitem(MODELS.built_in, "broken", f"{__name__}:registered_family")

    return register_family


# To the end


def test_a_trial_that_runs_to_its_end_is_completed_with_its_history(run, config_of, watcher):
    observer = watcher()
    outcome = run(config_of("epochs: 3"), observer=observer)
    assert isinstance(outcome, Completed)
    learned = outcome.learned
    assert set(learned.history) == {"accuracy", "loss", "val_accuracy", "val_loss"}
    assert all(len(values) == 3 for values in learned.history.values())
    assert all(type(value) is float for values in learned.history.values() for value in values)
    assert [report.value for report in observer.reports] == learned.history["val_accuracy"]
    for name, values in learned.history.items():
        assert [report.metrics[name] for report in observer.reports] == values
    assert all(report.seconds > 0 for report in observer.reports)
    assert [(report.epoch, report.epochs) for report in observer.reports] == [(1, 3), (2, 3), (3, 3)]
    assert learned.last_value == learned.history["val_accuracy"][-1]
    assert learned.images_per_second > 0


@pytest.mark.parametrize("metric", ["val_accuracy", "val_loss"])
def test_the_best_epoch_is_the_first_with_the_best_value_whichever_way_is_better(run, config_of, request, metric: str):
    objective = request.getfixturevalue(metric.removeprefix("val_"))
    # A learning rate at which values go up and down.
    learned = run(config_of("epochs: 6, learning_rate: 0.5"), objective=objective).learned
    values = learned.history[metric]
    assert learned.best_value == (max if metric == "val_accuracy" else min)(values)
    assert learned.best_epoch == values.index(learned.best_value) + 1
    assert learned.last_value == values[-1]


def test_the_saved_model_has_the_weights_of_the_best_epoch(run, config_of, data, loss, tmp_path: Path):
    import keras

    from hpo.data.layers.batches import Batches

    outcome = run(config_of("epochs: 5, learning_rate: 0.3, optimizer: adam"), objective=loss)
    learned = outcome.learned
    assert learned.best_epoch < 5, "the last epoch must not be the best for this test to say anything"
    outcome.save_model(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    metrics = model.evaluate(Batches(data.validation, 16), return_dict=True, verbose=0)
    assert metrics["loss"] == pytest.approx(learned.best_value, rel=1e-5)
    assert metrics["accuracy"] == pytest.approx(learned.history["val_accuracy"][learned.best_epoch - 1])


def test_a_model_can_be_saved_after_the_next_trial_has_run(run, config_of, data, tmp_path: Path):
    import keras

    first = run(config_of("epochs: 1"), pool=None)
    run(config_of("epochs: 1"), seed=2)
    first.save_model(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    right = np.argmax(model.predict(data.validation.images, verbose=0), axis=1) == data.validation.labels
    assert right.mean() == pytest.approx(first.learned.last_value)


def test_early_stopping_completes_a_trial_that_no_longer_improves(run, config_of):
    outcome = run(config_of("epochs: 50, learning_rate: 1e-12, early_stopping: {patience: 2}", SMOOTH))
    assert isinstance(outcome, Completed)
    assert len(outcome.learned.history["loss"]) == 3
    assert outcome.learned.best_epoch == 1


def test_reduce_on_plateau_lowers_the_learning_rate(run, config_of):
    schedule = "schedule: {reduce_on_plateau: {factor: 0.5, patience: 1, min_delta: 10.0, min_learning_rate: 2e-3}}"
    learned = run(config_of(f"epochs: 5, {schedule}")).learned
    rates = learned.history["learning_rate"]
    assert rates == pytest.approx([0.01, 0.01, 0.005, 0.0025, 0.002], rel=1e-5)


def test_the_learning_rate_is_constant_without_a_schedule(run, config_of):
    assert "learning_rate" not in run(config_of("schedule: constant")).learned.history


@pytest.mark.parametrize("optimizer", ["adam: ", "rmsprop: ", "sgd: {momentum: 0.9, nesterov: true}"])
def test_every_optimizer_lowers_the_loss(run, config_of, optimizer: str):
    losses = run(config_of(f"epochs: 4, optimizer: {{{optimizer}}}")).learned.history["loss"]
    assert losses[-1] < 0.9 * losses[0]


# Pruned and paused


def test_a_pruned_trial_stops_after_the_epoch_of_the_verdict(run, config_of, watcher):
    observer = watcher(prune_at=2)
    outcome = run(config_of("epochs: 6"), observer=observer)
    assert isinstance(outcome, Pruned)
    assert len(observer.reports) == 2
    assert all(len(values) == 2 for values in outcome.learned.history.values())
    assert outcome.learned.last_value == observer.reports[-1].value


def test_a_trial_that_reached_its_last_epoch_is_complete_whatever_the_pruner_says(run, config_of, watcher):
    outcome = run(config_of("epochs: 2"), observer=watcher(prune_at=2))
    assert isinstance(outcome, Completed)


@pytest.mark.parametrize(
    ("question", "reported", "asked"),
    [(1, 0, 1), (3, 0, 3), (BATCHES + 1, 1, ASKED), (ASKED, 1, ASKED), (ASKED + 2, 1, ASKED + 2)],
    ids=["first step", "training", "validation", "end of an epoch", "second epoch"],
)
def test_a_trial_pauses_before_a_step_and_in_validation_at_the_end_of_the_epoch(
    run, config_of, watcher, *, question: int, reported: int, asked: int
):
    observer = watcher(pause_at=question)
    assert isinstance(run(config_of("epochs: 6"), observer=observer), Paused)
    assert len(observer.reports) == reported
    assert observer.asked == asked


def test_a_trial_is_asked_to_pause_before_every_batch_and_after_every_epoch_that_is_not_the_last(
    run, config_of, watcher
):
    observer = watcher()
    run(config_of("epochs: 2"), observer=observer)
    assert observer.asked == 2 * ASKED - 1


def test_a_trial_that_is_asked_to_pause_in_its_last_validation_is_complete(run, config_of, watcher):
    assert isinstance(run(config_of("epochs: 1"), observer=watcher(pause_at=BATCHES + 1)), Completed)


def test_a_paused_trial_that_begins_anew_gives_what_it_would_have_given(run, config_of, watcher):
    uninterrupted = run(config_of())
    run(config_of(), observer=watcher(pause_at=6))
    assert run(config_of()).learned.history == uninterrupted.learned.history


# Failed


def test_a_loss_that_is_no_number_fails_the_trial_with_learning_rate_and_optimizer(run, config_of, watcher):
    observer = watcher()
    outcome = run(config_of("epochs: 5, learning_rate: 1e30, optimizer: sgd", SMOOTH), observer=observer)
    assert isinstance(outcome, Failed)
    assert outcome.cause.kind == "nan_loss"
    assert "in epoch 1, with learning rate 1e+30 and sgd" in outcome.cause.message
    assert len(outcome.history["loss"]) == 1
    assert observer.reports == []


def test_an_impossible_architecture_fails_the_trial(run, config_of):
    outcome = run(config_of(model="depth: 4"))
    assert isinstance(outcome, Failed)
    assert outcome.cause.kind == "impossible_architecture"
    assert "4 poolings of 2 x 2 need images of 16 pixels or more" in outcome.cause.message


def test_a_network_that_keras_refuses_is_an_impossible_architecture(run, config_of, register):
    class TooDeep(ModelFamily):
        family: Literal["broken"] = "broken"

        def build(self, shape: Shape, classes: int):
            import keras

            return keras.Sequential([keras.Input(shape), keras.layers.Conv2D(1, 9)])

    register(TooDeep)
    outcome = run(config_of_broken())
    assert isinstance(outcome, Failed)
    assert outcome.cause.kind == "impossible_architecture"


def test_a_trial_without_enough_memory_fails_and_the_next_one_runs(run, config_of, data):
    # 16 features by 10^13 units: 640 TB, more than an address space holds.
    outcome = run(config_of(model="filters: 1, dense_units: 10_000_000_000_000"))
    assert isinstance(outcome, Failed)
    assert outcome.cause.kind == "out_of_memory"
    assert isinstance(run(config_of()), Completed)


def test_memory_that_runs_out_in_training_fails_the_trial(run, register):
    class Greedy(ModelFamily):
        family: Literal["broken"] = "broken"

        def build(self, shape: Shape, classes: int):
            import keras
            from keras import layers

            images = keras.Input(shape)
            enormous = layers.UpSampling2D(300_000)(images)  # 16 images of 8 x 8 become 370 TB
            return keras.Model(images, layers.Dense(classes, "softmax")(layers.GlobalMaxPooling2D()(enormous)))

    register(Greedy)
    outcome = run(config_of_broken())
    assert isinstance(outcome, Failed)
    assert outcome.cause.kind == "out_of_memory"


def test_an_unexpected_exception_in_a_builder_fails_the_trial_with_type_and_message(run, register, capfd):
    class Wrong(ModelFamily):
        family: Literal["broken"] = "broken"

        def build(self, shape: Shape, classes: int):
            return {}["filters of the last block"]

    register(Wrong)
    outcome = run(config_of_broken())
    assert isinstance(outcome, Failed)
    assert outcome.cause.kind == "error"
    assert outcome.cause.message == "KeyError: 'filters of the last block'"
    assert "Traceback" in capfd.readouterr().err, "the worker's log has the traceback"


@pytest.mark.parametrize(("limits_cost", "times"), [(False, 1), (True, 2)], ids=["free", "limited"])
def test_a_network_is_built_once_unless_its_cost_may_rule_it_out(run, watcher, register, limits_cost: bool, times: int):
    sizes: list[int] = []

    class Counted(ModelFamily):
        family: Literal["broken"] = "broken"

        def build(self, shape: Shape, classes: int):
            import keras

            network = keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(classes)])
            sizes.append(network.count_params())
            return network

    register(Counted)
    observer = watcher(limits_cost=limits_cost)
    assert isinstance(run(config_of_broken(), observer=observer), Completed)
    assert len(sizes) == times
    assert [measures["parameters"] for measures in observer.measures] == sizes[:1]


@pytest.mark.parametrize("error", [ValueError("a report"), KeyError("Record does not exist."), MemoryError()])
@pytest.mark.parametrize("asked", ["accepts", "report", "must_pause"])
def test_an_error_of_the_observer_leaves_the_training_as_it_is_and_is_no_failure(run, config_of, watcher, asked, error):
    observer = watcher()

    def fail(*told):
        raise error

    setattr(observer, asked, fail)
    with pytest.raises(type(error)) as caught:
        run(config_of("epochs: 1"), observer=observer)
    assert caught.value is error


def test_weights_that_cannot_be_had_end_the_study_and_not_the_trial(run, config_of, register):
    class Unweighted(ModelFamily):
        family: Literal["broken"] = "broken"

        def build(self, shape: Shape, classes: int):
            raise WeightsError("no weights")

    register(Unweighted)
    with pytest.raises(WeightsError, match="no weights"):
        run(config_of_broken())


def config_of_broken():
    """A config of the family that a test registered."""
    from hpo.spaces import read_config

    return read_config({"data": {"dataset": "digits"}, "model": {"family": "broken"}, "training": {"epochs": 1}})


# Seeds


DRAWS = "augmentation: {flip: horizontal, shift: 0.1, rotation: 10}"


def test_the_same_config_and_seed_give_the_same_values(run, config_of):
    config = config_of("epochs: 2", "dropout: 0.3, block_dropout: 0.2", DRAWS)
    first, second = run(config, seed=7, pool=None), run(config, seed=7, pool=None)
    assert first.learned.history == second.learned.history


def test_what_ran_before_does_not_matter(run, config_of):
    config = config_of("epochs: 2", "dropout: 0.3", DRAWS)
    first = run(config, seed=7)
    run(config_of("epochs: 1, optimizer: sgd", "depth: 2"), seed=8)
    assert run(config, seed=7).learned.history == first.learned.history


def test_another_seed_gives_other_values(run, config_of):
    assert run(config_of(), seed=1).learned.history != run(config_of(), seed=2).learned.history
