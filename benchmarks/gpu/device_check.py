"""What holds on this machine's GPU: the engines' contract, exact resuming, shares, memory, trials an hour, fused steps.

    make device-check                               writes docs/device.md
    python benchmarks/gpu/device_check.py --cpu     the same parts, smaller, on the CPU; prints the page, writes nothing
    python benchmarks/gpu/device_check.py --parts memory,speed --engines torch
    python benchmarks/gpu/device_check.py --parts speed --images c10    trials an hour on CIFAR-10, from a folder

Where hpo is not installed, `PYTHONPATH=. python benchmarks/gpu/device_check.py` in a checkout does. It takes JAX and
PyTorch, whichever is installed and sees the GPU, and TensorFlow where that is there as well. Nothing is read from the
network. On a machine without a GPU it says so, and ends with status 1.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import hpo
from hpo.doctor.software import installed_version
from hpo.fleet import find_launcher
from hpo.fleet.gpus import find_gpus
from hpo.processes.machine import core_count
from hpo.processes.parent import ProcessEndedError, ask
from hpo.spaces import Engine, load
from hpo.studies import create_study

ROOT = Path(__file__).resolve().parents[2]
ENGINES: tuple[Engine, ...] = ("jax", "torch", "tensorflow")
FAMILIES = {
    "simple_cnn": {"depth": 2, "filters": 4, "dense_units": 8},
    "vgg16_small": {"filters": 16, "dense_units": 32},
}
PLAIN = {"convolution_dropout": 0.0, "dropout": 0.0, "kernel_l2": 0.0}
RESUMED = """\
data: {{dataset: digits, augmentation: {{flip: horizontal, shift: 0.1}}}}
model: {{family: simple_cnn, depth: 1, filters: 4, dense_units: 4, dropout: 0.3}}
training: {{epochs: 3, batch_size: 8, learning_rate: 0.01, optimizer: {optimizer}, ema: {{momentum: 0.8}}}}
"""
TOO_LARGE = 2048
"""Filters of a network that no device has the memory for, on images of 256 x 256 in batches of 512."""

History = dict[str, list[float | None]]
Row = tuple[str, str, str]
"""A line of the page: what was checked, on what, and what came out."""


class Check:
    """The parts of the check on one machine; each gives rows of the page."""

    def __init__(
        self,
        engines: list[Engine],
        folder: Path,
        *,
        on_gpu: bool,
        images: Path | None = None,
        is_smallest: bool = False,
    ) -> None:
        """Prepare to check.

        Args:
            engines: those that see the device; studies are run on the first.
            folder: for studies.
            on_gpu: whether that device is a GPU.
            images: what trials are counted on, a folder of images for each class; None for digits, at 32 x 32 pixels.
            is_smallest: whether trials are counted with one worker alone, of one trial, and two small networks fused.
        """
        self._engines, self._folder, self._on_gpu = engines, folder, on_gpu
        self._images, self._is_smallest = images, is_smallest

    def contract(self) -> Iterator[Row]:
        """Train two families on each engine: frozen weights stay, others move, the loss falls, a saved model agrees."""
        options = {"simple_cnn": FAMILIES["simple_cnn"], "vgg16_small": {**FAMILIES["vgg16_small"], **PLAIN}}
        request = {name: (values, 1e-3) for name, values in options.items()}
        for engine in self._engines:
            for line in self._run_script("tests/contracts/engine_training.py", engine, request):
                faults = [key for key in ("moved_though_frozen", "still_though_free") if line[key]]
                faults += ["loss"] if line["losses"][1] >= line["losses"][0] else []
                faults += ["saved model"] if line["off_when_predicting"] > 1e-3 else []  # noqa: PLR2004
                yield ("contract", f"{engine}, {line['family']}", f"broken: {', '.join(faults)}" if faults else "holds")

    def resume(self) -> Iterator[Row]:
        """Continue a training after each of its epochs, in another process, and compare it with one that was not."""
        configs = {name: RESUMED.format(optimizer=name) for name in ("adam", "rmsprop", "{sgd: {momentum: 0.9}}")}
        names = {"adam": "adam", "rmsprop": "rmsprop", "{sgd: {momentum: 0.9}}": "sgd"}
        for engine in self._engines:
            request = {
                "folder": str(self._folder / f"resume-{engine}"),
                "configs": {names[name]: text for name, text in configs.items()},
            }
            script = "tests/contracts/resumed_training.py"
            whole = {line["config"]: line for line in self._run_script(script, engine, {**request, "resume": False})}
            resumed = self._run_script(script, engine, {**request, "resume": True})
            for name, one in whole.items():
                lines = [line for line in resumed if line["config"] == name]
                same = [line["history"] == one["history"] and line["arrays"] == one["arrays"] for line in lines]
                apart = max((_difference(line["history"], one["history"]) for line in lines), default=0.0)
                result = "equal to the last bit" if all(same) else f"the history differs by up to {apart:.2g}"
                yield ("resuming", f"{engine}, {name}, {len(lines)} continuations", result)

    def shares(self) -> Iterator[Row]:
        """Run a study on shares, with two workers on one device."""
        study = self._run_study("shares", {"gpus": 0.5} if self._on_gpu else {"cpus": 1}, workers=2, trials=4)
        trials = [trial for trial in study.trials() if trial.state == "complete"]
        workers = {trial.worker for trial in trials}
        share = "half of a GPU each" if self._on_gpu else "a core each"
        yield (
            "shares",
            f"{self._engines[0]}, two workers, {share}",
            f"{len(trials)} trials of {len(workers)} workers complete",
        )

    def memory(self) -> Iterator[Row]:
        """Allocate less and more than a share on each engine, and train a network that is too large."""
        for engine in self._engines:
            resources = {"gpus": 0.25} if self._on_gpu else {"memory": "1GB"}
            spec = load(self._space(f"limit-{engine}", engine, resources))
            with create_study(spec, self._folder) as study:
                (slot,) = find_launcher("local").slots(study, 1)
            assert slot.memory is not None  # noqa: S101 - the file says so
            command = [sys.executable, __file__, "--allocate", engine, str(slot.memory)]
            done = subprocess.run(command, env=dict(slot.environment), capture_output=True, text=True, check=False)
            lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
            words = (done.stderr.strip().splitlines() or [""])[-1][:100]
            report = json.loads(lines[-1]) if lines else {}
            what = f"{engine}, a limit of {slot.memory / 1e9:.1f} GB"
            yield ("memory", f"{what}, half of it", report.get("less", f"the process ended: {words}"))
            yield ("memory", f"{what}, 1.3 times it", report.get("more", f"the process ended: {words}"))
        large = {"filters": TOO_LARGE, "image_size": 256, "batch_size": 512}
        study = self._run_study("too-large", {} if self._on_gpu else {"memory": "2GB"}, workers=1, trials=1, **large)
        (trial,) = study.trials()
        yield (
            "memory",
            f"{self._engines[0]}, a network that is too large",
            f"{trial.state}: {(trial.cause or '')[:120]}",
        )

    def speed(self) -> Iterator[Row]:
        """Count trials an hour of a small CNN with several numbers of workers on one device, against one at a time."""
        alone = None
        for workers in (1,) if self._is_smallest else (1, 2, 4, 8) if self._on_gpu else (1, 2):
            resources = {"gpus": 1 / workers} if self._on_gpu else {}
            trials, timeout = (1, None) if self._is_smallest else (4 * workers, "40s")
            study = self._run_study(f"speed-{workers}", resources, workers=workers, trials=trials, timeout=timeout)
            complete = [trial for trial in study.trials() if trial.state == "complete"]
            what = f"{self._engines[0]}, {workers} worker{'s' if workers > 1 else ''}"
            if not complete:
                yield ("speed", what, "no trial ended within 40 s")
                continue
            begin = min(datetime.fromisoformat(str(trial.started)) for trial in complete)
            end = max(datetime.fromisoformat(str(trial.finished)) for trial in complete)
            rate = 3600 * len(complete) / (end - begin).total_seconds()
            alone = alone or (rate if workers == 1 else None)
            times = "" if alone is None else f", {rate / alone:.2f} times those of one worker"
            yield ("speed", what, f"{rate:.0f} trials an hour{times} (n = {len(complete)}, starts of engines left out)")

    def fused(self) -> Iterator[Row]:
        """Time training steps of several equal networks in one call of JAX, against those of one after another."""
        if "jax" not in self._engines:
            return
        sizes = ["--smallest"] if self._is_smallest else [] if self._on_gpu else ["--networks", "2,4"]
        for line in self._run_script("benchmarks/gpu/fused_steps.py", "jax", None, *sizes):
            ratio = line["seconds"] / line["seconds_one_by_one"]
            losses = "equal" if line["apart"] == 0 else f"apart by up to {line['apart']:.1g} of themselves"
            seconds = f"{line['seconds_compiling']:.0f} s to compile"
            what = f"jax, {line['networks']} equal networks in one step, {line['way']}"
            yield ("fused", what, f"{ratio:.2f} times as long as one after another, {seconds}, losses {losses}")

    def _run_script(self, script: str, engine: str, request: object, *options: str) -> list[dict[str, Any]]:
        environment = {**os.environ, "KERAS_BACKEND": engine, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "2"}
        environment |= {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"} | (
            {} if self._on_gpu else {"CUDA_VISIBLE_DEVICES": "-1"}
        )
        command = [sys.executable, str(ROOT / script), *options]
        done = subprocess.run(
            command, input=json.dumps(request), env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{script} on {engine} ended with status {done.returncode}:\n{done.stderr[-2000:]}")
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def _space(self, name: str, engine: Engine, resources: dict[str, Any], **changes: int) -> dict[str, Any]:
        values = {"filters": 16, "image_size": 32, "batch_size": 64, **changes}
        data = {"dataset": "digits"} if self._images is None else {"dataset": "folder", "path": str(self._images)}
        return {
            "study": name,
            "engine": engine,
            "data": {**data, "validation": 0.2, "image_size": values["image_size"]},
            "model": {"family": "simple_cnn", "depth": 2, "filters": values["filters"], "dense_units": 32},
            "training": {
                "epochs": 3,
                "batch_size": values["batch_size"],
                "learning_rate": {"float": [1e-4, 1e-2], "log": True},
            },
            "search": {"trials": 1, "sampler": "random", "pruner": "none"},
            "resources": resources if self._on_gpu else {"gpus": 0, **resources},
        }

    def _run_study(
        self,
        name: str,
        resources: dict[str, Any],
        *,
        workers: int,
        trials: int,
        timeout: str | None = None,
        **changes: int,
    ) -> hpo.Study:
        space = self._space(name, self._engines[0], resources, **changes)
        return hpo.run(space, trials=trials, timeout=timeout, workers=workers, studies=self._folder, quiet=True)


def _difference(one: History, other: History) -> float:
    """The largest distance between two histories."""
    pairs = [(a, b) for name in one for a, b in zip(one[name], other.get(name, []), strict=False)]
    return max((abs(a - b) for a, b in pairs if a is not None and b is not None), default=0.0)


def allocate(engine: Engine, memory: int) -> None:
    """Take less, then more than a worker's limit, in a process started as its slot says; print what came of it."""
    from hpo.fleet.device import accelerators, limit_host_memory, limit_memory
    from hpo.training.failures import cause_of

    limit_memory(engine)
    import keras

    uses_gpu = bool(accelerators(engine))
    keras.ops.convert_to_numpy(keras.ops.ones((8,)))
    limit_host_memory()
    report = {}
    for name, share in (("less", 0.5), ("more", 1.3)):
        try:
            array = keras.ops.ones((int(memory * share / 4),), "float32")
            float(keras.ops.convert_to_numpy(array[-1]))
            del array
            report[name] = "is given"
        except Exception as error:
            report[name] = f"is refused: {str(cause_of(error, uses_gpu=uses_gpu))[:120]}"
        print(json.dumps(report), flush=True)


