"""How fast images reach the engine, and how much memory that takes a worker: memory maps, arrays, streaming, Keras.

    python benchmarks/data/feeding.py [IMAGES]

Makes a folder of JPEG files of 160 x 160 pixels (2,000 of them, or IMAGES) and reads it at 96 x 96 in batches of 64, by
each way in a process of its own, in turn, three rounds. Nothing is trained, so this is the feeding alone. Memory is
what the process has of its own after an epoch, above what it had before it touched the data; the pages of a memory map
are the system's, once for all workers. Linux only.

On 2 CPU cores that other work kept busy (Python 3.11, Pillow 13, Keras 3.15, TensorFlow; two runs) the memory map fed
0.3 to 1.6 times as fast as arrays in memory, at 56,000 images a second or more, and took 18 MB of a worker's own
instead of 69 (1,500 images) or 97 (2,000). Streaming fed 0.005 times as fast (500 to 1,250 images a second), Keras' own
data set 0.03 times (2,200 to 3,200). Reading all 2,000 files for the first time took 5 s, every later start 1.2.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

IMAGES, SIZE, BATCH, ROUNDS, EPOCHS = 2_000, 96, 64, 3, 2
WAYS = ("memory", "disk", "stream", "keras")
NAMES = {
    "memory": "arrays in memory",
    "disk": "memory map",
    "stream": "streaming",
    "keras": "keras.utils.image_dataset_from_directory",
}


def own_bytes() -> int:
    """Memory of this process that it shares with no file."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))


def write_images(folder: Path, count: int) -> None:
    """Smooth random images, which JPEG compresses as it does photographs, in two classes."""
    random = np.random.default_rng(0)
    for number in range(count):
        small = Image.fromarray(random.integers(0, 256, (20, 20, 3), np.uint8))
        path = folder / "ab"[number % 2] / f"{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        small.resize((160, 160), Image.Resampling.BICUBIC).save(path, quality=90)


def epochs_of_hpo(folder: Path, cache: str) -> Callable[[], int]:
    """An epoch over hpo's batches, as a function that counts the images."""
    from hpo.data.layers.batches import Batches
    from hpo.data.sets.folder import Folder

    images = Folder(path=folder, image_size=SIZE, cache=cache, test=0.01).load(0)
    batches = Batches(images.train, BATCH, seed=0)

    def epoch() -> int:
        count = sum(len(batches[index][1]) for index in range(len(batches)))
        batches.on_epoch_end()
        return count

    return epoch


def epochs_of_keras(folder: Path) -> Callable[[], int]:
    """An epoch over Keras' own data set."""
    import keras

    data = keras.utils.image_dataset_from_directory(folder, image_size=(SIZE, SIZE), batch_size=BATCH, verbose=False)
    return lambda: sum(len(labels) for _, labels in data.as_numpy_iterator())


def measure(folder: Path, way: str) -> None:
    """Print what one way takes: seconds until the first epoch can begin, images a second, bytes."""
    import keras  # noqa: F401 - the engine's own memory and time are not the data's

    before, started = own_bytes(), time.perf_counter()
    epoch = epochs_of_keras(folder) if way == "keras" else epochs_of_hpo(folder, way)
    ready = time.perf_counter() - started
    speeds = []
    for _ in range(EPOCHS):
        started = time.perf_counter()
        speeds.append(epoch() / (time.perf_counter() - started))
    print(json.dumps({"ready": ready, "speed": max(speeds), "bytes": own_bytes() - before}))


def run(folder: Path, way: str, cache: Path) -> dict[str, float]:
    """Measure one way in a fresh process."""
    environment = {**os.environ, "HPO_CACHE": str(cache), "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, __file__, str(folder), way]
    shown = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(shown.stdout.splitlines()[-1])


def main() -> None:
    """Measure every way, and print it beside arrays in memory."""
    if len(sys.argv) > 2:  # noqa: PLR2004 - folder and way: one of those processes
        measure(Path(sys.argv[1]), sys.argv[2])
        return
    with tempfile.TemporaryDirectory() as place:
        folder, cache = Path(place, "images"), Path(place, "cache")
        folder.mkdir()
        write_images(folder, int(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
        first = run(folder, "disk", cache)["ready"]
        found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
        for _ in range(ROUNDS):
            for way in WAYS:
                found[way].append(run(folder, way, cache))

    def median(way: str, figure: str) -> float:
        return statistics.median(each[figure] for each in found[way])

    print(f"first reading of all files, into the cache: {first:.1f} s")
    print(f"{'':41}{'images/s':>10}{'ratio':>8}{'MB':>7}{'ready after':>13}")
    for way in WAYS:
        ratio = statistics.median(a["speed"] / b["speed"] for a, b in zip(found[way], found["memory"], strict=True))
        speed, megabytes = median(way, "speed"), median(way, "bytes") / 1e6
        print(f"{NAMES[way]:41}{speed:10,.0f}{ratio:8.3f}{megabytes:7,.0f}{median(way, 'ready'):11.1f} s")


if __name__ == "__main__":
    main()
