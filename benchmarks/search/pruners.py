"""How well samplers and pruners search at equal epochs, and what pruners cost: studies simulated on learning curves.

    python benchmarks/search/pruners.py LCBENCH [choose | report]

LCBENCH is a folder with YAHPO's surrogate of LCBench (`model.onnx`, `encoding.json`): validation accuracy at epochs 1
to 52 by seven hyperparameters, on 34 data sets. It needs `pip install onnxruntime`. Samplers and pruners are those that
`hpo run` uses, asked and told as its workers do. Settings were chosen on every second data set (`choose`) and are
reported on the others.
"""

from __future__ import annotations

import json
import sys
import tempfile
import warnings
from collections import defaultdict
from contextlib import nullcontext
from pathlib import Path
from statistics import mean, median
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
import optuna
from numpy.typing import NDArray

from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import Params, load
from hpo.training import Completed, EpochReport, Learned, Pruned, Verdict

SEEDS, TRIALS, EPOCHS, PATIENCE, STUDIES = 3, 30, (52, 20), 5, 200
AXES = (
    *("batch_size", "learning_rate", "optimizer.sgd.momentum", "weight_decay"),
    *("depth", "dense_units", "dropout"),
)
SPACE = """\
study: simulated
seed: {seed}
data: {{dataset: digits}}
model:
  family: simple_cnn
  depth: {{int: [1, 5]}}
  dense_units: {{int: [64, 1024], log: true}}
  dropout: {{float: [0.0, 0.99]}}
training:
  epochs: {epochs}
  batch_size: {{int: [16, 512], log: true}}
  learning_rate: {{float: [1e-4, 1e-1], log: true}}
  optimizer: {{sgd: {{momentum: {{float: [0.1, 0.99]}}}}}}
  weight_decay: {{float: [1e-5, 1e-1]}}
search: {{trials: 10000, sampler: {sampler}, pruner: {pruner}}}
"""
BEFORE = "{median: {n_warmup_steps: 0, n_min_trials: 1}}"
SEARCHES = {
    "random, no pruner": ("random", "none"),
    "tpe, no pruner": ("tpe", "none"),
    "tpe, median from the first epoch on": ("tpe", BEFORE),
    "tpe, median": ("tpe", "median"),
    "tpe, median after 1/4": ("tpe", "{median: {n_warmup_steps: QUARTER}}"),
    "tpe, best 75 % after 1/8": ("tpe", "{percentile: {percentile: 75.0}}"),
    "tpe, hyperband from epoch 1, 2 compared": ("tpe", "{hyperband: {min_resource: 1, n_min_trials: 1}}"),
    "tpe, hyperband": ("tpe", "hyperband"),
    "tpe, successive halving": ("tpe", "successive_halving"),
    "random, median": ("random", "median"),
}
REPORTED = list(SEARCHES)[:4]
"""What is compared on the data sets on which nothing was chosen."""
Curve = NDArray[np.float64]


