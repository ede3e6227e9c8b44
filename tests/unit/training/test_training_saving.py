"""What is kept of a trained model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.engine

AUGMENTATION = "{flip: both, crop: 2, rotation: 20, cutout: 3, contrast: 0.3}"


@pytest.mark.parametrize("grey_to_rgb", [False, True])
def test_a_saved_model_called_in_any_way_predicts_what_the_trained_one_does(
    grey_to_rgb, config_of, run, data, tmp_path: Path
):
    import keras

    config = config_of(data=f"normalization: standardize, augmentation: {AUGMENTATION}")
    outcome = run(config, on=replace(data, grey_to_rgb=grey_to_rgb))
    outcome.save_model(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    images = data.validation.images
    predicted = model.predict(images, verbose=0)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(images)), predicted, atol=1e-6)
    accuracy = float((predicted.argmax(axis=1) == data.validation.labels).mean())
    assert accuracy == pytest.approx(outcome.values[0], abs=1e-6)
    assert not any(type(layer).__name__.startswith("Random") for layer in model.layers)


def test_saving_leaves_the_trained_model_as_it_was(config_of, data, tmp_path: Path):
    from hpo.training.model import build_model
    from hpo.training.saving import save_model

    built = build_model(config_of(data="augmentation: {flip: both}"), data)
    before = [layer.name for layer in built.model.layers]
    save_model(built.model, tmp_path / "model.keras")
    assert [layer.name for layer in built.model.layers] == before
    assert not np.allclose(
        np.asarray(built.model(data.train.images, training=True)), built.model.predict(data.train.images, verbose=0)
    )
    built.model.fit(data.train.images, data.train.labels, verbose=0)
