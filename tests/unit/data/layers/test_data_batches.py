"""Batches for Keras."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from hpo.data import Part
from hpo.data.sets.folder import Folder

pytestmark = pytest.mark.engine


@pytest.fixture
def part() -> Part:
    """25 images that carry their label as their only pixel."""
    return Part(np.arange(25, dtype=np.uint8).reshape(-1, 1, 1, 1), np.arange(25, dtype=np.int32))


def epoch(batches) -> list[int]:
    """The labels of an epoch in their order, each found to be that of its image."""
    order: list[int] = []
    for images, labels in (batches[index] for index in range(len(batches))):
        assert images.dtype == np.uint8
        assert images.ravel().tolist() == labels.tolist()
        order += labels.tolist()
    return order


def test_an_epoch_holds_every_image_once(part: Part):
    from hpo.data.layers.batches import Batches

    for seed in (None, 7):
        assert sorted(epoch(Batches(part, 8, seed))) == list(range(25))


@pytest.mark.parametrize(("size", "lengths"), [(8, [8, 8, 8, 1]), (5, [5] * 5), (100, [25])])
def test_the_last_batch_holds_what_is_left(part: Part, size: int, lengths: list[int]):
    from hpo.data.layers.batches import Batches

    batches = Batches(part, size, seed=0)
    assert [len(batches[index][1]) for index in range(len(batches))] == lengths


def test_without_a_seed_the_order_is_that_of_the_part_in_every_epoch(part: Part):
    from hpo.data.layers.batches import Batches

    batches = Batches(part, 8)
    batches.on_epoch_end()
    assert epoch(batches) == list(range(25))


def test_with_a_seed_each_epoch_has_another_order(part: Part):
    from hpo.data.layers.batches import Batches

    batches = Batches(part, 8, seed=3)
    first = epoch(batches)
    assert first == epoch(batches)
    batches.on_epoch_end()
    assert first != epoch(batches)


def test_the_orders_of_all_epochs_follow_from_the_seed(part: Part):
    from hpo.data.layers.batches import Batches

    def orders(seed: int) -> list[list[int]]:
        batches = Batches(part, 8, seed)
        epochs = []
        for _ in range(3):
            epochs.append(epoch(batches))
            batches.on_epoch_end()
        return epochs

    assert orders(1) == orders(1)
    assert orders(1) != orders(2)


def test_keras_sees_every_image_once_an_epoch(part: Part):
    import keras

    from hpo.data.layers.batches import Batches

    class Watched(Batches):
        def __init__(self) -> None:
            super().__init__(part, 8, seed=1)
            self.orders: list[list[int]] = [[]]

        def __getitem__(self, index: int):
            images, labels = super().__getitem__(index)
            self.orders[-1].extend(labels.tolist())
            return images, labels

        def on_epoch_end(self) -> None:
            super().on_epoch_end()
            self.orders.append([])

    model = keras.Sequential([keras.Input((1, 1, 1)), keras.layers.Flatten(), keras.layers.Dense(25, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    watched = Watched()
    model.fit(watched, epochs=1, verbose=0)
    watched.orders.append([])  # what Keras looked at before, to learn shapes, does not count
    model.fit(watched, epochs=2, verbose=0)
    first, second = (order for order in watched.orders[-3:] if order)
    assert sorted(first[-25:]) == sorted(second) == list(range(25))
    assert first[-25:] != second


@pytest.mark.parametrize("seed", [None, 7])
def test_images_that_stream_come_in_the_same_batches_as_from_the_cache(two_classes: Path, seed: int | None):
    from hpo.data.layers.batches import Batches

    def batches(cache: str) -> list[tuple[bytes, list[int]]]:
        batches = Batches(Folder(path=two_classes, cache=cache, image_size=5).load(0).train, 6, seed)
        pairs = [batches[index] for _ in range(2) for index in range(len(batches))]
        batches.on_epoch_end()
        pairs += [batches[index] for index in range(len(batches))]
        return [(images.tobytes(), labels.tolist()) for images, labels in pairs]

    assert batches("stream") == batches("disk")


def test_keras_trains_alike_on_what_streams_and_on_what_is_cached(two_classes: Path):
    import keras

    from hpo.data.layers.batches import Batches

    def history(cache: str) -> list[float]:
        keras.utils.set_random_seed(5)
        part = Folder(path=two_classes, cache=cache).load(0).train
        model = keras.Sequential(
            [keras.Input((6, 6, 3)), keras.layers.Rescaling(1 / 255), keras.layers.Flatten(), keras.layers.Dense(2)]
        )
        model.compile(keras.optimizers.SGD(0.5), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        batches = Batches(part, 6, seed=1)
        fitted = model.fit(batches, validation_data=Batches(part, 6), epochs=3, shuffle=False, verbose=0)
        return fitted.history["val_loss"]

    assert history("stream") == history("disk")


def test_a_file_that_is_gone_ends_the_training_with_its_name(two_classes: Path):
    from hpo.data.layers.batches import Batches
    from hpo.errors import DataError

    part = Folder(path=two_classes, cache="stream").load(0).train
    for file in (two_classes / "cat").iterdir():
        file.unlink()
    batches = Batches(part, 32)
    with pytest.raises(DataError, match=r"cat/\d\.png: it could be decoded when the run began\. Received: .* Restore"):
        batches[0]


def test_what_streams_is_read_ahead_a_few_batches_at_a_time(two_classes: Path, monkeypatch: pytest.MonkeyPatch):
    from hpo.data.layers.batches import Batches

    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0}, raising=False)  # one core, so one thread
    part = Folder(path=two_classes, cache="stream").load(0).train
    read: list[int] = []
    pixels = part.pixels
    monkeypatch.setattr(Part, "pixels", lambda self, rows: read.append(rows[0]) or pixels(rows))
    batches = Batches(part, 1)
    for index in range(3):
        batches[index]
    batches.on_epoch_end()  # waits for what is under way
    assert len(set(read)) == len(read)
    assert 3 <= len(read) <= 5