def engines_that_see_a_gpu(wanted: list[Engine]) -> list[Engine]:
    """Ask each engine, in a process of its own."""
    engines: list[Engine] = []
    for engine in wanted:
        try:
            if ask("hpo.doctor.engine_report:describe_engine", engine, engine=engine, silence_s=300):
                engines.append(engine)
        except ProcessEndedError as error:
            print(f"{engine}: its process {error}", file=sys.stderr)
    return engines


def write_page(rows: list[Row], engines: list[Engine], seconds: float, *, on_gpu: bool) -> str:
    """Make the page of what was found, with the machine that it was found on."""
    inventory = find_gpus()
    device = ", ".join(gpu.name for gpu in inventory.gpus) if on_gpu else "the CPU (a dry run)"
    versions = ", ".join(f"{engine} {installed_version(engine)}" for engine in engines)
    driver = f", driver {inventory.driver}, CUDA {inventory.cuda}" if on_gpu else ""
    return "\n".join(
        [
            "# On a GPU",
            "",
            "Made by `make device-check` (`benchmarks/gpu/device_check.py`), which checks on a machine with a GPU what",
            "the tests check on CPUs, and counts trials an hour.",
            "",
            f"{device}{driver}; {core_count()} cores; Python {platform.python_version()},",
            f"keras {installed_version('keras')}, {versions}; hpo {hpo.__version__};",
            f"{datetime.now(UTC):%Y-%m-%d}; {seconds:.0f} s in all.",
            "",
            "| part | on what | what came out |",
            "|---|---|---|",
            *(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows),
            "",
        ]
    )


