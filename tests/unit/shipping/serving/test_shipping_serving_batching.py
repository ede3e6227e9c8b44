"""Images of many requests, predicted together."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from hpo.shipping.serving.batching import Batcher


def image(value: int) -> np.ndarray:
    return np.full((1, 1, 1), value, np.uint8)


def test_what_comes_while_a_batch_is_predicted_is_the_next_one():
    sizes, begun, goes_on = [], threading.Event(), threading.Event()

    def predict(images):
        sizes.append(len(images))
        begun.set()
        assert goes_on.wait(10)
        return images[:, 0, 0].astype(np.float32)

    batcher = Batcher(predict, batch_size=4)
    first = batcher.submit(image(0))
    assert begun.wait(10)
    others = [batcher.submit(image(value)) for value in range(1, 7)]
    others[1].cancel()
    goes_on.set()
    assert first.result(10) == [0]
    assert [future.result(10)[0] for future in others if not future.cancelled()] == [1, 3, 4, 5, 6]
    assert sizes == [1, 4, 1]
    last = batcher.submit(image(9))
    batcher.close()
    assert last.result(0) == [9]


def test_an_error_is_told_to_those_whose_images_it_was():
    def predict(images):
        if images.max() == 7:
            raise RuntimeError("out of memory")
        return images[:, 0, 0].astype(np.float32)

    batcher = Batcher(predict, batch_size=1)
    with pytest.raises(RuntimeError, match="out of memory"):
        batcher.submit(image(7)).result(10)
    assert batcher.submit(image(3)).result(10) == [3]
    batcher.close()
