"""The score of a saved model."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from upath import UPath

pytestmark = pytest.mark.engine


def score_model(path, part, classes, *, batch_size, top_k):
    """The score of a model that was kept."""
    from hpo.training.measuring.saved_model import predict_with
    from hpo.training.measuring.score import score_of

    return score_of(part.labels, predict_with(path, part, classes, batch_size), classes, top_k)


@pytest.fixture
def outcome(config_of, data, accuracy, watcher):
    from hpo.training.trial.trial import run_trial

    return run_trial(config_of(data="augmentation: {shift: 0.3}"), data, (accuracy,), 1, watcher())


def test_the_score_of_a_saved_model_is_its_accuracy_and_cross_entropy(outcome, data, tmp_path: Path):
    import keras

    outcome.save_model(tmp_path / "model.keras")
    score = score_model(UPath(tmp_path / "model.keras"), data.validation, data.classes, batch_size=64, top_k=5)
    assert score.accuracy == pytest.approx(outcome.learned.best_value)
    probabilities = keras.models.load_model(tmp_path / "model.keras").predict(data.validation.images, verbose=0)
    chosen = probabilities[np.arange(len(data.validation)), data.validation.labels]
    assert score.loss == pytest.approx(-np.log(chosen).mean(), rel=1e-4)


def test_a_model_that_was_kept_before_models_resized_is_scored(config_of, data, tmp_path: Path):
    from hpo.training.network.model import build_model
    from hpo.training.trial.saving import save_model

    model = build_model(config_of(), data).model
    model.save(tmp_path / "before.keras")
    save_model(model, tmp_path / "now.keras")
    before, now = (
        score_model(UPath(tmp_path / name), data.validation, data.classes, batch_size=64, top_k=5)
        for name in ("before.keras", "now.keras")
    )
    assert before == now


def test_a_model_is_scored_wherever_it_is_stored(outcome, data, tmp_path: Path):
    outcome.save_model(tmp_path / "model.keras")
    remote = UPath("memory://studies/one/model.keras")
    remote.parent.mkdir(parents=True, exist_ok=True)
    remote.write_bytes((tmp_path / "model.keras").read_bytes())
    options = {"classes": data.classes, "batch_size": 64, "top_k": 5}
    local = UPath(tmp_path / "model.keras")
    assert score_model(remote, data.train, **options) == score_model(local, data.train, **options)


LABELS = np.array([0, 0, 0, 1, 1, 2], np.int32)
OF_A = [[0.8, 0.1, 0.1, 0], [0.5, 0.2, 0.3, 0], [0.1, 0.6, 0.3, 0]]
OF_B_AND_C = [[0.1, 0.9, 0, 0], [0, 0.5, 0, 0.5], [0.5, 0.4, 0.1, 0]]
PROBABILITIES = np.array([*OF_A, *OF_B_AND_C], np.float32)


def test_figures_are_those_of_scikit_learn():
    from sklearn import metrics

    from hpo.training.measuring.score import score_of

    score = score_of(LABELS, PROBABILITIES, ("a", "b", "c", "d"), top_k=2)
    predicted = PROBABILITIES.argmax(axis=1)
    assert score.accuracy == metrics.accuracy_score(LABELS, predicted)
    assert score.macro_f1 == metrics.f1_score(LABELS, predicted, average="macro", zero_division=0)
    assert score.macro_recall == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert score.loss == pytest.approx(-np.log([0.8, 0.5, 0.1, 0.9, 0.5, 0.1]).mean())
    assert score.top_k_accuracy == 4 / 6
    report = metrics.classification_report(
        LABELS, predicted, labels=range(4), target_names=list("abcd"), output_dict=True, zero_division=0
    )
    for of_class in score.classes:
        figures = (of_class.precision, of_class.recall, of_class.f1, of_class.images)
        assert figures == pytest.approx(tuple(report[of_class.name].values()), abs=1e-4)
    assert [of_class.predicted for of_class in score.classes] == [3, 3, 0, 0]


def test_among_few_classes_the_most_likely_ones_say_nothing():
    from hpo.training.measuring.score import score_of

    score = score_of(LABELS, PROBABILITIES, ("a", "b", "c", "d"), top_k=4)
    assert score.top_k_accuracy is None
    assert "top_k_accuracy" not in score.to_json()


def test_a_saved_model_needs_nothing_but_keras(config_of, data, run, tmp_path: Path):
    import subprocess
    import sys

    recipes = (
        "optimizer: muon, metrics: [macro_f1], schedule: one_cycle",
        "precision: mixed_float16, ema: {momentum: 0.5}, loss: focal",
    )
    outcomes = [run(config_of(f"epochs: 1, {recipe}"), pool=None) for recipe in recipes]
    for number, outcome in enumerate(outcomes):
        outcome.save_model(tmp_path / f"model{number}.keras")
    np.save(tmp_path / "images.npy", data.validation.images)
    program = """\
