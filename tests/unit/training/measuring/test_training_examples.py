"""Examples of how a model does on the validation part."""

from __future__ import annotations

import numpy as np
import pytest

from hpo.data import TrialData
from hpo.data.pixels.images import ArrayPixels, Part
from hpo.training.measuring.examples import MAX_IMAGES, Examples, choose_examples


def make_data(count: int, side: int = 4) -> TrialData:
    pixels = np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, side, side, 3), np.uint8)
    part = Part(ArrayPixels(pixels), np.arange(count, dtype=np.int32) % 2)
    return TrialData(("cat", "dog"), part, part)


def test_examples_are_spread_over_the_part_and_say_what_is_predicted():
    data = make_data(64)
    probabilities = np.tile(np.array([[0.9, 0.1]], np.float32), (64, 1))
    examples = choose_examples(data, probabilities)
    assert examples.confusion.tolist() == [[32, 0], [32, 0]]
    assert examples.images[:, 0, 0, 0].tolist() == list(range(0, 64, 4))
    assert len(examples.images) == len(examples.names) == MAX_IMAGES
    assert set(examples.predicted.tolist()) == {0}
    assert examples.labels.tolist() == [0] * MAX_IMAGES


@pytest.mark.parametrize(("count", "side", "images"), [(3, 4, 3), (20, 600, 3), (2, 1500, 1)])
def test_there_are_fewer_of_a_small_part_and_of_large_images(count, side, images):
    data = make_data(count, side)
    assert len(choose_examples(data, np.full((count, 2), 0.5, np.float32)).images) == images


def test_they_are_read_as_they_were_written(tmp_path):
    examples = choose_examples(make_data(5), np.full((5, 2), 0.5, np.float32))
    examples.save(tmp_path / "trial-0.npz")
    read = Examples.load(tmp_path / "trial-0.npz")
    assert (read.classes, read.names) == (examples.classes, examples.names)
    for name in ("confusion", "images", "labels", "probabilities"):
        assert np.array_equal(getattr(read, name), getattr(examples, name))


def test_a_file_that_holds_something_else_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", classes=np.array(["cat"]))
    with pytest.raises(ValueError, match="it holds the examples of a trial"):
        Examples.load(tmp_path / "other.npz")
