"""How long `hpo predict` takes over image files, as a multiple of what `model.predict` takes over the same pixels.

    python benchmarks/shipping/predicting.py [IMAGES]

Writes IMAGES (10,000) PNG files of noise that is smooth as photographs are, and classifies them by two networks with
random weights, in batches of 64, on TensorFlow: the file reading of `hpo predict` beside `hpo.Classifier` on arrays, as
multiples of Keras' own `model.predict` on an array of all images, which is in memory. All in one process, in turn, in
five rounds; the median of the ratios is told. Files are of the network's size, and are read before the first round, so
that the system has them in memory.
"""

from __future__ import annotations

import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from networks import NETWORKS, save
from PIL import Image

from hpo import Classifier
from hpo.data import ImageFile
from hpo.shipping.prediction import ClassifiedImage, classify_files

IMAGES, ROUNDS, BATCH = 10_000, 5, 64


def write_images(folder: Path, count: int, side: int) -> np.ndarray[Any, Any]:
    """Write the files, and give their pixels."""
    random, pixels = np.random.default_rng(0), np.empty((count, side, side, 3), np.uint8)
    for number in range(count):
        small = Image.fromarray(random.integers(0, 256, (side // 4, side // 4, 3), np.uint8))
        image = small.resize((side, side), Image.Resampling.BICUBIC)
        image.save(folder / f"{number:06}.png", compress_level=1)
        pixels[number] = np.asarray(image)
    return pixels


def measure(call: Callable[[], object]) -> float:
    """Seconds of a call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main(count: int) -> None:
    """Measure each network."""
    for name, (side, make) in NETWORKS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.keras"
            save(make(side), path)
            classifier, pixels = Classifier(path), write_images(Path(folder), count, side)
            images = [ImageFile(file) for file in sorted(Path(folder).glob("*.png"))]
            model = classifier.model

            def classify(
                images: list[ImageFile] = images, classifier: Classifier = classifier
            ) -> list[ClassifiedImage]:
                return list(classify_files(classifier, images, BATCH))

            ways = {
                "model.predict": lambda m=model, p=pixels: m.predict(p, batch_size=BATCH, verbose=0),
                "Classifier.predict on arrays": lambda c=classifier, p=pixels: c.predict(p, BATCH),
                "hpo predict on files": classify,
            }
            gc.freeze()  # as the command does
            expected, from_arrays, _ = (way() for way in ways.values())  # which compiles, and reads the files
            results = classify_files(classifier, images, BATCH)
            rows = [[dict(image.ranked)[name] for name in classifier.classes] for image in results]
            np.testing.assert_allclose(from_arrays, expected, atol=1e-5)
            np.testing.assert_allclose(rows, expected, atol=1e-5)
            result = {way: [] for way in ways}
            for _ in range(ROUNDS):
                for way, call in ways.items():
                    result[way].append(measure(call))
            base = result["model.predict"]
            print(f"{name}, {count:,} images: model.predict {statistics.median(base) / count * 1e3:.2f} ms an image")
            for way, seconds in list(result.items())[1:]:
                ratios = [own / other for own, other in zip(seconds, base, strict=True)]
                print(
                    f"  {way}: {statistics.median(ratios):.2f} times as long ({min(ratios):.2f} to {max(ratios):.2f})"
                )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