import sys, keras, numpy as np
for path in sys.argv[1:]:
    model = keras.models.load_model(path)
    assert not model.compiled
    assert model.input.dtype == "uint8"
    probabilities = model.predict(np.load("images.npy"), verbose=0)
    assert probabilities.dtype == np.float32
    np.save(path.replace("keras", "npy"), probabilities)
assert "hpo" not in sys.modules
"""
    paths = [f"model{number}.keras" for number in range(len(recipes))]
    subprocess.run([sys.executable, "-c", program, *paths], cwd=tmp_path, check=True, capture_output=True)
    for number, outcome in enumerate(outcomes):
        probabilities = np.load(tmp_path / f"model{number}.npy")
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-3)
        right = (probabilities.argmax(axis=1) == data.validation.labels).mean()
        assert right == pytest.approx(outcome.learned.best_value), recipes[number]


def test_what_lies_beside_a_model_tells_how_each_class_was_told_at_its_best_epoch(config_of, data, run, tmp_path):
    import json
    import zipfile

    outcome = run(config_of("epochs: 4, learning_rate: 0.5, metrics: [macro_recall, macro_f1]"))
    outcome.save_model(tmp_path / "model.keras")
    described = json.loads((tmp_path / "model.json").read_text())
    assert described == json.loads(zipfile.ZipFile(tmp_path / "model.keras").read("hpo.json")), "one source for both"
    classes = described["validation"]["classes"]
    assert [score["name"] for score in classes] == described["classes"] == list(data.classes)
    assert sum(score["images"] for score in classes) == sum(score["predicted"] for score in classes) == 30
    for name in ("recall", "f1"):
        at_best = outcome.learned.history[f"val_macro_{name}"][outcome.learned.best_epoch - 1]
        assert described["metrics"][f"val_macro_{name}"] == at_best
        assert np.mean([score[name] for score in classes]) == pytest.approx(at_best, abs=1e-4)
    assert described["metrics"]["epoch"] == outcome.learned.best_epoch
    assert described["metrics"]["parameters"] == outcome.learned.measures["parameters"]


def test_the_predictions_beside_a_model_are_those_of_the_model_and_need_no_pickle(outcome, data, tmp_path):
    from hpo.training.measuring.saved_model import predict_with

    outcome.save_model(tmp_path / "model.keras")
    with np.load(tmp_path / "model.validation.npz", allow_pickle=False) as stored:
        probabilities, labels = stored["probabilities"], stored["labels"]
    again = predict_with(tmp_path / "model.keras", data.validation, data.classes, 16)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, again, rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(labels, data.validation.labels)


def test_predictions_name_the_images_where_these_have_names(data, tmp_path):
    from hpo.data import Part
    from hpo.data.pixels.images import identify
    from hpo.training.trial.sidecar import write_predictions

    names = [f"validation {row}" for row in range(30)]
    part = Part(data.validation.images, data.validation.labels, identities=identify(names, data.validation.images))
    write_predictions(tmp_path / "model.keras", "test", part, np.full((30, 2), 0.5, np.float32))
    with np.load(tmp_path / "model.test.npz", allow_pickle=False) as stored:
        assert stored["images"].tolist() == names


def lambda_model(path, images):
    import keras

    inputs = keras.Input(images.shape[1:])
    outputs = keras.layers.Dense(10)(keras.layers.Flatten()(keras.layers.Lambda(lambda x: x * 2)(inputs)))
    keras.Model(inputs, outputs).save(path)


def foreign_model(path, images):
    import keras

    keras.Sequential([keras.Input((3,)), keras.layers.Dense(7)]).save(path)


def model_of_other_images(path, images):
    import keras

    keras.Sequential([keras.Input((3, 3, 1)), keras.layers.Flatten(), keras.layers.Dense(2)]).save(path)


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        (lambda path, images: path.write_bytes(b"no zip"), "it cannot be loaded: it is no .keras file"),
        (lambda path, images: path.mkdir(), "it cannot be read: Is a directory"),
        (lambda path, images: os.mkfifo(path), "it cannot be read: it is no file"),
        (lambda_model, "it cannot be loaded: it brings code of its own"),
        (foreign_model, "it does not predict 2 classes"),
        (model_of_other_images, "it does not predict: "),
    ],
)
def test_a_model_that_cannot_be_used_is_told_without_advice_to_run_its_code(data, tmp_path: Path, write, reason):
    from hpo.training.measuring.saved_model import UnusableModelError

    path = tmp_path / "model.keras"
    write(path, data.validation.images)
    with pytest.raises(UnusableModelError) as caught:
        score_model(UPath(path), data.validation, data.classes, batch_size=64, top_k=5)
    assert str(caught.value).startswith(reason)
    assert "safe_mode" not in str(caught.value)
    assert "unsafe" not in str(caught.value)
