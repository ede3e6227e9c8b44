"""The state of a training, and of repeats in lockstep: what epochs do to it, and that histories alone bring it back."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hpo.spaces import Objective, Recipe
from hpo.studies import TrialLedger
from hpo.training.trial.repeat import RepeatSession
from hpo.training.trial.session import TrialSession, mean, repeat_seeds

ACCURACY = Objective(metric="val_accuracy", direction="maximize")
LOSS = Objective(metric="val_loss", direction="minimize")
STOPPING = {"early_stopping": {"patience": 2}}
PLATEAU = {"schedule": {"reduce_on_plateau": {"factor": 0.5, "patience": 1, "cooldown": 1, "min_learning_rate": 0.2}}}


def epoch(accuracy=0.5, loss=1.0, rate=None, training_loss=1.0):
    metrics = {"loss": training_loss, "val_loss": loss, "val_accuracy": accuracy}
    return metrics if rate is None else {**metrics, "learning_rate": rate}


def session_of(recipe, *epochs, objective=ACCURACY):
    session = RepeatSession(Recipe.model_validate(recipe), [objective, Objective(metric="parameters")])
    for metrics in epochs:
        session.record(metrics)
    return session


def test_a_session_begins_with_no_epoch_and_no_best_one():
    session = session_of({"epochs": 3})
    assert (session.epoch, session.phase, session.phase_epoch, session.best_epoch) == (0, 0, 0, 0)
    assert math.isnan(session.best_value)
    assert not session.is_over


@pytest.mark.parametrize(("objective", "best"), [(ACCURACY, 2), (LOSS, 3)], ids=["maximize", "minimize"])
def test_the_best_epoch_is_the_first_of_equals_in_the_objectives_direction(objective, best):
    session = session_of(
        {"epochs": 9}, epoch(0.5, 1), epoch(0.7, 1), epoch(0.7, 0.5), epoch(0.1, 9), objective=objective
    )
    assert session.best_epoch == best
    assert session.last_value == session.history[objective.metric][-1]


def test_a_session_is_over_after_its_last_epoch():
    session = session_of({"epochs": 2}, epoch())
    assert not session.is_over
    session.record(epoch())
    assert session.is_over


def test_early_stopping_ends_a_phase_and_begins_anew_in_the_next():
    recipe = {"phases": [{"epochs": 9, **STOPPING}, {"epochs": 4, **STOPPING}]}
    session = session_of(recipe, epoch(0.9), epoch(0.1), epoch(0.1))
    assert (session.phase, session.phase_epoch, session.max_epochs) == (1, 0, 7)
    for _ in range(2):
        session.record(epoch(0.1))
    assert (session.phase, session.phase_epoch) == (1, 2), "its first epoch is an improvement on none"
    session.record(epoch(0.1))
    assert session.is_over
    assert session.best_epoch == 1


def test_early_stopping_waits_for_more_than_min_delta():
    recipe = {"epochs": 9, "early_stopping": {"patience": 2, "min_delta": 0.1}}
    assert not session_of(recipe, epoch(0.5), epoch(0.55), epoch(0.65)).is_over
    assert session_of(recipe, epoch(0.5), epoch(0.55), epoch(0.58)).is_over


def test_a_plateau_lowers_the_learning_rate_to_its_floor_and_rests_in_between():
    session = session_of({"epochs": 9, **PLATEAU}, epoch(rate=1.0))
    rates = []
    for _ in range(5):
        session.record(epoch(rate=session.learning_rate or 1.0))
        rates.append(session.learning_rate)
    assert rates == [0.5, 0.25, 0.2, 0.2, 0.2]


def test_an_epoch_that_diverges_ends_the_training_and_does_not_count():
    session = session_of({"epochs": 9}, epoch(0.5), epoch(0.9, training_loss=math.nan))
    assert (session.is_over, session.diverged) == (True, "loss")
    assert (session.epoch, session.best_epoch, session.best_value, session.last_value) == (2, 1, 0.5, 0.5)


LIVES = {
    "epochs alone": ({"epochs": 9}, [epoch(0.2), epoch(0.4), epoch(0.3)]),
    "waiting to stop": ({"epochs": 9, "early_stopping": {"patience": 3}}, [epoch(0.9), epoch(0.1), epoch(0.2)]),
    "a lowered rate": ({"epochs": 9, **PLATEAU}, [epoch(rate=1.0), epoch(rate=1.0), epoch(rate=0.5)]),
    "a second phase": (
        {"phases": [{"epochs": 9, **STOPPING}, {"epochs": 4, **PLATEAU}]},
        [epoch(0.9, rate=1.0), *[epoch(0.1, rate=1.0)] * 2, *[epoch(0.2, rate=0.6)] * 2],
    ),
    "the end": ({"epochs": 1}, [epoch()]),
    "diverged": ({"epochs": 5}, [epoch(), epoch(loss=math.inf)]),
}


def state(value):
    """All that an object holds, compared by what it prints: NaN is NaN."""
    if isinstance(value, list):
        return [state(item) for item in value]
    return {name: state(item) for name, item in vars(value).items()} if hasattr(value, "__dict__") else repr(value)


@pytest.mark.parametrize(("recipe", "epochs"), LIVES.values(), ids=LIVES)
def test_a_history_brings_back_the_state_that_living_through_it_has_left(recipe, epochs):
    lived = session_of(recipe, *epochs)
    replayed = RepeatSession(Recipe.model_validate(recipe), [ACCURACY, Objective(metric="parameters")], lived.history)
    assert state(replayed) == state(lived)
    if not lived.is_over:
        for session in (lived, replayed):
            session.record(epoch(0.15, 2.0, rate=0.5 if "learning_rate" in epochs[0] else None))
        assert state(replayed) == state(lived)


def restore(recipe, attributes):
    """The session of a training of which the storage has these attributes."""
    history = TrialLedger(attributes).history
    return RepeatSession(Recipe.model_validate(recipe), [ACCURACY, Objective(metric="parameters")], history)


@pytest.mark.thorough
def test_what_the_storage_has_brings_the_state_back_in_another_process():
    lives = [life for name, life in LIVES.items() if name != "diverged"]  # which nobody goes on with
    sessions = [session_of(recipe, *epochs) for recipe, epochs in lives]
    stored = []
    for recipe, epochs in lives:
        attributes = {}
        ledger = TrialLedger({}, attributes.__setitem__)
        for number, metrics in enumerate(epochs, start=1):
            ledger.set_epoch(number, metrics, 1.5)
        stored.append([recipe, attributes])
    program = (
        "import json, sys; from test_training_session import restore, state; "
        "print(json.dumps([state(restore(*life)) for life in json.load(sys.stdin)]))"
    )
    folder = Path(__file__).parent
    child = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(stored),
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(child.stdout) == [state(session) for session in sessions]


@pytest.mark.engine
@pytest.mark.parametrize("seed", range(8))
def test_a_session_decides_as_the_callbacks_of_keras_do(seed):
    import keras

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    stopping = keras.callbacks.EarlyStopping("val_accuracy", mode="max", patience=4, min_delta=0.01)
    plateau = keras.callbacks.ReduceLROnPlateau(
        "val_loss", factor=0.7, patience=2, min_delta=0.02, cooldown=1, min_lr=0.1
    )
    schedule = {"factor": 0.7, "patience": 2, "min_delta": 0.02, "cooldown": 1, "min_learning_rate": 0.1}
    session = session_of(
        {
            "epochs": 99,
            "early_stopping": {"patience": 4, "min_delta": 0.01},
            "schedule": {"reduce_on_plateau": schedule},
        }
    )
    for callback in (stopping, plateau):
        callback.set_model(model)
        callback.on_train_begin()
    model.stop_training = False
    random = np.random.default_rng(seed)
    for number in range(40):  # values of few digits, so that ties occur
        accuracy, loss = (float(np.float32(value)) for value in random.integers(1, 60, 2) / 50)
        rate = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
        logs = epoch(accuracy, loss)
        for callback in (stopping, plateau):
            callback.on_epoch_end(number, logs)
        session.record(epoch(accuracy, loss, rate))
        assert session.is_over == model.stop_training
        if session.is_over:
            break
        lowered = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
        assert np.float32(session.learning_rate or 1.0) == np.float32(lowered)
    assert session.is_over, "a series that never stops early says little"


def live(recipe: dict[str, object], *accuracies: float) -> TrialSession:
    """Record an epoch of whichever repeat has its turn for each accuracy."""
    session = TrialSession(Recipe.model_validate(recipe), [ACCURACY])
    for accuracy in accuracies:
        session.record(epoch(accuracy))
    return session


def test_repeats_take_turns_and_an_epoch_of_the_trial_has_their_means():
    session = live({"epochs": 3, "repeats": 2}, 0.2, 0.4, 0.5)
    assert (session.turn, session.epoch, session.turns_done) == (1, 1, 1)
    assert session.record(epoch(0.7)), "it ends the second epoch"
    assert session.history["val_accuracy"] == [pytest.approx(0.3), pytest.approx(0.6)]
    assert session.reported_repeats == (epoch(0.5), epoch(0.7))


def test_the_value_is_the_mean_of_what_each_repeat_has_at_its_own_best_epoch():
    session = live({"epochs": 2, "repeats": 2}, 0.9, 0.1, 0.2, 0.5)
    assert [repeat.best_epoch for repeat in session.repeats] == [1, 2]
    assert session.best_value == pytest.approx(0.7)
    assert session.best_epoch == 1, "the one with the best mean"
    assert session.best_repeat == 0
    assert session.is_over


IMPATIENT = {"early_stopping": {"patience": 1}}


def test_a_repeat_that_stops_early_counts_with_its_last_epoch_while_others_go_on():
    session = live({"epochs": 4, "repeats": 2, **IMPATIENT}, 0.9, 0.1, 0.8, 0.2)
    assert [session.takes_part(0), session.takes_part(1)] == [False, True]
    assert session.turn == 1
    session.record(epoch(0.4))
    assert session.history["val_accuracy"][-1] == pytest.approx(0.6)
    assert session.reported_repeats == (None, epoch(0.4))
    session.record(epoch(0.3))
    assert session.is_over
    assert session.epoch == session.max_epochs == 4


def test_repeats_begin_a_phase_together():
    session = live({"repeats": 2, "phases": [{"epochs": 3, **IMPATIENT}, {"epochs": 1}]}, 0.9, 0.1, 0.8, 0.2)
    assert (session.phase, [repeat.phase for repeat in session.repeats]) == (0, [1, 0])
    session.record(epoch(0.1))
    assert (session.phase, session.turn, session.max_epochs) == (1, 0, 4)


def test_a_repeat_that_diverges_ends_the_trial():
    session = live({"epochs": 4, "repeats": 3}, 0.5, 0.6, 0.7, 0.8)
    assert session.record({**epoch(0.9), "loss": math.nan})
    assert (session.is_over, session.diverged) == (True, "loss")
    assert math.isnan(session.history["loss"][-1])
    assert (session.best_epoch, session.best_value) == (1, pytest.approx((0.8 + 0.6 + 0.7) / 3))


@pytest.mark.parametrize("epochs", range(10))
def test_the_histories_bring_back_the_state_that_living_through_them_has_left(epochs: int):
    recipe = {"repeats": 3, "phases": [{"epochs": 3, **IMPATIENT}, {"epochs": 2}]}
    lived = live(recipe, *[0.5, 0.1, 0.1, 0.4, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7][:epochs])
    replayed = TrialSession(
        Recipe.model_validate(recipe), [ACCURACY], [repeat.history for repeat in lived.repeats], lived.seconds
    )
    assert state(replayed) == state(lived)


def test_a_mean_of_one_is_that_one_and_of_what_is_not_finite_nan():
    assert mean([0.1]) == 0.1
    assert mean([math.inf]) == math.inf
    assert math.isnan(mean([1.0, math.inf]))


def test_the_first_repeat_has_the_seed_of_the_trial_and_the_others_do_not_depend_on_how_many_there_are():
    assert repeat_seeds(7, 1) == [7]
    assert repeat_seeds(7, 5)[:3] == repeat_seeds(7, 3)
    assert len(set(repeat_seeds(7, 100))) == 100
