"""What shared prefixes save: the same space searched with and without them, in CPU seconds.

The second of two phases varies alone. `hpo run` is typed for both, in turns, with one worker; counted are the CPU
seconds of all its processes, and again without those of a study of a single trial, which starting, reading data and
ending take. Images are random, of CIFAR-10's size.

    python benchmarks/training/prefixes.py [--smallest] [ROUNDS]
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

SPACE = """\
data: {{npz: {{path: {path}, validation: 0.2}}}}
model: {{family: simple_cnn, depth: 2, filters: 16, dense_units: 64}}
training:
  batch_size: 64
  phases: [{{epochs: {first}}}, {{epochs: {second}, learning_rate: {{float: [1e-4, 1e-2], log: true}}}}]
search: {{trials: {trials}, sampler: random, pruner: none, share_prefixes: {shares}}}
"""
HPO = str(Path(sys.executable).with_name("hpo"))


def run(folder: Path, name: str, **options: object) -> tuple[float, int]:
    """Search the space in a study of this name; CPU seconds, and epochs that were trained."""
    space = folder / f"{name}.yaml"
    space.write_text(SPACE.format(path=folder / "images.npz", **options))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [HPO, "run", str(space), "--studies", str(folder / "studies"), "--workers", "1", "--quiet"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    show = [HPO, "show", name, "--studies", str(folder / "studies"), "--json"]
    costs = json.loads(subprocess.run(show, check=True, capture_output=True).stdout)["costs"]
    return seconds, costs["epochs"]


def main() -> None:
    """Measure, and print."""
    is_smallest = "--smallest" in sys.argv
    rounds = int(next((argument for argument in sys.argv[1:] if argument.isdigit()), 1 if is_smallest else 3))
    images, trials, first, second = (100, 2, 1, 1) if is_smallest else (2000, 12, 10, 5)
    with tempfile.TemporaryDirectory() as name:
        folder, random = Path(name), np.random.default_rng(0)
        pixels = random.integers(0, 256, (images, 32, 32, 3)).astype(np.uint8)
        np.savez(folder / "images.npz", images=pixels, labels=np.arange(images) % 10)
        phases = {"first": first, "second": second}
        ratios, net_ratios, epochs = [], [], {}
        for number in range(rounds):
            seconds = {}
            for label, shares, count in (("one", "false", 1), ("alone", "false", trials), ("shared", "true", trials)):
                seconds[label], epochs[label] = run(folder, f"{label}-{number}", trials=count, shares=shares, **phases)
            one = seconds["one"] * trials / (trials - 1) - seconds["alone"] / (trials - 1)  # of no trial at all
            ratios.append(seconds["alone"] / seconds["shared"])
            net_ratios.append((seconds["alone"] - one) / (seconds["shared"] - one))
            print({label: round(value, 1) for label, value in seconds.items()}, flush=True)
    for text, values in (("CPU seconds", ratios), ("CPU seconds without start and end", net_ratios)):
        print(f"{text}: {statistics.median(values):.2f} x ({min(values):.2f} to {max(values):.2f}, n = {rounds})")
    print(f"epochs: {epochs['alone']} alone, {epochs['shared']} shared, {epochs['alone'] / epochs['shared']:.2f} x")


if __name__ == "__main__":
    main()
