"""Learning curves that are computed in a millisecond, and what a search may spend on them, in epochs."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hpo.spaces import Params

EPOCHS = int(os.environ.get("SIMULATED_EPOCHS", "52"))
"""Of a whole training."""
MARKS = 40
"""Points of time at which the best value so far is noted, evenly spread over the budget."""
Curve = NDArray[np.float64]
SPACE = {
    "study": "simulated",
    "data": {"dataset": "digits"},
    "model": {
        "family": "simple_cnn",
        "depth": {"int": [1, 5]},
        "dense_units": {"int": [64, 1024], "log": True},
        "dropout": {"float": [0.0, 0.99]},
    },
    "training": {
        "epochs": EPOCHS,
        "batch_size": {"int": [16, 512], "log": True},
        "learning_rate": {"float": [1e-4, 1e-1], "log": True},
        "optimizer": {"sgd": {"momentum": {"float": [0.1, 0.99]}}},
        "weight_decay": {"float": [1e-5, 1e-1]},
    },
}
"""The space of LCBench in the words of a space file."""
AXES = (
    *("batch_size", "learning_rate", "optimizer.sgd.momentum", "weight_decay"),
    *("depth", "dense_units", "dropout"),
)


class BudgetSpentError(Exception):
    """No epoch is left."""


class Curves(Protocol):
    """Learning curves of several tasks."""

    tasks: Sequence[str]

    def curves(self, task: str, configs: Sequence[Params]) -> NDArray[np.float64]:
        """Give the accuracy in percent at each epoch, `[configs, EPOCHS]`."""


class Surrogate:
    """Learning curves of the data sets of LCBench, from a folder with `model.onnx`, `encoding.json`, ...."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._model = onnxruntime.InferenceSession(str(folder / "model.onnx"), options)
        self._codes = json.loads((folder / "encoding.json").read_text())["OpenML_task_id"]
        space = json.loads((folder / "config_space.json").read_text())["hyperparameters"]
        tasks = next(parameter["choices"] for parameter in space if parameter["name"] == "OpenML_task_id")
        self.tasks = sorted(tasks, key=int)

    def curves(self, task: str, configs: Sequence[Params]) -> NDArray[np.float64]:
        """Compute them by the surrogate."""
        inputs = np.empty((len(configs), EPOCHS, 8), np.float32)
        inputs[:, :, 0] = np.arange(1, EPOCHS + 1)
        inputs[:, :, 1:] = np.array([[config[name] for name in AXES] for config in configs])[:, None, :]
        codes = np.full((len(configs) * EPOCHS, 1), self._codes[task], np.int32)
        (outputs,) = self._model.run(None, {"x_cat": codes, "x_cont": inputs.reshape(-1, 8)})
        return outputs[:, 1].reshape(len(configs), EPOCHS).astype(float)


class Synthetic:
    """Three made-up tasks, for trying the benchmark without data."""

    tasks = ("one", "two", "three")

    def curves(self, task: str, configs: Sequence[Params]) -> NDArray[np.float64]:
        """Compute them by a formula: a bowl that is reached at a speed that depends on the learning rate."""
        shift = 0.2 * self.tasks.index(task)
        rate = np.array([math.log10(float(config["learning_rate"])) for config in configs])
        dropout = np.array([float(config["dropout"]) for config in configs])
        end = 90 - 10 * (rate + 2.5 - shift) ** 2 - 20 * (dropout - 0.3 - shift) ** 2
        return end[:, None] * (1 - np.exp(-np.arange(1, EPOCHS + 1) / (-4 * rate[:, None])))


class Simulation:
    """One search on one task, which may train for so many epochs."""

    def __init__(self, curves: Curves, task: str, budget: int) -> None:
        self._curves, self._task, self.budget = curves, task, budget
        self.used = 0
        self._best = -math.inf
        self.marks: list[float] = []
        """The best value so far at each mark; complete where the budget is spent."""

    def train(self, params: Params, start: int = 0) -> Iterator[float]:
        """Train a config from the epoch after `start` on; each value that is taken is an epoch that is paid.

        Raises:
            BudgetSpentError: no epoch is left.
        """
        return self._pay(self._curves.curves(self._task, [params])[0], start)

    def _pay(self, curve: Curve, start: int) -> Iterator[float]:
        for value in curve[start:].tolist():
            if self.used == self.budget:
                raise BudgetSpentError
            self.used += 1
            self._best = max(self._best, value)
            while self.used * MARKS >= self.budget * (len(self.marks) + 1):
                self.marks.append(self._best)
            yield value

    def many(self, configs: Sequence[Params]) -> list[Iterator[float]]:
        """Begin to train configs of a list, as `train`, computed at once; what is not taken is not paid."""
        return [self._pay(curve, 0) for curve in self._curves.curves(self._task, configs)]


def scale_of(curves: Curves, task: str, configs: Sequence[Mapping[str, object]]) -> tuple[float, float]:
    """Give the median and the highest of the best values that configs reach."""
    best = curves.curves(task, configs).max(axis=1)  # type: ignore[arg-type]
    return float(np.median(best)), float(best.max())
