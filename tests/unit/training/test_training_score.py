"""The score of a saved model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from upath import UPath

pytestmark = pytest.mark.engine


@pytest.fixture
def outcome(config_of, data, accuracy, watcher):
    from hpo.training.trial import run_trial

    return run_trial(config_of(data="augmentation: {shift: 0.3}"), data, (accuracy,), 1, watcher())


def test_the_score_of_a_saved_model_is_its_accuracy_and_cross_entropy(outcome, data, tmp_path: Path):
    import keras

    from hpo.training.score import score_model

    outcome.save_model(tmp_path / "model.keras")
    score = score_model(UPath(tmp_path / "model.keras"), data.validation, 64)
    assert score.accuracy == pytest.approx(outcome.learned.best_value)
    probabilities = keras.models.load_model(tmp_path / "model.keras").predict(data.validation.images, verbose=0)
    chosen = probabilities[np.arange(len(data.validation)), data.validation.labels]
    assert score.loss == pytest.approx(-np.log(chosen).mean(), rel=1e-4)


def test_a_model_is_scored_wherever_it_is_stored(outcome, data, tmp_path: Path):
    from hpo.training.score import score_model

    outcome.save_model(tmp_path / "model.keras")
    remote = UPath("memory://studies/one/model.keras")
    remote.parent.mkdir(parents=True, exist_ok=True)
    remote.write_bytes((tmp_path / "model.keras").read_bytes())
    assert score_model(remote, data.train, 64) == score_model(UPath(tmp_path / "model.keras"), data.train, 64)
