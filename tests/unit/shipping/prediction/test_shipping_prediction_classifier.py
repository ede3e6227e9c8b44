"""A model in use from Python."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import hpo
from hpo.data import ImageFile
from hpo.data.sets.digits import Digits
from hpo.errors import DataError, UserError
from hpo.shipping import find_model
from hpo.shipping.prediction import classify_files

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


@pytest.mark.parametrize("batch_size", [1, 3, 10, 64])
def test_files_are_classified_in_their_order_whatever_the_batches(classifier, tmp_path, batch_size):
    images = Digits().load(0).test.images[:23]
    files = []
    for number, pixels in enumerate(images):
        folder = tmp_path / str(number % 12)  # of which the model knows ten
        folder.mkdir(exist_ok=True)
        files.append(ImageFile(folder / f"{number}.png", "7" if number == 1 else None))
        Image.fromarray(pixels[:, :, 0]).save(files[-1].path)
    files[4].path.write_bytes(b"")
    files[5].path.unlink()
    found = list(classify_files(classifier, files, batch_size, top=3))
    assert [image.path for image in found] == [file.path for file in files]
    assert [image.label for image in found[:13]] == ["0", "7", *map(str, range(2, 10)), None, None, "0"]
    damage = [image.damage for image in found]
    assert damage[4:6] == ["an empty file", "No such file or directory"]
    assert damage[:4] + damage[6:] == [None] * 21
    for image, row in zip(found, classifier.predict(images), strict=True):
        if image.damage is None:
            assert [name for name, _ in image.ranked] == [str(index) for index in np.argsort(-row)[:3]]
            assert [value for _, value in image.ranked] == pytest.approx(sorted(row, reverse=True)[:3], abs=1e-5)
        else:
            assert image.ranked == ()


def test_the_model_is_given_whole_batches_in_however_many_pieces_they_are_read(classifier, tmp_path, monkeypatch):
    sizes, predict = [], classifier.predict_pixels
    monkeypatch.setattr(classifier, "predict_pixels", lambda pixels: sizes.append(len(pixels)) or predict(pixels))
    monkeypatch.setattr("hpo.shipping.prediction.classified._PIXELS", 1)
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    for batch_size in (1, 5, 6, 7, 8):
        sizes.clear()
        list(classify_files(classifier, [ImageFile(tmp_path / "a.png")] * 9, batch_size))
        assert sizes[0] == batch_size


def test_classes_are_ranked_by_probability_and_then_by_their_order(classifier):
    rows = np.full((2, 10), 0.05, np.float32)
    rows[0, 3], rows[1, 9], rows[1, 0] = 0.55, 0.3123456789, 0.3
    assert classifier.rank(rows, 3) == [
        [("3", 0.55), ("0", 0.05), ("1", 0.05)],
        [("9", 0.3123457), ("0", 0.3), ("1", 0.05)],
    ]
    assert [len(image) for image in classifier.rank(rows)] == [10, 10]
    assert type(classifier.rank(rows)[0][0][1]) is float


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
