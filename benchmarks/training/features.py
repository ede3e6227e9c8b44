"""What features of a frozen base save: CPU seconds of an epoch, and of a search over heads, with features and without.

Ratios of things that are measured in one run, one beside the other:

- an epoch of training the head on random images, of VGG16 at 32 pixels and of MobileNetV2 at 96: median of those after
  the first two, validation and checkpoint included;
- a search over heads end to end: trials one after the other, each from the config to its end, with features that
  nobody has computed before. As a worker does, the model of a trial is kept where none before was better. With
  `--weights FILE` the base is MobileNetV2 (alpha 0.35) with these weights.

All histories are compared: they have to be equal to the last bit.

    python benchmarks/training/features.py [--images 2000] [--weights FILE] [--smallest]
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

import numpy as np

from hpo.data import Part, TrialData
from hpo.data.pixels.cache import Cache
from hpo.spaces import Config, Objective
from hpo.spaces.sections.canonical import rewrite_tree
from hpo.spaces.spec.config import read_config
from hpo.studies import StudyFiles
from hpo.training import Completed, EpochReport, Verdict
from hpo.training.features.store import FeatureStore
from hpo.training.pool.pool import ModelPool
from hpo.training.trial.trial import run_trial

CLASSES = tuple("abcdefghij")


@dataclass
class Meter:
    """Reads the clock of the CPU at each report."""

    limits_cost: bool = False
    seconds: list[float] = field(default_factory=list)

    def accepts(self, measures: object) -> bool:
        """Take any network."""
        return True

    def report(self, report: EpochReport) -> Verdict:
        """Read."""
        self.seconds.append(time.process_time())
        return Verdict.CONTINUE

    def must_pause(self) -> bool:
        """Never."""
        return False

    @property
    def epoch(self) -> float:
        """Seconds of an epoch, the first two left out."""
        return statistics.median(np.diff(self.seconds)[1:] if len(self.seconds) > 2 else np.diff(self.seconds))  # noqa: PLR2004


def make_data(images: int, side: int) -> TrialData:
    """Random images, of which one in five is to validate on."""
    random = np.random.default_rng(0)

    def part(count: int) -> Part:
        labels = random.integers(0, len(CLASSES), count).astype(np.int32)
        return Part(random.integers(0, 256, (count, side, side, 3), np.uint8), labels)

    return TrialData(CLASSES, part(images - images // 5), part(images // 5), key=f"random {images} {side}")


def make_config(model: dict[str, Any], epochs: int, learning_rate: float = 1e-3) -> Config:
    """A head on a frozen base."""
    training = {"epochs": epochs, "batch_size": 32, "learning_rate": learning_rate, "optimizer": "adam"}
    tree = {
        "data": {"dataset": "cifar10", "normalization": "imagenet"},
        "model": {"frozen_layers": "all", **model},
        "training": training,
    }
    return read_config(rewrite_tree(tree))


def train(
    config: Config, data: TrialData, features: FeatureStore | None, folder: Path, pool: ModelPool | None = None
) -> tuple[Meter, Completed]:
    """Run a trial as a worker does, its model kept."""
    meter, objective = Meter(), Objective(metric="val_accuracy", direction="maximize")
    checkpoints = StudyFiles(folder).checkpoints(0, 1)
    outcome = run_trial(config, data, [objective], 1, meter, checkpoints=checkpoints, features=features, pool=pool)
    assert isinstance(outcome, Completed), outcome  # noqa: S101
    return meter, outcome


def compare_epochs(name: str, model: dict[str, Any], data: TrialData, epochs: int) -> dict[str, Any]:
    """Measure an epoch with features and without."""
    config, meters, histories = make_config(model, epochs), [], []
    for has_features in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            store = FeatureStore(Cache(Path(folder), content="features"), 0) if has_features else None
            meter, outcome = train(config, data, store, Path(folder))
        meters.append(meter)
        histories.append(outcome.learned.history)
    whole, head = meters[0].epoch, meters[1].epoch
    print(
        f"{name}: an epoch takes {whole:.3f} CPU s, {head:.3f} s on features: {whole / head:.1f} x faster; "
        f"equal: {histories[0] == histories[1]}",
        flush=True,
    )
    return {"whole": whole, "head": head, "ratio": whole / head, "equal": histories[0] == histories[1]}


def compare_searches(model: dict[str, Any], data: TrialData, trials: int, epochs: int) -> dict[str, Any]:
    """Measure a search over heads with features and without, turn by turn, each with a pool of models of its own."""
    grid = itertools.islice(
        itertools.cycle(itertools.product((0, 64, 128, 256), (0.0, 0.25, 0.5), (1e-3, 3e-3, 1e-2))), 0, 7 * trials, 7
    )
    seconds, walls, best, kept, is_equal = [0.0, 0.0], [0.0, 0.0], [-1.0, -1.0], [0, 0], True
    with tempfile.TemporaryDirectory() as folder:
        store = FeatureStore(Cache(Path(folder), content="features"))
        ways = [(None, ModelPool()), (store, ModelPool())]
        for number, (units, dropout, learning_rate) in enumerate(grid):
            config = make_config({**model, "dense_units": units, "dropout": dropout}, epochs, learning_rate)
            histories = []
            for index, (features, pool) in enumerate(ways):
                began, wall = time.process_time(), time.perf_counter()
                place = Path(folder) / f"{number}-{index}"
                place.mkdir()
                _, outcome = train(config, data, features, place, pool)
                if outcome.values[0] > best[index]:
                    best[index], kept[index] = outcome.values[0], kept[index] + 1
                    outcome.save_model(place / "model.keras")
                seconds[index] += time.process_time() - began
                walls[index] += time.perf_counter() - wall
                histories.append(outcome.learned.history)
            is_equal &= kept[0] == kept[1] and histories[0] == histories[1]
            print(
                f"after {number + 1} trials: {seconds[0]:.1f} and {seconds[1]:.1f} CPU s", file=sys.stderr, flush=True
            )
    ratio = seconds[0] / seconds[1]
    print(
        f"{trials} heads of {epochs} epochs on {len(data.train) + len(data.validation)} images, {kept[1]} models kept: "
        f"{seconds[0]:.1f} CPU s, {seconds[1]:.1f} s with features: {ratio:.1f} x faster "
        f"({walls[0] / walls[1]:.1f} x in wall time); equal: {is_equal}",
        flush=True,
    )
    return {"whole": seconds[0], "features": seconds[1], "ratio": ratio, "equal": is_equal}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--weights", type=Path, help="of MobileNetV2 with alpha 0.35, without its top")
    parser.add_argument("--only", choices=["epochs", "search"], help="measure this alone")
    parser.add_argument("--smallest", action="store_true", help="see that it works, in seconds")
    options = parser.parse_args()
    vgg16 = {"family": "vgg16", "weights": "none"}
    weights = "none" if options.weights is None else str(options.weights)
    mobilenet = {"family": "application", "name": "mobilenet_v2", "alpha": 0.35, "weights": weights}
    figures = {}
    gc.freeze()  # as a worker does when it is ready
    if options.smallest:
        figures["vgg16"] = compare_epochs("VGG16, 32 px", vgg16, make_data(40, 32), 2)
    elif options.only != "search":
        figures["vgg16"] = compare_epochs("VGG16, 32 px", vgg16, make_data(options.images, 32), 4)
        figures["mobilenet_v2"] = compare_epochs("MobileNetV2, 96 px", mobilenet, make_data(options.images, 96), 6)
    if options.only != "epochs" and not options.smallest:
        data = make_data(options.images, 96)
        figures["search"] = compare_searches(mobilenet, data, options.trials, options.epochs)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
