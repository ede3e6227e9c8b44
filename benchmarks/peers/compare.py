"""hpo, other tuners and a bare Keras loop on the same configs and images: what each costs beside the training.

    make bench                                                   the configs whose networks are all different
    python benchmarks/peers/compare.py --mode repeating          two structures in turn
    python benchmarks/peers/compare.py --mode vgg16              VGG16 at 32 px
    python benchmarks/peers/compare.py --mode different --workers 2    hpo with two workers, against one bare loop
    python benchmarks/peers/compare.py --images DIR              images of DIR, with a folder for each class

The tuners take turns, each in a process of its own, round after round, after one round that is left out. CPU seconds
are those of a tuner's processes all together; ratios are of one round each, to the bare loop of that round. Ray is left
out where it is not installed, or where no network of its own can be made for it (it listens on the machine's); each of
its trials is a process that imports the engine, and its CPU seconds are not told. The last line is hpo's ratio.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from measuring import Run, describe_machine, measure
from workload import CONFIGS, write_data

NAMES = {"bare": "bare loop", "hpo": "hpo", "optuna": "Optuna", "keras_tuner": "KerasTuner", "ray": "Ray Tune"}
FIGURES: Mapping[str, Callable[[Run], float]] = {
    "cpu_a_trial": lambda run: run.cpu_a_trial,
    "wall_a_trial": lambda run: run.wall_a_trial,
    "cpu": lambda run: run.cpu,
    "wall": lambda run: run.wall,
}
UNCOUNTED = frozenset({"ray"})
"""Of whom no CPU seconds are told: processes of trials that have ended are no children of their own any more."""
ALONE = ("unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
"""A network of its own, with nothing but the loopback."""
Runs = Mapping[str, Sequence[Run]]


def find_tuners(ray_python: str) -> dict[str, tuple[str, Sequence[str]]]:
    """Find which tuners can run here: with which Python, and behind which command."""
    tuners: dict[str, tuple[str, Sequence[str]]] = {name: (sys.executable, ()) for name in ("bare", "hpo", "optuna")}
    if find_spec("keras_tuner"):
        tuners["keras_tuner"] = sys.executable, ()
    has_ray = subprocess.run([ray_python, "-c", "import ray.tune"], capture_output=True, check=False).returncode == 0
    can_unshare = subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode == 0
    if has_ray and can_unshare:
        tuners["ray"] = ray_python, ALONE
    return tuners


def run_rounds(
    options: argparse.Namespace, tuners: Mapping[str, tuple[str, Sequence[str]]], folder: Path
) -> Iterator[Runs]:
    """Run all tuners in turn, round after round; give the runs so far after each round that counts."""
    configs = list(CONFIGS[options.mode])[: options.configs]
    write_data(folder / "images.npz", options.images, options.count, 8 if options.smallest else 32)
    values = {"data": str(folder / "images.npz"), "configs": configs, "epochs": options.epochs}
    values |= {"batch_size": 32, "workers": options.workers}
    rounds: list[dict[str, Run]] = []
    for number in range(options.warm_ups + options.rounds):
        runs: dict[str, Run] = {}
        for name in list(tuners) if number % 2 else list(tuners)[::-1]:  # nobody is always the one after another
            place = folder / name
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            (place / "workload.json").write_text(json.dumps(values))
            runs[name] = run = measure(name, place / "workload.json", *tuners[name])
            cpu = "" if name in UNCOUNTED else f", {run.cpu_a_trial:.2f} CPU s"
            print(
                f"round {number}: {NAMES[name]:<11} {run.wall_a_trial:6.2f} s a trial{cpu}", file=sys.stderr, flush=True
            )
        if number >= options.warm_ups:
            rounds.append(runs)
            yield {name: [runs[name] for runs in rounds] for name in tuners}


def summarize(runs: Runs) -> dict[str, dict[str, dict[str, float]]]:
    """Give the least, the median and the most of each figure of each tuner, and of its ratio to the bare loop's."""
    summary: dict[str, dict[str, dict[str, float]]] = {}
    for name, of_tuner in runs.items():
        summary[name] = {"memory_a_trial": _spread([run.memory_a_trial for run in of_tuner])}
        summary[name]["start"] = _spread([run.start for run in of_tuner])
        summary[name]["end"] = _spread([run.end for run in of_tuner])
        for figure, read in FIGURES.items():
            if figure.startswith("cpu") and name in UNCOUNTED:
                continue
            ratios = [read(run) / read(bare) for run, bare in zip(of_tuner, runs["bare"], strict=True)]
            summary[name][figure] = _spread([read(run) for run in of_tuner])
            summary[name][f"{figure}_ratio"] = _spread(ratios)
    return summary


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"min": min(values), "median": median(values), "max": max(values)}


