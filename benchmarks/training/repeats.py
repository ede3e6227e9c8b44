"""What repeats cost: a trial of several against as many trials, in CPU seconds, and what a device holds of it.

Each trial is trained on random images of CIFAR-10's size, with N repeats and with one. The CPU seconds are those of the
process from the first report to the last, so without building and compiling; those of the trial with one repeat count N
times. On JAX, the bytes of all arrays on the device are given too, the most at any report.

    KERAS_BACKEND=jax python benchmarks/training/repeats.py [IMAGES] [EPOCHS] [REPEATS]
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

import keras
import numpy as np

from hpo.data import Part, TrialData
from hpo.spaces import Objective
from hpo.spaces.sections.canonical import rewrite_tree
from hpo.spaces.spec.config import read_config
from hpo.training import EpochReport, Verdict
from hpo.training.trial.trial import run_trial

MODELS = {
    "small": {"family": "simple_cnn", "depth": 2, "filters": 16, "dense_units": 64},
    "larger": {"family": "simple_cnn", "depth": 3, "filters": 32, "dense_units": 512},
}


@dataclass
class Meter:
    """Reads the clock of the CPU, and the arrays on the device, at each report."""

    limits_cost: bool = False
    seconds: list[float] = field(default_factory=list)
    device_bytes: list[int] = field(default_factory=list)

    def accepts(self, measures: object) -> bool:
        """Take any network."""
        return True

    def report(self, report: EpochReport) -> Verdict:
        """Read."""
        self.seconds.append(time.process_time())
        if keras.backend.backend() == "jax":
            import jax

            self.device_bytes.append(sum(array.nbytes for array in jax.live_arrays()))
        return Verdict.CONTINUE

    def must_pause(self) -> bool:
        """Never."""
        return False


def main() -> None:
    """Measure, and print."""
    images, epochs, repeats = (int(argument) for argument in [*sys.argv[1:], *("2000", "6", "4")[len(sys.argv) - 1 :]])
    random = np.random.default_rng(0)

    def part(count: int) -> Part:
        return Part(random.integers(0, 256, (count, 32, 32, 3), np.uint8), (np.arange(count) % 10).astype(np.int32))

    data = TrialData(tuple("abcdefghij"), part(images), part(images // 4))
    for name, model in MODELS.items():
        meters = {}
        for count in (1, repeats):
            training = {"epochs": epochs, "batch_size": 32, "repeats": count}
            config = read_config(rewrite_tree({"data": {"dataset": "cifar10"}, "model": model, "training": training}))
            meters[count] = Meter()
            run_trial(config, data, [Objective(metric="val_accuracy", direction="maximize")], 1, meters[count])
        one, several = (meter.seconds[-1] - meter.seconds[0] for meter in meters.values())
        text = f"{name}: {several:.2f} CPU s, {several / one / repeats:.2f} times those of {repeats} trials"
        if meters[1].device_bytes:
            sizes = [max(meter.device_bytes) / 1e6 for meter in meters.values()]
            text += f"; {sizes[1]:.2f} MB on the device, and {sizes[0]:.2f} MB with one repeat"
        print(f"{keras.backend.backend()}, {text}", flush=True)


if __name__ == "__main__":
    main()
