"""How fast `fit()` runs on hpo's batches, against handing Keras the arrays: the ratio of epoch times, in one run.

    python benchmarks/training/batches.py [--smallest]

Both ways train the same small CNN on the same 10,000 random images of 32 x 32 x 3, in turn, and the first epoch of each
is left out (it compiles). A ratio above 1 means that hpo's batches are faster. On 2 CPU cores it came out between 0.8
and 1.0 (the median of three rounds, six runs): no faster, and within the noise no slower.
"""

from __future__ import annotations

import os
import statistics
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from hpo.data import Part
from hpo.data.layers.batches import Batches
from hpo.training.feeding.datasets import options_of_fit

IMAGES, EPOCHS, ROUNDS, BATCH = (128, 2, 1, 64) if sys.argv[1:] == ["--smallest"] else (10_000, 4, 3, 64)


def small_cnn() -> keras.Model:
    """A network light enough for the feeding to matter."""
    model = keras.Sequential(
        [
            keras.Input((32, 32, 3), dtype="uint8"),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(8, 3, strides=2, activation="relu"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class EpochTimes(keras.callbacks.Callback):
    """Seconds of each epoch, validation included."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._start = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Start the clock."""
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Stop the clock."""
        self.seconds.append(time.perf_counter() - self._start)


def epoch_seconds(part: Part, *, as_batches: bool) -> float:
    """The median epoch of one fit, the first one left out; the whole of `fit`, its end included, by epochs."""
    times, model = EpochTimes(), small_cnn()
    started = time.perf_counter()
    if as_batches:
        batches, validation = Batches(part, BATCH, seed=0), Batches(part, BATCH)
        model.fit(**options_of_fit(batches, validation), epochs=EPOCHS, verbose=0, shuffle=False, callbacks=[times])
    else:
        model.fit(part.images, part.labels, batch_size=BATCH, validation_data=(part.images, part.labels),
                  validation_batch_size=BATCH, epochs=EPOCHS, verbose=0, callbacks=[times])  # fmt: skip
    total = time.perf_counter() - started
    return (total - times.seconds[0]) / (EPOCHS - 1)


def main() -> None:
    """Measure and print."""
    random = np.random.default_rng(0)
    part = Part(
        random.integers(0, 256, (IMAGES, 32, 32, 3), dtype=np.uint8), random.integers(0, 10, IMAGES).astype(np.int32)
    )
    arrays, batches = [], []
    for _ in range(ROUNDS):
        arrays.append(epoch_seconds(part, as_batches=False))
        batches.append(epoch_seconds(part, as_batches=True))
    ratios = [a / b for a, b in zip(arrays, batches, strict=True)]
    print(f"keras {keras.__version__} on {keras.backend.backend()}, {IMAGES:,} images, batch {BATCH}")
    print(f"arrays   {statistics.median(arrays):.3f} s an epoch")
    print(f"batches  {statistics.median(batches):.3f} s an epoch")
    print(f"ratio    {statistics.median(ratios):.2f} (rounds: {', '.join(f'{ratio:.2f}' for ratio in ratios)})")


if __name__ == "__main__":
    main()
