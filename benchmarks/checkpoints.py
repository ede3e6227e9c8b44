"""What checkpoints cost: the time that they take beside that of the epochs, of eight small CNNs.

Each config is trained with and without them, one after the other, on random images of CIFAR-10's size. The share is of
the time in which the training stands still for a checkpoint, of the time from one report to the next; the ratio of
all epochs with checkpoints to all without has the noise of the machine in it.

    python benchmarks/checkpoints.py [IMAGES] [EPOCHS]
"""

from __future__ import annotations

import statistics
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
from hpo.studies import Checkpoint, StudyFiles, TrialCheckpoints
from hpo.training import EpochReport, Verdict
from hpo.training.trial.checkpointer import Checkpointer
from hpo.training.trial.trial import run_trial

CONFIGS = [
    {"depth": depth, "filters": filters, "dense_units": units, "optimizer": optimizer}
    for depth, filters, units in ((2, 16, 64), (3, 32, 64))
    for optimizer in ("adam", {"sgd": {"momentum": 0.9}}, "rmsprop", "adamw")
]


@dataclass
class Clock:
    """Notes when each epoch is reported."""

    limits_cost: bool = False
    times: list[float] = field(default_factory=list)

    def accepts(self, measures: object) -> bool:
        """Take any network."""
        return True

    def report(self, report: EpochReport) -> Verdict:
        """Note the time."""
        self.times.append(time.perf_counter())
        return Verdict.CONTINUE

    def must_pause(self) -> bool:
        """Never."""
        return False

    @property
    def epochs(self) -> list[float]:
        """Seconds of each epoch but the first, in which the engine compiles."""
        return [after - before for before, after in zip(self.times, self.times[1:], strict=False)]


def main() -> None:
    """Measure, and print."""
    images, epochs = (int(argument) for argument in [*sys.argv[1:], "2000", "6"][:2])
    random = np.random.default_rng(0)

    def part(count: int) -> Part:
        return Part(random.integers(0, 256, (count, 32, 32, 3), np.uint8), (np.arange(count) % 10).astype(np.int32))

    data = TrialData(tuple("abcdefghij"), part(images), part(images // 4))
    objective = Objective(metric="val_accuracy", direction="maximize")
    taken: list[float] = []
    take = Checkpointer.take

    def timed(*arguments: Any, **options: Any) -> Checkpoint | None:  # noqa: ANN401 - whatever `take` takes
        started = time.perf_counter()
        checkpoint = take(*arguments, **options)
        taken.append(time.perf_counter() - started)
        return checkpoint

    Checkpointer.take = timed  # type: ignore[method-assign]
    with_them, without, shares = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for number, options in enumerate(CONFIGS):
            model = {"family": "simple_cnn", **{key: value for key, value in options.items() if key != "optimizer"}}
            training = {"epochs": epochs, "batch_size": 32, "optimizer": options["optimizer"]}
            config = read_config(rewrite_tree({"data": {"dataset": "cifar10"}, "model": model, "training": training}))
            sides: list[TrialCheckpoints | None] = [StudyFiles(Path(folder)).checkpoints(number, 1), None]
            for side in sides if number % 2 else reversed(sides):
                clock, before = Clock(), len(taken)
                run_trial(config, data, [objective], 1, clock, checkpoints=side)
                (without if side is None else with_them).extend(clock.epochs)
                if side is not None:
                    shares.append(sum(taken[before + 1 :]) / sum(clock.epochs))
                    size = max(path.stat().st_size for path in Path(folder).rglob(f"trial-{number}/*.npz"))
                    mean = statistics.median(taken[before + 1 :])
                    print(
                        f"{number}: {size / 1e6:.1f} MB, {mean * 1e3:.1f} ms of {statistics.median(clock.epochs):.2f} s"
                    )
    print(f"share of an epoch: median {statistics.median(shares):.2%}, largest {max(shares):.2%}")
    print(f"epochs with checkpoints to epochs without: {sum(with_them) / sum(without):.3f}")


if __name__ == "__main__":
    main()
