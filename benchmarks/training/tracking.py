"""What tracking costs a trial of the small CNN: examples in the worker, and TensorBoard in the process beside.

Each trial is trained on random images of CIFAR-10's size, and reports its epochs to a study, which the code of the
process beside follows after each one. Shares are of the CPU seconds of the trial: of what the worker adds (predictions
for the validation part, since most models are not kept, and a file), and of what the process beside takes. Its start,
once a run, is told apart.

    python benchmarks/training/tracking.py [IMAGES] [EPOCHS]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hpo.data import Part, TrialData
from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import load
from hpo.studies import create_study
from hpo.studies.files.contents import examples_name
from hpo.tracking.record import TrackingRecord
from hpo.tracking.sending import TrackerThread
from hpo.training import Completed, EpochReport, Verdict
from hpo.training.trial.trial import run_trial


@dataclass
class Followed:
    """Reports to a study, and has a tracker follow; keeps the CPU seconds of the latter."""

    trial: object
    thread: TrackerThread
    limits_cost: bool = False
    sent: list[float] = field(default_factory=list)

    def accepts(self, measures: object) -> bool:
        """Take any network."""
        return True

    def report(self, report: EpochReport) -> Verdict:
        """Report an epoch, and send it."""
        self.trial.report(report)  # type: ignore[attr-defined]
        self.send()
        return Verdict.CONTINUE

    def send(self) -> None:
        """Send what the study has."""
        started = time.process_time()
        self.thread._send(self.trial.number)  # type: ignore[attr-defined]
        self.sent.append(time.process_time() - started)

    def must_pause(self) -> bool:
        """Never."""
        return False


def main() -> None:
    """Measure, and print."""
    images, epochs = (int(argument) for argument in [*sys.argv[1:], "10000", "10"][:2])
    random = np.random.default_rng(0)

    def part(count: int) -> Part:
        return Part(random.integers(0, 256, (count, 32, 32, 3), np.uint8), (np.arange(count) % 10).astype(np.int32))

    data = TrialData(tuple("abcdefghij"), part(images), part(images // 10))
    space = {
        "study": "tracked",
        "data": "cifar10",
        "model": {"family": "simple_cnn", "depth": 2, "filters": {"choice": [16, 32]}, "dense_units": 64},
        "training": {"epochs": epochs, "batch_size": 32, "learning_rate": {"float": [1e-4, 1e-2], "log": True}},
        "search": {"trials": 4, "sampler": "random", "pruner": "none"},
        "tracking": {"tensorboard": True},
    }
    worker, beside = [], []
    with tempfile.TemporaryDirectory() as folder, create_study(load(space), Path(folder)) as study:
        search, record = OptunaSearch(study, "host:1"), TrackingRecord(study, ["tensorboard"])
        settings = study.spec.trackers["tensorboard"]
        thread = TrackerThread("tensorboard", settings, record, Path(folder) / "tensorboard", print)
        for _ in range(4):
            trial = search.ask()
            followed, started = Followed(trial, thread), time.process_time()
            outcome = run_trial(trial.config, data, study.spec.objectives, 1, followed)
            trained = time.process_time() - started - sum(followed.sent)
            assert isinstance(outcome, Completed), outcome  # noqa: S101
            started = time.process_time()
            study.files.examples.put(examples_name(trial.number), outcome.save_examples)
            examples = time.process_time() - started
            trial.tell(outcome)
            followed.send()
            worker.append(examples / trained)
            beside.append(sum(followed.sent) / trained)
            print(f"trial {trial.number}: {trained:.1f} CPU s, examples {examples * 1e3:.0f} ms, beside "
                  f"{sum(followed.sent) * 1e3:.0f} ms", flush=True)  # fmt: skip
    for name, shares in (("worker", worker), ("process beside", beside)):
        print(f"{name}: median {np.median(shares):.2%} of a trial, largest {max(shares):.2%}")
    program = (
        "import time, hpo.tracking.process, hpo.tracking.tensorboard.tracker, hpo.studies.store.storage;"
        "print(time.process_time())"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    print(f"start of the process beside, once a run: {float(result.stdout):.1f} CPU s")


if __name__ == "__main__":
    main()
