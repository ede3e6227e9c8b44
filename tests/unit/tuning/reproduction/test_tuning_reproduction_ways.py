"""A trial trained again that was trained in another way: on kept features, on a fold, on batches in parts."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import hpo
from hpo.catalog import MODELS
from hpo.data.pixels.cache import Cache
from hpo.tuning.reproduction import reproducing, retraining

pytestmark = pytest.mark.engine

FROZEN = """\
study: frozen
data: {dataset: digits, validation: 0.2}
model: {family: simple_cnn, depth: 2, filters: 4, head_pooling: average, dense_units: 4, frozen_layers: all}
training: {epochs: 2, batch_size: 256, learning_rate: 0.01}
search: {trials: 1, sampler: random, pruner: none}
"""
FAMILY = '''
from typing import Literal

import keras

from hpo.models import ModelFamily


@keras.saving.register_keras_serializable("tests")
class FewAtOnce(keras.layers.Layer):
    """Takes no more images at once, as a GPU that is too small."""

    def call(self, inputs):
        import tensorflow as tf

        def check(count):
            if count > 300:
                raise MemoryError(f"Unable to allocate {count}. MiB for an array")
            return count

        with tf.control_dependencies([tf.numpy_function(check, [tf.shape(inputs)[0]], tf.int32)]):
            return tf.identity(inputs)


class FewFamily(ModelFamily):
    family: Literal["few_at_once"] = "few_at_once"

    def build(self, shape, classes):
        inputs = keras.Input(shape)
        hidden = keras.layers.Dropout(0.2)(keras.layers.Flatten()(FewAtOnce()(inputs)))
        return keras.Model(inputs, keras.layers.Dense(classes, "softmax")(hidden))
'''
LIMITED = """\
study: limited
data: {dataset: digits, validation: 0.2}
model: {family: few_at_once}
training: {epochs: 2, batch_size: 512, learning_rate: 0.01}
search: {trials: 1, sampler: random, pruner: none}
on_oom: {halve_batch: 2}
"""


@pytest.fixture(autouse=True)
def _engine_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is trained again is trained in this process, which has an engine."""

    def ask(function: str, request: object, *, listen: Any, **_: object) -> Any:
        return json.loads(json.dumps(retraining.retrain(json.loads(json.dumps(request)), listen)))

    monkeypatch.setattr(reproducing, "ask", ask)


def run(folder: Path, space: str, launcher: str) -> hpo.Study:
    (folder / "space.yaml").write_text(space)
    return hpo.run(folder / "space.yaml", studies=folder, launcher=launcher, quiet=True)


def test_a_trial_on_a_fold_and_on_kept_features_is_equal_to_the_last_bit_and_so_is_its_model(
    tmp_path, thread_launcher, monkeypatch
):
    from hpo.training.features import store

    monkeypatch.setenv("HPO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(store, "FeatureStore", partial(store.FeatureStore, least_operations=0))
    run(tmp_path, FROZEN, thread_launcher)
    study = hpo.confirm("frozen", top=1, folds=2, studies=tmp_path, launcher=thread_launcher, quiet=True)
    assert len(list(Cache(content="features").root.glob("features/*.npy"))) == 3, "of the own split, and of each fold"
    (number,) = set(study.folder.models.numbers()) - {0}
    result = study.reproduce(number)
    assert (result.is_equal, result.model, result.notes, result.ended) == (True, "equal", (), None), result.in_words()


def test_a_trial_whose_batches_were_computed_in_parts_is_equal_to_the_last_bit_and_so_is_its_model(
    tmp_path, thread_launcher, monkeypatch
):
    (tmp_path / "few_family.py").write_text(FAMILY)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(MODELS.built_in, "few_at_once", "few_family:FewFamily")
    study = run(tmp_path, LIMITED, thread_launcher)
    assert study.best.remark == "out_of_memory: its batches were computed in 2 parts"
    result = study.reproduce(0)
    assert (result.is_equal, result.model, result.notes, result.ended) == (True, "equal", (), None)
