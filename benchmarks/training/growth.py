"""How much a worker grows from trial to trial: its memory after each tenth trial, and the growth since the first.

    python benchmarks/training/growth.py [TRIALS] [tensorflow | jax | torch] [one]

Networks of different shapes, or `one` network with other learning rates, dropout and optimizers, are trained for two
epochs on `digits` by one worker, which is not replaced as it grows.
What the engine takes by the end of the first trial is no growth, nor is it for `recovery.max_growth`. Linux only.
"""

from __future__ import annotations

import sys
import tempfile

import psutil

import hpo
from hpo.fleet import Event, TrialEnded, WorkerReady

SPACE = {
    "study": "growth",
    "data": {"dataset": "digits", "validation": 0.2},
    "model": {
        "family": "simple_cnn",
        "depth": {"int": [1, 2]},
        "filters": {"int": [2, 12]},
        "dense_units": {"int": [4, 64]},
    },
    "training": {
        "epochs": 2,
        "batch_size": {"choice": [64, 128]},
        "learning_rate": {"float": [1e-4, 1e-1], "log": True},
        "optimizer": {"choice": {"adam": None, "sgd": {"momentum": {"float": [0.0, 0.9]}}}},
    },
    "search": {"sampler": "random", "pruner": "none"},
    "recovery": {"max_growth": "none"},
}


ONE_NETWORK = {"family": "simple_cnn", "depth": 2, "filters": 8, "dropout": {"float": [0.0, 0.5]}}


def main() -> None:
    """Run the trials, and print how much memory the worker has."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    engine = sys.argv[2] if len(sys.argv) > 2 else "tensorflow"  # noqa: PLR2004
    space = {**SPACE, "model": ONE_NETWORK} if sys.argv[3:] == ["one"] else SPACE
    sizes: list[int] = []
    worker: list[psutil.Process] = []

    def listen(event: Event) -> None:
        match event:
            case WorkerReady(name=name):
                worker.append(psutil.Process(int(name.rpartition(":")[2])))
                print(f"ready: {worker[-1].memory_info().rss / 1e6:.0f} MB", flush=True)
            case TrialEnded(number=number):
                sizes.append(worker[-1].memory_info().rss)
                if number in (0, 1, 4) or (number + 1) % 10 == 0:
                    grown = (sizes[-1] - sizes[0]) / 1e6
                    print(f"trial {number + 1:4}: {sizes[-1] / 1e6:5.0f} MB, {grown:+4.0f} MB", flush=True)

    with tempfile.TemporaryDirectory() as studies:
        hpo.run(space, trials=trials, engine=engine, studies=studies, quiet=True, listen=lambda study: listen)


if __name__ == "__main__":
    main()
