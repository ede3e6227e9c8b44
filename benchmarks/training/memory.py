"""How far the estimate of training memory is from what training takes: their ratio, one fresh process a model.

    python benchmarks/training/memory.py [tensorflow | jax | torch]

Each process builds a model and trains it for three steps; what it took is the most memory that it held, less what it
held before, when the engine had already trained another model. On 2 CPU cores with TensorFlow 2.21 that was 0.8 to 1.3
times the estimate for models of 150 MB and more (1.5 with all but the head frozen); smaller ones took 30 to 90 MB more
than the estimate, which is the engine's own. PyTorch 2.13 took 1.4 to 2.7 times the estimate, JAX 0.10 1.9 to 2.6.
Linux only.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from hpo.data import Outline, Part
from hpo.spaces import read_config

STEPS = 3
WIDE_CNN = {"family": "simple_cnn", "depth": 4, "filters": 64, "dense_units": 512}
VGG16 = {"family": "vgg16", "weights": "none"}
CASES: list[tuple[dict, int, int]] = [
    (model, size, batch)
    for model in ({"family": "simple_cnn"}, WIDE_CNN, VGG16)
    for size in (32, 64)
    for batch in (32, 128)
]
CASES += [({**VGG16, "head_pooling": "flatten", "dense_units": 1024}, 64, 64), ({**VGG16, "frozen_layers": 19}, 64, 64)]


def status(key: str) -> int:
    """A figure of /proc/self/status, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{key}:"))


def train(model: dict, size: int, batch: int, steps: int) -> int:
    """Train on random images; the estimate of what that takes, in bytes."""
    from hpo.data.layers.batches import Batches
    from hpo.training.network.model import build_untrained

    config = read_config(
        {"data": {"dataset": "cifar10", "image_size": size}, "model": model, "training": {"batch_size": batch}}
    )
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (batch * steps, size, size, 3), np.uint8)
    part = Part(images, random.integers(0, 10, len(images), np.int32))
    built = build_untrained(config, Outline((size, size, 3), tuple("0123456789"), len(images), 0, is_here=True))
    built.model.fit(Batches(part, batch, seed=0), verbose=0)
    return built.cost.memory


def measure(case: int) -> None:
    """Print estimate and truth of one case."""
    model, size, batch = CASES[case]
    train({"family": "simple_cnn", "depth": 1, "filters": 2}, 32, 4, STEPS)
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak so far
    estimate = train(model, size, batch, STEPS)
    taken = status("VmHWM") - before
    options = ", ".join(f"{key} {value}" for key, value in model.items() if key != "family")
    print(
        f"{model['family']:10} {size:3} px, batch {batch:3}: took {taken / 1e6:5.0f} MB, {taken / estimate:.2f} times "
        f"the estimate of {estimate / 1e6:5.0f} MB  {options}",
        flush=True,
    )


def main() -> None:
    """Measure every case in a process of its own."""
    if len(sys.argv) > 2:  # noqa: PLR2004 - engine and case: one of those processes
        measure(int(sys.argv[2]))
        return
    engine = sys.argv[1] if len(sys.argv) > 1 else "tensorflow"
    for case in range(len(CASES)):
        environment = {**os.environ, "KERAS_BACKEND": engine, "TF_CPP_MIN_LOG_LEVEL": "3"}
        subprocess.run([sys.executable, __file__, engine, str(case)], env=environment, check=True)


if __name__ == "__main__":
    main()
