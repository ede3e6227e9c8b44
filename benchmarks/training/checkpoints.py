"""What checkpoints cost: the time that they take beside that of the epochs, of eight small CNNs.

Each config is trained with and without them, one after the other, on random images of CIFAR-10's size. The share is of
the time in which the training stands still for a checkpoint, of the time from one report to the next, by the clock and
in CPU seconds of the process; the ratio is of the CPU seconds of all epochs with checkpoints to those of all without.

    python benchmarks/training/checkpoints.py [IMAGES] [EPOCHS]
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hpo.data import Part, TrialData
from hpo.spaces import Objective
from hpo.spaces.sections.canonical import rewrite_tree
from hpo.spaces.spec.config import read_config
from hpo.studies import StudyFiles
from hpo.training import EpochReport, Verdict
from hpo.training.trial.checkpointer import Checkpointer
from hpo.training.trial.trial import run_trial

CONFIGS = [
    {"depth": depth, "filters": filters, "dense_units": units, "optimizer": optimizer}
    for depth, filters, units in ((2, 16, 64), (3, 32, 64))
    for optimizer in ("adam", {"sgd": {"momentum": 0.9}}, "rmsprop", "adamw")
]


Seconds = np.ndarray
"""By the clock, and of the CPU."""


def now() -> Seconds:
    """Read both clocks."""
    return np.array([time.perf_counter(), time.process_time()])


@dataclass
class Clock:
    """Notes when each epoch is reported: seconds by the clock, and of the CPU."""

    limits_cost: bool = False
    times: list[Seconds] = field(default_factory=list)

    def accepts(self, measures: object) -> bool:
        """Take any network."""
        return True

    def report(self, report: EpochReport) -> Verdict:
        """Note the time."""
        self.times.append(now())
        return Verdict.CONTINUE

    def must_pause(self) -> bool:
        """Never."""
        return False

    @property
    def epochs(self) -> Seconds:
        """How long all epochs but the first, in which the engine compiles, took together."""
        return self.times[-1] - self.times[0]


def main() -> None:
    """Measure, and print."""
    images, epochs = (int(argument) for argument in [*sys.argv[1:], "2000", "6"][:2])
    random = np.random.default_rng(0)

    def part(count: int) -> Part:
        return Part(random.integers(0, 256, (count, 32, 32, 3), np.uint8), (np.arange(count) % 10).astype(np.int32))

    data = TrialData(tuple("abcdefghij"), part(images), part(images // 4))
    objective = Objective(metric="val_accuracy", direction="maximize")
    taken: list[Seconds] = []
    take = Checkpointer.take

    def timed(*arguments: Any, **options: Any) -> None:  # noqa: ANN401 - whatever `take` takes
        started = now()
        take(*arguments, **options)
        taken.append(now() - started)

    Checkpointer.take = timed  # type: ignore[method-assign]
    totals, shares = {True: np.zeros(2), False: np.zeros(2)}, []
    with tempfile.TemporaryDirectory() as folder:
        for number, options in enumerate(CONFIGS):
            model = {"family": "simple_cnn", **{key: value for key, value in options.items() if key != "optimizer"}}
            training = {"epochs": epochs, "batch_size": 32, "optimizer": options["optimizer"]}
            config = read_config(rewrite_tree({"data": {"dataset": "cifar10"}, "model": model, "training": training}))
            for is_kept in (True, False) if number % 2 else (False, True):
                store = StudyFiles(Path(folder)).checkpoints(number, 1) if is_kept else None
                clock = Clock()
                taken.clear()
                run_trial(config, data, [objective], 1, clock, checkpoints=store)
                totals[is_kept] += clock.epochs
                if is_kept:
                    shares.append(sum(taken[1:]) / clock.epochs)
                    size = max(path.stat().st_size for path in Path(folder).rglob(f"trial-{number}/*.npz"))
                    (wall, cpu), (of_wall, of_cpu) = sum(taken[1:]) / (epochs - 1), clock.epochs / (epochs - 1)
                    print(f"{number}: {size / 1e6:.1f} MB, {wall * 1e3:.1f} ms of {of_wall:.2f} s, "
                          f"CPU {cpu * 1e3:.1f} ms of {of_cpu:.2f} s", flush=True)  # fmt: skip
    for name, values in zip(("the clock", "CPU seconds"), np.transpose(shares), strict=True):
        print(f"share of an epoch by {name}: median {np.median(values):.2%}, largest {max(values):.2%}")
    print(f"CPU seconds of epochs with checkpoints to those without: {totals[True][1] / totals[False][1]:.3f}")


if __name__ == "__main__":
    main()
