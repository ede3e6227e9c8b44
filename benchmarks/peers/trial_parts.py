"""Where the CPU seconds of a short trial go: those of each part, of the configs that tuners are compared by.

    python benchmarks/peers/trial_parts.py [--mode different | repeating] [--images DIR] [--smallest]

All trials run in this process, one after the other, with a pool of models and each with its checkpoints and its kept
model, as a worker runs them; neither the search nor the database is in it. The first trial is left out.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path

import workload

from hpo.processes.environment import engine_environment
from hpo.processes.machine import usable_cores
from hpo.training import EpochReport, Verdict

PARTS = (
    "build the network",
    "compile it",
    "first training step",
    "other training steps",
    "first validation step",
    "other validation steps",
    "checkpoints",
    "write the model and what it predicts",
    "all else",
)
BATCH = 32


class Clock:
    """Counts the CPU seconds of this process by part."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.is_first: dict[str, bool] = {}
        self._last = time.process_time()

    def begin_trial(self) -> None:
        """Count the steps of a trial anew."""
        self.is_first = {"training": True, "validation": True}

    def end(self, part: str) -> None:
        """Count what has passed since the last part ended as one of this part."""
        now = time.process_time()
        self.seconds[part] += now - self._last
        self._last = now

    def watch(self, owner: object, name: str, part: str) -> None:
        """Count the calls of a function as a part."""
        function: Callable[..., object] = getattr(owner, name)

        @wraps(function)
        def watched(*arguments: object, **options: object) -> object:
            self.end("all else")
            try:
                return function(*arguments, **options)
            finally:
                self.end(part)

        setattr(owner, name, watched)

    def watch_steps(self, callbacks: type, event: str, kind: str) -> None:
        """Count what passes between the two calls that Keras makes for each batch; the first of a trial by itself."""
        begin, end = (getattr(callbacks, f"on_{event}_batch_{when}") for when in ("begin", "end"))

        def on_begin(*arguments: object) -> None:
            begin(*arguments)
            self.end("all else")

        def on_end(*arguments: object) -> None:
            self.end(f"{'first' if self.is_first[kind] else 'other'} {kind} step{'' if self.is_first[kind] else 's'}")
            self.is_first[kind] = False
            end(*arguments)

        setattr(callbacks, f"on_{event}_batch_begin", on_begin)
        setattr(callbacks, f"on_{event}_batch_end", on_end)


class Silent:
    """An observer that lets every trial run to its end."""

    limits_cost = False

    def accepts(self, measures: Mapping[str, float]) -> bool:
        """Take every network."""
        return True

    def report(self, report: EpochReport) -> Verdict:
        """Go on."""
        return Verdict.CONTINUE

    def must_pause(self) -> bool:
        """Go on."""
        return False


def profile(configs: list[workload.Config], data: Path, epochs: int, folder: Path) -> list[Counter[str]]:
    """Train each config; the CPU seconds of each trial by part."""
    from hpo.fleet.device import import_engine

    import_engine()  # as a worker does
    import keras

    from hpo.data import DataStore
    from hpo.spaces.file.reading import read_spec
    from hpo.spaces.sections.canonical import rewrite_sections
    from hpo.spaces.text.source import parse
    from hpo.studies import StudyFiles
    from hpo.training.network.model import BuiltModel
    from hpo.training.pool import pool as pools
    from hpo.training.trial.checkpointer import Checkpointer
    from hpo.training.trial.trial import run_trial

    clock = Clock()
    clock.watch(pools, "build_uncompiled", "build the network")
    clock.watch(BuiltModel, "begin", "compile it")
    clock.watch(Checkpointer, "take", "checkpoints")
    clock.watch_steps(keras.callbacks.CallbackList, "train", "training")
    clock.watch_steps(keras.callbacks.CallbackList, "test", "validation")
    pool, store, profiles = pools.ModelPool(), DataStore(0), []
    gc.freeze()  # as a worker does when it is ready
    for number, options in enumerate(map(dict, configs)):
        recipe = {"epochs": epochs, "batch_size": BATCH, "optimizer": "adam"}
        space = {
            "data": {"dataset": "npz", "path": str(data), "normalization": "unit"},
            "training": {**recipe, "learning_rate": options.pop("learning_rate")},
            "model": {**workload.HPO_OPTIONS[options["family"]], **options},
        }
        spec = read_spec(rewrite_sections(parse(json.dumps(space), "profile")), "profile")
        config = spec.config({})
        prepared = store.prepare(config.data).trial
        clock.begin_trial()
        clock.end("before")
        clock.seconds.clear()
        checkpoints = StudyFiles(folder).checkpoints(number, 1)
        outcome = run_trial(config, prepared, spec.objectives, number, Silent(), pool=pool, checkpoints=checkpoints)
        clock.end("all else")
        outcome.save_model(folder / f"{number}.keras")
        clock.end("write the model and what it predicts")
        checkpoints.remove()
        clock.end("checkpoints")
        profiles.append(Counter(clock.seconds))
    return profiles


def main() -> None:
    """Print the parts, as means of the trials and in percent."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--mode", choices=workload.CONFIGS, default="different")
    parser.add_argument("--images", type=Path, help="a folder with one of images for each class; else digits")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--smallest", action="store_true", help="two trials on a few digits of 8 pixels")
    said = parser.parse_args()
    os.environ.update(engine_environment(len(usable_cores()), "tensorflow") | {"TF_CPP_MIN_LOG_LEVEL": "3"})
    count, size = (64, 8) if said.smallest else (said.count, 32)
    configs = list(workload.CONFIGS[said.mode])[: 2 if said.smallest else None]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.npz"
        workload.write_data(data, said.images, count, size)
        _, *profiles = profile(configs, data, said.epochs, Path(folder))
    total = sum(sum(one.values()) for one in profiles)
    for part in PARTS:
        seconds = sum(one[part] for one in profiles)
        print(f"| {part} | {seconds / len(profiles):.2f} | {seconds / total:.0%} |")
    print(f"| a trial | {total / len(profiles):.2f} | |")


if __name__ == "__main__":
    main()