class Surrogate:
    """Learning curves of the data sets of LCBench."""

    def __init__(self, folder: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._model = onnxruntime.InferenceSession(str(folder / "model.onnx"), options)
        codes = json.loads((folder / "encoding.json").read_text())["OpenML_task_id"]
        space = json.loads((folder / "config_space.json").read_text())["hyperparameters"]
        tasks = next(each["choices"] for each in space if each["name"] == "OpenML_task_id")
        self.codes = [codes[task] for task in sorted(tasks, key=int)]

    def curve(self, code: int, params: Params) -> Curve:
        """Accuracy in percent at each epoch, `[52]`."""
        inputs = np.empty((52, 8), np.float32)
        inputs[:, 0] = np.arange(1, 53)
        inputs[:, 1:] = [params[name] for name in AXES]
        return self._model.run(None, {"x_cat": np.full((52, 1), code, np.int32), "x_cont": inputs})[0][:, 1]


def search_by(sampler: str, pruner: str, epochs: int, seed: int) -> OptunaSearch:
    """What workers ask, on a study in memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "space.yaml"
        pruner = pruner.replace("QUARTER", str(round(epochs / 4)))
        path.write_text(SPACE.format(sampler=sampler, pruner=pruner, epochs=epochs, seed=seed))
        spec = load(path)
    storage, name = optuna.storages.InMemoryStorage(), f"simulated-{seed}"
    optuna.create_study(study_name=name, storage=storage, direction="maximize")
    study: Any = SimpleNamespace(
        spec=spec,
        carried=None,
        optuna_storage=storage,
        optuna_study=SimpleNamespace(study_name=name),
        folder=SimpleNamespace(asking=nullcontext),
    )
    return OptunaSearch(study, "simulation")


def run_trial(search: OptunaSearch, surrogate: Surrogate, code: int, epochs: int, patience: int | None = None):  # noqa: ANN201
    """Run one trial: the epochs that it got, its best value, those of its whole curve, and whether it was pruned."""
    trial = search.ask()
    whole = stopped(surrogate.curve(code, trial.params)[:epochs], patience)
    reports = (EpochReport(epoch, epochs, float(value), 1.0) for epoch, value in enumerate(whole, start=1))
    ran = next((report.epoch for report in reports if trial.report(report) is Verdict.PRUNE), len(whole))
    best = float(max(whole[:ran]))
    learned = Learned(best, int(np.argmax(whole[:ran])) + 1, float(whole[ran - 1]), {}, 1.0, {})
    is_pruned = ran < len(whole)
    trial.tell(Pruned(learned) if is_pruned else Completed(learned, (best,), save_model=lambda path: None))
    return ran, best, len(whole), float(max(whole)), is_pruned


def stopped(curve: Curve, patience: int | None) -> Curve:
    """A curve as early stopping ends it."""
    if patience is None:
        return curve
    bests = np.maximum.accumulate(curve)
    still = (epoch for epoch in range(patience, len(curve)) if bests[epoch] <= bests[epoch - patience])
    return curve[: next(still, len(curve) - 1) + 1]


def regrets(surrogate: Surrogate, codes: list[int], epochs: int, names: list[str]) -> dict[str, list[float]]:
    """Points of accuracy that each search misses the best of all by, when 30 whole trainings' epochs are used up."""
    found: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for code in codes:
        for seed in range(SEEDS):
            for name in names:
                sampler, pruner = SEARCHES[name]
                search, used, best = search_by(sampler, pruner, epochs, seed), 0, 0.0
                while used < TRIALS * epochs:
                    ran, value, _, _, is_pruned = run_trial(search, surrogate, code, epochs)
                    used, best = used + ran, best if is_pruned else max(best, value)
                found[name].append((code, best))
    highest: dict[int, float] = defaultdict(float)
    for code, best in (each for several in found.values() for each in several):
        highest[code] = max(highest[code], best)
    return {name: [highest[code] - best for code, best in several] for name, several in found.items()}


def losses(surrogate: Surrogate, codes: list[int], pruner: str) -> tuple[float, float]:
    """How often the best of 30 random trials is pruned, and the share of epochs saved, with early stopping."""
    lost, ran, whole = 0, 0, 0
    for study in range(STUDIES):
        search, code = search_by("random", pruner, 52, study), codes[study % len(codes)]
        trials = [run_trial(search, surrogate, code, 52, PATIENCE) for _ in range(TRIALS)]
        best = max(trials, key=lambda trial: trial[3])
        lost, ran, whole = lost + best[4], ran + sum(t[0] for t in trials), whole + sum(t[2] for t in trials)
    return lost / STUDIES, 1 - ran / whole


def main() -> None:
    """Simulate and print."""
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    surrogate, chooses = Surrogate(Path(sys.argv[1])), sys.argv[2:] == ["choose"]
    codes, names = surrogate.codes[0 if chooses else 1 :: 2], list(SEARCHES) if chooses else REPORTED
    for epochs in EPOCHS:
        print(f"\nregret in points of accuracy, {TRIALS} x {epochs} epochs, {len(codes)} data sets x {SEEDS} seeds")
        for name, values in regrets(surrogate, codes, epochs, names).items():
            print(f"{name:<42} median {median(values):5.2f}  mean {mean(values):5.2f}", flush=True)
    print(f"\n{STUDIES} studies of {TRIALS} random trials of up to 52 epochs, early stopping after {PATIENCE}")
    for name, pruner in {pruner: pruner for sampler, pruner in SEARCHES.values() if sampler == "tpe"}.items():
        lost, saved = losses(surrogate, codes, pruner)
        print(f"{name:<62} best pruned {lost:4.0%}  epochs saved {saved:4.0%}", flush=True)


if __name__ == "__main__":
    main()
