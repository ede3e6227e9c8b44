"""How fast configs train: what is measured, and what is left behind."""

from __future__ import annotations

import math
from dataclasses import astuple
from typing import Literal

import pytest

from hpo.catalog import MODELS
from hpo.data import Outline
from hpo.errors import WeightsError
from hpo.models import ImpossibleArchitectureError
from hpo.models.families.cnn import SimpleCnn
from hpo.spaces import Config, read_config

pytestmark = pytest.mark.engine

OUTLINE = Outline(
    shape=(8, 8, 1), class_names=tuple("0123456789"), train_images=100, validation_images=30, is_here=False
)


class Unavailable(SimpleCnn):
    """A family whose pre-trained weights cannot be had."""

    family: Literal["unavailable"] = "unavailable"

    def build(self, shape, classes):
        raise WeightsError("no network")

    def untrained(self, shape, classes):
        return super().untrained(shape, classes)


def config_of(batch_size: int = 16, depth: int = 1) -> Config:
    model = {"family": "simple_cnn", "depth": depth, "filters": 2, "dense_units": 4}
    return read_config({"data": {"dataset": "digits"}, "model": model, "training": {"batch_size": batch_size}})


@pytest.mark.parametrize("batch_size", [16, 30, 1000], ids="batches of {}".format)
def test_a_pace_has_the_speeds_of_training_and_evaluation_and_the_time_until_then(batch_size: int):
    from hpo.checking.timing import measure_pace

    pace = measure_pace(config_of(batch_size), OUTLINE, seconds=0.3)
    assert all(math.isfinite(figure) and figure > 0 for figure in astuple(pace))


def test_without_time_two_steps_are_measured_all_the_same(monkeypatch: pytest.MonkeyPatch):
    from hpo.checking import timing

    parts: list[int] = []

    def watch(batches):
        def make(data, config, **options):
            parts.append(len(data.train))
            return batches(data, config, **options)

        return make

    for name in ("training_batches", "evaluation_batches"):
        monkeypatch.setattr(timing, name, watch(getattr(timing, name)))
    assert timing.measure_pace(config_of(), OUTLINE, seconds=0.0).images_per_second > 0
    # A full batch and the last one of an epoch (100 = 6 x 16 + 4, 30 = 16 + 14) to get under way; then two full ones.
    assert parts == [16 + 4, 16 + 14, 2 * 16, 2 * 16]


def test_pre_trained_weights_are_not_needed(monkeypatch: pytest.MonkeyPatch):
    from hpo.checking.timing import measure_pace

    monkeypatch.setitem(MODELS.built_in, "unavailable", f"{__name__}:Unavailable")
    model = {"family": "unavailable", "depth": 1, "filters": 2}
    config = read_config({"data": {"dataset": "digits"}, "model": model, "training": {}})
    assert measure_pace(config, OUTLINE, seconds=0.0).images_per_second > 0


def test_a_network_that_cannot_be_built_has_no_pace():
    from hpo.checking.timing import measure_pace

    with pytest.raises(ImpossibleArchitectureError):
        measure_pace(config_of(depth=4), OUTLINE)


def test_measuring_leaves_nothing_behind_in_the_engine():
    from tensorflow.python.framework import ops

    from hpo.checking.timing import measure_pace

    before = set(ops.gradient_registry.list())
    measure_pace(config_of(), OUTLINE, seconds=0.0)
    assert set(ops.gradient_registry.list()) == before
