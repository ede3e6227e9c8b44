"""Learning rates, step by step."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hpo.spaces import Recipe

pytestmark = pytest.mark.engine

STEPS, EPOCHS = 4, 6


def rates(schedule: object, learning_rate: float = 0.8) -> list[float]:
    """The learning rate of each step of six epochs of four."""
    from hpo.training.network.optimizing.schedules import make_learning_rate

    recipe = Recipe.model_validate({"epochs": EPOCHS, "learning_rate": learning_rate, "schedule": schedule})
    made = make_learning_rate(recipe, STEPS)
    return [float(made if isinstance(made, float) else made(step)) for step in range(EPOCHS * STEPS)]


def test_constant_is_a_number_that_callbacks_may_change():
    assert rates("constant") == [0.8] * 24
    assert rates("reduce_on_plateau") == [0.8] * 24


def test_a_step_comes_after_every_so_many_epochs():
    np.testing.assert_allclose(rates({"step": {"every": 2, "factor": 0.5}}), [0.8] * 8 + [0.4] * 8 + [0.2] * 8)


def test_exponential_falls_a_little_after_every_step_and_by_its_share_in_an_epoch():
    values = rates({"exponential": {"decay": 0.5}})
    np.testing.assert_allclose(values[::STEPS], [0.8 / 2**epoch for epoch in range(EPOCHS)], rtol=1e-5)
    np.testing.assert_allclose(np.divide(values[1:], values[:-1]), 0.5**0.25, rtol=1e-5)


def test_cosine_falls_along_half_a_cosine_to_its_final_share():
    values = rates({"cosine": {"final_share": 0.25}})
    assert values[0] == pytest.approx(0.8)
    assert values[12] == pytest.approx((0.8 + 0.2) / 2)
    assert values[-1] == pytest.approx(0.2 + 0.3 * (1 + math.cos(math.pi * 23 / 24)), rel=1e-4)
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize(
    "schedule", [{"constant": {}}, {"step": {"every": 1}}, {"exponential": {}}, {"cosine": {"final_share": 0.1}}]
)
def test_a_warm_up_rises_evenly_to_the_learning_rate_and_the_schedule_follows(schedule: dict):
    ((name, options),) = schedule.items()
    values = rates({name: {**options, "warmup_epochs": 1.5}})
    np.testing.assert_allclose(values[:6], 0.8 * np.arange(1, 7) / 6, rtol=1e-6)
    assert values[6] == pytest.approx(0.8)
    if name == "cosine":  # it still ends with the last epoch
        assert values[-1] == pytest.approx(0.08, abs=0.01)
    else:
        np.testing.assert_allclose(values[6:], rates(schedule)[:-6], rtol=1e-6)


def test_a_warm_up_longer_than_training_only_rises():
    values = rates({"cosine": {"warmup_epochs": 10}})
    np.testing.assert_allclose(values, 0.8 * np.arange(1, 25) / 40, rtol=1e-6)


def test_one_cycle_is_that_of_pytorch():
    """As PyTorch 2.13 has it: `OneCycleLR(optimizer, 0.8, total_steps=24, pct_start=0.25, div_factor=10,
    final_div_factor=100)`."""
    values = rates({"one_cycle": {"warmup_share": 0.25, "start_divisor": 10, "final_divisor": 100}})
    expected = [0.08, 0.14875388, 0.32875388, 0.55124612, 0.73124612, 0.8, 0.79392918, 0.77590117, 0.74646375]
    expected += [0.70651136, 0.65725793, 0.6002, 0.53707125, 0.46978981, 0.4004, 0.33101019, 0.26372875, 0.2006]
    expected += [0.14354207, 0.09428864, 0.05433625, 0.02489883, 0.00687082, 0.0008]
    np.testing.assert_allclose(values, expected, rtol=1e-4)


@pytest.mark.parametrize(("schedule", "last"), [({"step": {"every": 1, "factor": 0.5}}, 0.25), ("one_cycle", 4e-6)])
def test_the_model_trains_with_the_learning_rate_of_the_schedule(config_of, run, data, schedule, last):
    import json

    from hpo.training.feeding.feeding import training_batches
    from hpo.training.network.compiling import compile_model
    from hpo.training.network.model import build_model

    config = config_of(f"epochs: 2, learning_rate: 1.0, schedule: {json.dumps(schedule)}")
    model = build_model(config, data).model
    compile_model(model, config.training, data.outline)
    model.fit(training_batches(data, config, 1), epochs=2, verbose=0)
    # after the last step, so one further
    assert float(model.optimizer.learning_rate) == pytest.approx(last, rel=0.01)


@pytest.mark.parametrize(
    ("schedule", "made_of"),
    [
        ({"one_cycle": {}}, {"first", "highest", "last", "steps", "rising_share"}),
        ({"cosine": {"warmup_epochs": 2}}, {"highest", "steps", "after"}),
    ],
)
def test_the_config_of_an_optimizer_says_what_a_schedule_of_ours_is_made_of(schedule, made_of):
    import keras

    from hpo.training.network.optimizing.schedules import make_learning_rate

    rate = make_learning_rate(Recipe.model_validate({"epochs": EPOCHS, "schedule": schedule}), STEPS)
    assert keras.optimizers.SGD(rate).get_config()["learning_rate"]["config"].keys() == made_of