def _describe(name: str, run: Run) -> dict[str, float]:
    left_out = {"cpu", "cpu_a_trial"} if name in UNCOUNTED else set()
    return {figure: value for figure, value in asdict(run).items() if figure not in left_out}


def format_table(summary: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Write the summary as a table of Markdown, which an 80-column terminal shows as well."""
    lines = [
        "| | CPU s a trial | x bare (least to most) | wall, x bare | MB a trial | start s |",
        "|---|---|---|---|---|---|",
    ]
    for name, figures in summary.items():
        cpu = ["", ""]
        if (ratio := figures.get("cpu_a_trial_ratio")) is not None:
            ratios = f"{ratio['median']:.2f} ({ratio['min']:.2f} to {ratio['max']:.2f})"
            cpu = [f"{figures['cpu_a_trial']['median']:.2f}", ratios]
        cells = [
            NAMES[name],
            *cpu,
            f"{figures['wall_a_trial_ratio']['median']:.2f}",
            f"{figures['memory_a_trial']['median'] / 1e6:.1f}",
            f"{figures['start']['median']:.1f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(summary: Mapping[str, Mapping[str, Mapping[str, float]]], path: Path) -> None:
    """Draw the ratios of CPU seconds a trial, each with its range, as a page."""
    from hpo.analysis.plots.theme import make_panels, style

    names = [name for name in summary if name not in UNCOUNTED][::-1]
    ratios = [summary[name]["cpu_a_trial_ratio"] for name in names]
    above = [ratio["max"] - ratio["median"] for ratio in ratios]
    below = [ratio["median"] - ratio["min"] for ratio in ratios]
    figure = style(make_panels())
    errors = {"type": "data", "symmetric": False, "array": above, "arrayminus": below}
    figure.add_bar(x=[r["median"] for r in ratios], y=[NAMES[name] for name in names], orientation="h", error_x=errors)
    figure.update_xaxes(title="CPU seconds a trial, times those of a bare Keras loop", rangemode="tozero")
    figure.update_layout(showlegend=False)
    figure.write_html(path, include_plotlyjs="cdn")


def main() -> None:
    """Compare, print and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--mode", choices=list(CONFIGS), default="different")
    parser.add_argument("--workers", type=int, default=1, help="of hpo")
    parser.add_argument("--images", type=Path, help="a folder with a folder of images for each class; else digits")
    parser.add_argument("--count", type=int, default=2000, help="images, at most")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--warm-ups", type=int, default=1, help="rounds that are left out")
    parser.add_argument("--configs", type=int, default=8, help="so many of the mode's")
    parser.add_argument("--tuners", default=",".join(NAMES), help="which, beside hpo and the bare loop: %(default)s")
    parser.add_argument("--ray-python", default=sys.executable, help="a Python that has Ray, if this one has not")
    parser.add_argument("--output", type=Path, default=Path("bench"), help="where JSON and plot are written")
    parser.add_argument("--smallest", action="store_true", help="one round of one tiny config by hpo and the bare loop")
    options = parser.parse_args()
    if options.smallest:
        options.rounds, options.warm_ups, options.configs, options.epochs, options.count = 1, 0, 1, 1, 100
        options.tuners = "bare"
    asked = {"bare", "hpo", *options.tuners.split(",")}
    tuners = {name: how for name, how in find_tuners(options.ray_python).items() if name in asked}
    for name in sorted(asked - tuners.keys()):
        print(f"{name} is left out: it is not installed, or cannot run here", file=sys.stderr)
    options.output.mkdir(parents=True, exist_ok=True)
    machine, what = describe_machine(), {name: str(value) for name, value in vars(options).items()}
    with tempfile.TemporaryDirectory() as folder:
        for runs in run_rounds(options, tuners, Path(folder)):  # a comparison that is ended leaves its rounds
            summary = summarize(runs)
            raw = {name: [_describe(name, run) for run in of_tuner] for name, of_tuner in runs.items()}
            result = {"machine": machine, "options": what, "summary": summary, "runs": raw}
            (options.output / f"{options.mode}.json").write_text(json.dumps(result, indent=2))
            draw(summary, options.output / f"{options.mode}.html")
    print(
        f"{machine['cpu']}, {machine['cores']} cores, load {machine['load']:.1f}; Python {machine['python']}; ", end=""
    )
    print(", ".join(f"{name} {version}" for name, version in machine["versions"].items()))
    print(f"{options.mode}, {options.epochs} epochs, {options.workers} workers of hpo, {len(runs['bare'])} rounds\n")
    print(format_table(summary))
    ratio, wall = (summary["hpo"][f"{figure}_a_trial_ratio"]["median"] for figure in ("cpu", "wall"))
    print(f"\nhpo {ratio:.2f} x bare in CPU seconds a trial, {wall:.2f} x by the clock")


if __name__ == "__main__":
    main()
