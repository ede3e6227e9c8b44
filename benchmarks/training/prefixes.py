"""What shared prefixes save: the same space searched with and without them, in CPU seconds.

The second of two phases varies alone. `hpo run` is typed for both, in turns, with one worker; counted are the CPU
seconds of all its processes from start to end. Images are random, of CIFAR-10's size.

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
    images, trials, first, second = (100, 2, 1, 1) if is_smallest else (2000, 8, 10, 4)
    with tempfile.TemporaryDirectory() as name:
        folder, random = Path(name), np.random.default_rng(0)
        pixels = random.integers(0, 256, (images, 32, 32, 3)).astype(np.uint8)
        np.savez(folder / "images.npz", images=pixels, labels=np.arange(images) % 10)
        ratios, epochs = [], {}
        for number in range(rounds):
            seconds = {}
            for label, shares in (("alone", "false"), ("shared", "true")):
                options = {"trials": trials, "first": first, "second": second, "shares": shares}
                seconds[label], epochs[label] = run(folder, f"{label}-{number}", **options)
            ratios.append(seconds["alone"] / seconds["shared"])
            print(", ".join(f"{label}: {value:.1f} CPU s" for label, value in seconds.items()), flush=True)
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}, n = {rounds}"
    print(f"alone / shared: {statistics.median(ratios):.2f} x the CPU seconds ({spread}),")
    print(f"{epochs['alone'] / epochs['shared']:.2f} x the epochs ({epochs['alone']} and {epochs['shared']})")


if __name__ == "__main__":
    main()