def main() -> None:
    """Check what the command line names, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parts: dict[str, Callable[[Check], Iterator[Row]]] = {
        "contract": Check.contract,
        "resume": Check.resume,
        "shares": Check.shares,
        "memory": Check.memory,
        "speed": Check.speed,
        "fused": Check.fused,
    }
    parser.add_argument("--cpu", action="store_true", help="try the parts on the CPU; nothing is written")
    parser.add_argument("--parts", default=",".join(parts), help="which of them: %(default)s")
    parser.add_argument("--engines", default=",".join(ENGINES), help="which of them, if they are there: %(default)s")
    parser.add_argument("--output", type=Path, help="the page to write; docs/device.md on a GPU")
    parser.add_argument("--images", type=Path, help="what trials are counted on: a folder of images for each class")
    parser.add_argument("--smallest", action="store_true", help="one worker alone, and two small networks fused")
    parser.add_argument("--allocate", nargs=2, metavar=("ENGINE", "BYTES"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.allocate:
        allocate(options.allocate[0], int(options.allocate[1]))
        return
    wanted = [engine for engine in ENGINES if engine in options.engines.split(",") and find_spec(engine) is not None]
    found = wanted if options.cpu else engines_that_see_a_gpu(wanted)
    if not found:
        raise SystemExit(
            "device-check: no engine sees a GPU here, so nothing was checked (`hpo doctor --engines` says why)"
        )
    begin, rows = time.monotonic(), list[Row]()
    with tempfile.TemporaryDirectory() as folder:
        smallest = {"images": options.images, "is_smallest": options.smallest}
        check = Check(found, Path(folder), on_gpu=not options.cpu, **smallest)
        for name in options.parts.split(","):
            started = time.monotonic()
            for row in parts[name](check):
                rows.append(row)
                print(": ".join(row), file=sys.stderr, flush=True)
            print(f"{name} took {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    page = write_page(rows, found, time.monotonic() - begin, on_gpu=not options.cpu)
    output = options.output or (None if options.cpu else ROOT / "docs" / "device.md")
    if output is None:
        print(page)
    else:
        output.write_text(page, encoding="utf-8")
    if any("broken" in result or result.startswith("the process ended") for _, _, result in rows):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
