"""What is refused before any process starts."""

from __future__ import annotations

import numpy as np
import pytest

from hpo.errors import MissingExtraError, UserError
from hpo.shipping import KeptModel
from hpo.shipping.export import export_model
from hpo.shipping.export.verification import PredictionComparison, compare_predictions, make_reaction
from hpo.shipping.formats import TRAITS, require_writers


def test_a_format_that_is_none_lists_those_that_are(tmp_path):
    with pytest.raises(UserError, match=r"format: there are keras, onnx, .*torch\. Received 'coreml'"):
        export_model(KeptModel(tmp_path / "model.keras", {}), "coreml")


def test_a_format_whose_writer_is_missing_says_what_to_install(monkeypatch):
    monkeypatch.setattr("hpo.shipping.formats.find_spec", lambda name: None if name == "tf2onnx" else object())
    with pytest.raises(MissingExtraError) as caught:
        require_writers("onnx", "tensorflow")
    assert str(caught.value) == (
        'onnx: it is written by tf2onnx>=1.17. Received an installation without. Type: pip install "hpo[onnx]"'
    )


def test_a_runtime_that_is_not_installed_has_no_version(monkeypatch):
    monkeypatch.setattr("hpo.shipping.formats.find_spec", lambda name: None)
    assert TRAITS["onnx"].runtime_version is None


def test_int8_is_refused_where_it_is_not_there(tmp_path):
    kept = KeptModel(tmp_path / "model.keras", {})
    with pytest.raises(UserError, match=r"--quantize: int8 is there for onnx and litert. Received saved_model"):
        export_model(kept, "saved_model", quantize="int8")
    with pytest.raises(UserError, match=r"int8 is calibrated on the training images of a study\. Received the file"):
        export_model(kept, "litert", quantize="int8")


def predict_by(difference):
    """Predict images of 4 x 6 exactly, and others with a difference."""
    return lambda images: np.full((len(images), 2), 0.5 + (difference if images.shape[1:3] != (4, 6) else 0), "f")


@pytest.mark.parametrize("is_free", [True, False])
def test_images_of_other_sizes_are_compared_by_themselves(is_free):
    react = (lambda images: images.shape[1] / 100) if is_free else None
    found = compare_predictions(predict_by(0.04), predict_by(0), np.zeros((40, 4, 6, 1), np.uint8), react)
    assert (found.difference, found.agreement) == (0, 1)
    assert found.resized_difference == (pytest.approx(0.04) if is_free else None)
    assert len(found.sizes) == (3 if is_free else 1)
    assert found.reaction == (0.07 if is_free else None)  # of 7 x 4 and 2 x 15
    assert found.resized_tolerance(0.002) == (pytest.approx(0.21) if is_free else None)


def test_the_reaction_is_to_a_pixel_in_100_that_is_1_of_255_higher_or_lower():
    react = make_reaction(lambda images: images + np.float32(250), lambda pixels: pixels.mean(axis=(1, 2)))
    assert react(np.zeros((3, 100, 100, 2))) == pytest.approx(0.01, rel=0.2)
    assert react(np.full((3, 100, 100, 2), 5)) == pytest.approx(0.01, rel=0.2)  # 255 gets no higher
    assert PredictionComparison(0, 0.0, 1.0, ((4, 6),), 1e-5).resized_tolerance(0.002) == 0.002
