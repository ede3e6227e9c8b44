"""Paces of configs, foreseen from a few measurements, without an engine."""

from __future__ import annotations

import pytest

from hpo.checking.speed import Load, Pace, Speed
from hpo.data import Outline


def load(flops: float, batch_size: int) -> Load:
    return Load(3 * flops, flops, batch_size)


def measured(flops: float, batch_size: int) -> tuple[Load, Pace]:
    """On a machine that needs 10 us an image, 1 us for 1,000 operations, and 1 ms a step."""
    pace = Pace(
        images_per_second=1 / (10e-6 + 3e-9 * flops + 1e-3 / batch_size),
        evaluated_images_per_second=1 / (5e-6 + 1e-9 * flops + 0.5e-3 / batch_size),
        startup_s=2.0,
    )
    return load(flops, batch_size), pace


def test_paces_between_and_beyond_measurements_follow_them():
    speed = Speed([measured(1e4, 16), measured(1e4, 256), measured(1e6, 64), measured(1e7, 32)])
    for flops, batch_size in ((1e5, 32), (5e6, 128), (3e7, 64)):
        (_, expected), pace = measured(flops, batch_size), speed.of(load(flops, batch_size))
        assert pace.images_per_second == pytest.approx(expected.images_per_second, rel=0.01)
        assert pace.evaluated_images_per_second == pytest.approx(expected.evaluated_images_per_second, rel=0.01)
        assert pace.startup_s == pytest.approx(2.0, rel=0.01)


def test_one_measurement_is_enough_for_its_own_kind():
    (own, pace) = measured(1e6, 32)
    assert Speed([(own, pace)]).of(own).images_per_second == pytest.approx(pace.images_per_second)


def test_a_larger_network_is_never_foreseen_to_be_faster():
    noisy = [measured(1e6, 32), (load(2e6, 32), Pace(1e6, 1e6, 0.1))]
    speed = Speed(noisy)
    assert speed.of(load(2e8, 32)).images_per_second <= speed.of(load(2e6, 32)).images_per_second


def test_a_trial_takes_its_start_and_its_epochs_of_training_and_evaluation():
    outline = Outline((8, 8, 1), ("a", "b"), train_images=100, validation_images=30, is_here=False)
    pace = Pace(images_per_second=50, evaluated_images_per_second=10, startup_s=7)
    assert pace.trial_seconds(outline, epochs=4) == 7 + 4 * (100 / 50 + 30 / 10)
