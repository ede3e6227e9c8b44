"""Trials for which the memory does not suffice: computed in smaller parts, or ruled out."""

from __future__ import annotations

from pathlib import Path

import pytest

import hpo
from hpo.catalog import MODELS

pytestmark = pytest.mark.engine

FAMILY = '''
from typing import Literal

import keras

from hpo.models import ModelFamily


@keras.saving.register_keras_serializable("tests")
class Limited(keras.layers.Layer):
    """Takes no more images at once, as a GPU that is too small."""

    def __init__(self, images=1000, **options):
        super().__init__(**options)
        self.images = images

    def call(self, inputs):
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            def check(count):
                if count > self.images:
                    raise MemoryError(f"Unable to allocate {count}. MiB for an array")
                return count

            counted = tf.numpy_function(check, [tf.shape(inputs)[0]], tf.int32)
            with tf.control_dependencies([counted]):
                return tf.identity(inputs)
        return inputs

    def get_config(self):
        return {**super().get_config(), "images": self.images}


class LimitedFamily(ModelFamily):
    family: Literal["limited"] = "limited"
    images: int = 1000

    def build(self, shape, classes):
        inputs = keras.Input(shape)
        hidden = keras.layers.Flatten()(Limited(self.images)(inputs))
        return keras.Model(inputs, keras.layers.Dense(classes, "softmax")(hidden))
'''

SPACE = """\
study: limited
data: {dataset: digits, validation: 0.2}
model: {family: limited, images: {choice: [40, 5]}}
training: {epochs: 2, batch_size: 128, learning_rate: 0.01}
search: {trials: 2, sampler: grid, pruner: none}
"""


@pytest.fixture
def limited_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "limited_family.py").write_text(FAMILY)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(MODELS.built_in, "limited", "limited_family:LimitedFamily")
    (tmp_path / "limited.yaml").write_text(SPACE)
    return tmp_path / "limited.yaml"


def test_a_trial_goes_on_with_halved_batches_and_one_that_needs_more_is_ruled_out(
    limited_space, studies, thread_launcher
):
    study = hpo.run(limited_space, overrides=["on_oom.halve_batch=2"], studies=studies, launcher=thread_launcher)
    fitting, too_large = sorted(study.trials(), key=lambda trial: trial.params["images"], reverse=True)
    assert (fitting.state, fitting.attempts) == ("complete", 3)
    assert fitting.remark == "out_of_memory: its batches were computed in 4 parts"
    assert fitting.epochs == 2
    assert (too_large.state, too_large.attempts) == ("infeasible", 3)
    assert too_large.cause.startswith("out_of_memory: on the host, where")


def test_without_on_oom_a_config_is_ruled_out_at_once(limited_space, studies, thread_launcher):
    study = hpo.run(limited_space, studies=studies, launcher=thread_launcher)
    assert {(trial.state, trial.attempts, "remark" in trial) for trial in study.trials()} == {("infeasible", 1, False)}
