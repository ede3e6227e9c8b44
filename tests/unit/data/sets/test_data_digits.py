"""The digits data set."""

from __future__ import annotations

import numpy as np

from hpo.data.sets.digits import Digits


def rows(images: np.ndarray) -> set[bytes]:
    return {image.tobytes() for image in images}


def test_digits_are_grey_images_of_8_by_8_pixels_that_use_the_whole_range():
    images = Digits().load(seed=0)
    assert images.train.images.shape[1:] == (8, 8, 1)
    assert images.train.images.dtype == np.uint8
    assert (images.train.images.min(), images.train.images.max()) == (0, 255)
    assert images.classes == tuple("0123456789")


def test_digits_are_those_that_scikit_learn_loads_wherever_it_keeps_them(monkeypatch):
    from sklearn.datasets import load_digits

    images, known = Digits().read(seed=0), load_digits()
    grey = np.round(known.images * (255 / 16)).astype(np.uint8)
    expected = {(image.tobytes(), label) for image, label in zip(grey, known.target, strict=True)}
    for parts in (images, _read_without_the_file(monkeypatch)):
        pairs = [(part.images, part.labels) for part in (parts.train, parts.test)]
        assert {(i.tobytes(), n) for part in pairs for i, n in zip(*part, strict=True)} == expected
    np.testing.assert_array_equal(parts.train.images, images.train.images)


def _read_without_the_file(monkeypatch):
    monkeypatch.setattr("hpo.data.sets.digits.find_spec", lambda name: None)
    return Digits().read(seed=0)


def test_every_digit_is_in_the_training_part_or_in_the_test_part():
    images = Digits(test=0.25).load(seed=0)
    assert len(images.train) + len(images.test) == 1797
    assert len(images.test) == 450
    assert not rows(images.train.images) & rows(images.test.images)


def test_both_parts_hold_the_classes_in_the_same_proportion():
    images = Digits(test=0.3).load(seed=5)
    shares = [np.bincount(part.labels, minlength=10) / len(part) for part in (images.train, images.test)]
    np.testing.assert_allclose(shares[0], shares[1], atol=0.003)


def test_the_same_seed_gives_the_same_parts():
    one, two = Digits().load(seed=3), Digits().load(seed=3)
    np.testing.assert_array_equal(one.test.images, two.test.images)
    np.testing.assert_array_equal(one.train.labels, two.train.labels)
    assert one.fingerprint == two.fingerprint


def test_another_seed_gives_another_test_part():
    assert rows(Digits().load(seed=3).test.images) != rows(Digits().load(seed=4).test.images)


def test_digits_are_stretched_to_image_size():
    images = Digits(image_size=12).load(seed=0)
    assert images.train.images.shape[1:] == (12, 12, 1)
    assert images.test.images.shape[1:] == (12, 12, 1)
    assert images.fingerprint == Digits().load(seed=0).fingerprint
