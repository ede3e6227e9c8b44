"""A model in use from Python."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import hpo
from hpo.data.sets.digits import Digits
from hpo.errors import DataError, UserError
from hpo.shipping import find_model

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def classifier(trained_studies):
    return hpo.open_study("digits", studies=trained_studies).best.load()


def test_arrays_files_and_images_get_the_probabilities_of_the_study(classifier, trained_studies, tmp_path):
    kept = find_model("digits", studies=trained_studies)
    predictions = np.load(kept.path.with_name(f"{kept.path.stem}.test.npz"))
    images = Digits().load(kept.study.spec.seed).test.images
    given = classifier.predict(images)
    np.testing.assert_allclose(given, predictions["probabilities"], atol=1e-6)
    assert given.dtype == np.float32
    files = []
    for number, pixels in enumerate(images[:5]):
        files.append(tmp_path / f"{number}.png")
        Image.fromarray(pixels[:, :, 0]).save(files[-1])
    for several in (files, list(map(str, files)), [file.read_bytes() for file in files], list(map(Image.open, files))):
        np.testing.assert_allclose(classifier.predict(several, batch_size=2), given[:5], atol=1e-6)
    np.testing.assert_allclose(classifier.predict(images[0]), given[:1], atol=1e-6)


def test_it_says_what_it_is(classifier):
    assert classifier.classes == tuple("0123456789")
    assert classifier.about["color_mode"] == "grayscale"
    assert classifier.model.output_shape == (None, 10)
    assert repr(classifier).startswith("<Classifier 'digits, trial ")
    assert classifier.predict([]).shape == (0, 10)


def test_what_is_no_image_is_named(classifier, tmp_path):
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(DataError, match=r"text.png: no image that Pillow knows"):
        classifier.predict([tmp_path / "text.png"])
    with pytest.raises(DataError, match=r"image 1: an array of an image is uint8, 0 to 255, not float64"):
        classifier.predict([np.zeros((8, 8), np.uint8), np.zeros((8, 8))])
    with pytest.raises(DataError, match=r"image 0: an array of an image is \[height, width\] or .* not \(8,\)"):
        classifier.predict([np.zeros(8, np.uint8)])
    with pytest.raises(DataError, match=r"image 0: an image is a path, .* or an array, not generator"):
        classifier.predict(image for image in [tmp_path / "text.png"])
    with pytest.raises(UserError, match=r"batch_size: it is 1 or more. Received 0"):
        classifier.predict([], batch_size=0)
