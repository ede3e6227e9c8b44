"""Averages of weights over the last epochs: what they are, and that training goes on without them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.engine

RECIPE = "epochs: 5, learning_rate: 0.1"


@dataclass
class Kept:
    """Keeps every checkpoint of a trial in memory."""

    checkpoints: list = field(default_factory=list)
    number: int = 1
    attempt: int = 1

    def save(self, checkpoint) -> None:
        self.checkpoints.append(checkpoint)

    def latest(self) -> None:
        return None


@pytest.fixture
def train(config_of, data, loss, watcher):
    """Trains with a recipe; the outcome, and the checkpoint of each epoch."""
    from hpo.training.trial.trial import run_trial

    def train_it(training: str):
        kept = Kept()
        return run_trial(config_of(training), data, (loss,), 1, watcher(), checkpoints=kept), kept.checkpoints

    return train_it


def group_of(checkpoint, name: str) -> list[np.ndarray]:
    """The floating-point arrays of a group of a checkpoint: of the model, its weights."""
    from hpo.training.trial.variables import group

    return [array for array in group(checkpoint.arrays, name).values() if array.dtype.kind == "f"]


def test_each_of_the_last_epochs_counts_as_the_mean_of_those_so_far(train, data, tmp_path: Path):
    import keras

    outcome, checkpoints = train(f"{RECIPE}, average_last_epochs: 3")
    plain, others = train(RECIPE)
    for checkpoint, other in zip(checkpoints, others, strict=True):
        for array, same in zip(group_of(checkpoint, "model"), group_of(other, "model"), strict=True):
            assert (array == same).all()  # training does not see averages
    averages = [group_of(checkpoint, "average") for checkpoint in checkpoints]
    assert averages[:2] == [[], []]
    for count in (1, 2, 3):
        weights = [group_of(checkpoint, "model") for checkpoint in checkpoints[2 : 2 + count]]
        for average, *arrays in zip(averages[1 + count], *weights, strict=True):
            np.testing.assert_allclose(average, np.mean(arrays, axis=0), rtol=1e-5, atol=1e-7)
    values, plain_values = (each.learned.history["val_loss"] for each in (outcome, plain))
    assert values[:3] == plain_values[:3]
    assert all(value != other for value, other in zip(values[3:], plain_values[3:], strict=True))
    outcome.save_model(tmp_path / "model.keras")
    probabilities = keras.models.load_model(tmp_path / "model.keras").predict(data.validation.images, verbose=0)
    of_class = probabilities[np.arange(30), data.validation.labels]
    assert -np.log(of_class).mean() == pytest.approx(min(values), rel=1e-4)


def test_a_weight_without_axes_is_averaged_and_kept_as_well(data, loss, watcher, tmp_path: Path, monkeypatch):
    from hpo.spaces import read_config
    from hpo.studies import StudyFiles
    from hpo.training.trial.trial import run_trial

    (tmp_path / "scaled_network.py").write_text(SCALED)
    monkeypatch.chdir(tmp_path)
    training = {"epochs": 5, "average_last_epochs": 3, "learning_rate": 0.1}
    model = {"family": "scaled_network.py:build"}
    config = read_config({"data": {"dataset": "digits"}, "model": model, "training": training})
    checkpoints = StudyFiles(tmp_path).checkpoints(1, 1)
    outcome = run_trial(config, data, (loss,), 1, watcher(), checkpoints=checkpoints)
    assert outcome.remark is None
    assert len(outcome.learned.history["val_loss"]) == 5
    averages = group_of(checkpoints.latest(), "average")
    assert () in [average.shape for average in averages]


SCALED = """\
import keras


@keras.saving.register_keras_serializable()
class Scale(keras.layers.Layer):
    def build(self, shape):
        self.scale = self.add_weight(shape=(), initializer="ones", name="scale")

    def call(self, inputs):
        return inputs * self.scale


def build(config, shape, classes):
    images = keras.Input(shape)
    features = keras.layers.GlobalAveragePooling2D()(Scale()(images))
    return keras.Model(images, keras.layers.Dense(classes, activation="softmax")(features))
"""


COUNTING = """\
import keras


class Down(keras.layers.Layer):
    def build(self, shape):
        begin = keras.initializers.Constant(200)
        self.left = self.add_weight(shape=(2,), dtype="uint8", initializer=begin, trainable=False)
        self.has_begun = self.add_weight(shape=(), dtype="bool", initializer="zeros", trainable=False)

    def call(self, images, training=False):
        if training:
            self.left.assign(self.left - keras.ops.cast(1, "uint8"))
            self.has_begun.assign(True)
        return images


def build(config, shape, classes):
    images = keras.Input(shape)
    return keras.Model(images, keras.layers.Dense(classes, "softmax")(keras.layers.Flatten()(Down()(images))))
"""


def test_whole_numbers_and_truth_values_are_those_of_the_last_epoch(config_of, data, loss, watcher, tmp_path: Path):
    from hpo.training.trial.trial import run_trial
    from hpo.training.trial.variables import group

    (tmp_path / "down.py").write_text(COUNTING)
    kept, config = Kept(), config_of("epochs: 3, average_last_epochs: 3", f"family: '{tmp_path}/down.py:build'")
    outcome = run_trial(config, data, (loss,), 1, watcher(), checkpoints=kept)
    assert outcome.remark is None
    averages = [list(group(checkpoint.arrays, "average").values()) for checkpoint in kept.checkpoints]
    counts = [next(array.tolist() for array in arrays if array.dtype == "uint8") for arrays in averages]
    assert counts == [[196, 196], [192, 192], [188, 188]]  # of four steps an epoch
    assert all(next(array for array in arrays if array.dtype == "bool") for arrays in averages)
