"""What a kept model predicts is what it has predicted in its best epoch's validation, to the last bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hpo.studies import StudyFiles
from hpo.training import Completed, Paused

pytestmark = pytest.mark.engine

RECIPES = {
    "plain": "epochs: 3, learning_rate: 0.3, optimizer: adam",
    "ema": "epochs: 3, optimizer: {sgd: {momentum: 0.9}}, ema: {momentum: 0.9}, label_smoothing: 0.1",
    "averaged": "epochs: 4, average_last_epochs: 3",
    "repeats": "epochs: 3, repeats: 2, class_weights: {dark: 2.0}",
    "mixed": "epochs: 2, precision: mixed_bfloat16",
    "schedule": "epochs: 3, schedule: cosine, batch_size: 7",
}


@pytest.fixture
def compared(monkeypatch):
    """Has each trial predict by a pass of its own as well; what was there of the validation, and what the pass gave.

    The pass is one of the function that has validated; that `model.predict` gives the same is held here.
    """
    from hpo.training.features.trainee import Trainees
    from hpo.training.feeding import feeding

    pairs, predict = [], Trainees.predict

    def predict_in_each_way(self, validated=None):
        evaluated = predict(self, None)
        with monkeypatch.context() as patches:
            patches.setattr(feeding, "evaluated_targets", lambda _: None)
            predicted = predict(self, None)
        assert evaluated.dtype == predicted.dtype
        np.testing.assert_array_equal(evaluated, predicted)
        pairs.append((validated, predicted))
        return predict(self, validated)

    monkeypatch.setattr(Trainees, "predict", predict_in_each_way)
    return pairs


def save(outcome, folder: Path) -> np.ndarray:
    assert isinstance(outcome, Completed)
    outcome.save_model(folder / "model.keras")
    return np.load(folder / "model.validation.npz")["probabilities"]


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_validation_predicts_what_a_pass_predicts(run, config_of, compared, tmp_path, recipe: str):
    config = config_of(RECIPES[recipe], "depth: 2, filters: 4, dropout: 0.3, batch_normalization: true")
    saved = save(run(config), tmp_path)
    ((validated, predicted),) = compared
    assert validated is not None
    assert validated.dtype == predicted.dtype
    np.testing.assert_array_equal(validated, predicted)
    np.testing.assert_array_equal(saved, predicted)


def test_phases_and_parts_of_batches_predict_what_a_pass_predicts(run, phased, compared, tmp_path):
    config = phased("epochs: 1, frozen_layers: all", "epochs: 2, frozen_layers: 2", model="depth: 2")
    save(run(config, accumulation_steps=3), tmp_path)
    ((validated, predicted),) = compared
    np.testing.assert_array_equal(validated, predicted)


def test_a_head_on_features_predicts_what_a_pass_predicts(run, config_of, compared, tmp_path):
    from hpo.data.pixels.cache import Cache
    from hpo.training.features.store import FeatureStore

    store = FeatureStore(Cache(tmp_path, None, "features"), least_operations=0)
    save(run(config_of("epochs: 2", "depth: 2, filters: 4, frozen_layers: all"), features=store), tmp_path)
    ((validated, predicted),) = compared
    assert list(tmp_path.glob("features/*.npy"))
    np.testing.assert_array_equal(validated, predicted)


def test_versions_of_an_image_are_predicted_by_a_pass(run, config_of, compared, tmp_path):
    saved = save(run(config_of(data="test_time_augmentation: {flip: horizontal}")), tmp_path)
    ((validated, predicted),) = compared
    np.testing.assert_array_equal(saved, predicted)
    assert not np.array_equal(saved, validated)


def test_a_trial_that_goes_on_behind_its_best_epoch_predicts_by_a_pass(run, config_of, compared, watcher, tmp_path):
    config, files = config_of("epochs: 5, learning_rate: 0.3, optimizer: adam"), StudyFiles(tmp_path)
    learned = run(config).learned
    assert learned.best_epoch < 5, "an epoch has to follow on the best one for this test to say anything"
    epoch = 7  # questions: four batches, two of the validation, and the end
    observer = watcher(pause_at=epoch * learned.best_epoch + 2)
    assert isinstance(run(config, observer=observer, checkpoints=files.checkpoints(0, 1)), Paused)
    outcome = run(config, checkpoints=files.checkpoints(0, 2))
    assert outcome.learned.best_epoch == learned.best_epoch
    saved = save(outcome, tmp_path)
    ((validated, predicted),) = compared
    assert validated is None
    np.testing.assert_array_equal(saved, predicted)


def test_predictions_that_take_much_memory_are_not_kept(run, config_of, compared, monkeypatch, tmp_path):
    from hpo.training.trial import callbacks

    keep = callbacks.keep_predictions
    monkeypatch.setattr(callbacks, "keep_predictions", lambda model: keep(model, 30 * 2 * 4 - 1))
    save(run(config_of()), tmp_path)
    ((validated, _),) = compared
    assert validated is None


@pytest.mark.engines
def test_every_engine_saves_what_its_model_predicts(run, config_of, compared, tmp_path):
    saved = save(run(config_of("epochs: 2, optimizer: adam")), tmp_path)
    ((_, predicted),) = compared
    np.testing.assert_array_equal(saved, predicted)
