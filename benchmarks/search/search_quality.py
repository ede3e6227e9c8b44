"""How well hpo and its peers search at equal epochs: studies simulated on learning curves.

    python benchmarks/search/search_quality.py --data LCBENCH [--tasks choose|report|all] [--seeds 10] [--only TEXT ...]
        [--budget 20] [--results RESULTS.jsonl] [--plot PLOT.png]
    python benchmarks/search/search_quality.py --smallest

LCBENCH (or the variable of that name) is a folder with YAHPO's surrogate of LCBench (`model.onnx`, `encoding.json`,
`config_space.json`): validation accuracy at epochs 1 to 52 by seven hyperparameters, on 34 data sets. It needs `pip
install onnxruntime`; for Ray's ASHA `ray`, for Optuna's Gaussian process PyTorch. What hpo does by default was chosen
on every second data set (`choose`), and is reported on the others. Each search may train for as many epochs as
`--budget` whole trainings of 52 epochs, or as many fewer as the variable SIMULATED_EPOCHS says. Results are added to a
file, and what is in it is not computed again.

Printed are, at shares of the budget, the mean rank of each way to search (1 is the best), and the normalized regret:
how far the best value so far lies below the best that any search of the file has found, in units of the distance from
there to the median of 2,000 random configs; intervals are those of 95 % of 1,000 bootstrap samples of the searches.
Searches count that all ways in the table have made.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
import warnings
from collections import defaultdict
from itertools import islice
from pathlib import Path

import numpy as np
import optuna
from numpy.typing import NDArray
from scipy.stats import rankdata
from simulated_searches import STRATEGIES, draw_configs
from simulated_training import EPOCHS, MARKS, BudgetSpentError, Curves, Simulation, Surrogate, Synthetic, scale_of

SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)
RANDOM, DEFAULT, OPTUNA = "random", "hpo: default", "Optuna: defaults"
Regrets = NDArray[np.float64]


def simulate(curves: Curves, tasks: list[str], names: list[str], results: Path, *, seeds: int, budget: int) -> None:
    """Make the searches that the file of results does not have, and add them, a line each."""
    rows = read_results(results)
    present = {(row["name"], row["task"], row["seed"], row["budget"]) for row in rows}
    with results.open("a") as file:
        for seed in range(seeds):
            for task in tasks:
                for name in names:
                    if (name, task, seed, budget) in present:
                        continue
                    simulation, begin = Simulation(curves, task, budget), time.process_time()
                    try:
                        STRATEGIES[name](simulation, seed)
                    except BudgetSpentError:
                        seconds = round(time.process_time() - begin, 2)
                        row = {"name": name, "task": task, "seed": seed, "budget": budget, "cpu": seconds}
                        file.write(json.dumps({**row, "marks": simulation.marks}) + "\n")
                        file.flush()
                    except ImportError as error:
                        print(f"{name} is left out: {error}", flush=True)
                        names = [other for other in names if other != name]


def read_results(path: Path) -> list[dict]:
    """Read the searches that were made."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def compute_regrets(curves: Curves, tasks: list[str], rows: list[dict]) -> tuple[list[str], Regrets]:
    """Give the names of ways to search, and normalized regrets `[names, searches, MARKS]` of the searches all made."""
    configs = list(islice(draw_configs(12345), 2000))
    scales = {task: scale_of(curves, task, configs) for task in tasks}
    best = {task: high for task, (_, high) in scales.items()}
    for row in rows:
        if row["task"] in best:
            best[row["task"]] = max(best[row["task"]], row["marks"][-1])
    made: dict[str, dict[tuple[str, int], Regrets]] = defaultdict(dict)
    for row in rows:
        if (task := row["task"]) in best:
            regret = (best[task] - np.array(row["marks"])) / (best[task] - scales[task][0])
            made[row["name"]][task, row["seed"]] = regret
    common = sorted(set.intersection(*(set(searches) for searches in made.values())))
    return list(made), np.array([[searches[key] for key in common] for searches in made.values()])


def interval(values: Regrets) -> tuple[float, float]:
    """Give the interval that has 95 % of the means of 1,000 bootstrap samples."""
    picks = np.random.default_rng(0).integers(0, len(values), (1000, len(values)))
    low, high = np.percentile(values[picks].mean(axis=1), (2.5, 97.5))
    return float(low), float(high)


def report(names: list[str], regrets: Regrets) -> None:
    """Print the table, and how the targets are met."""
    ranks = rankdata(regrets.round(9), axis=0)
    marks = [round(share * MARKS) - 1 for share in SHARES]
    print(f"{regrets.shape[1]} searches each; at shares of the budget mean ranks, then mean regrets in thousandths")
    header = " ".join(f"{share:>5.0%}" for share in SHARES)
    print(f"{'':<34} {header} | " + " ".join(f"{share:>21.0%}" for share in SHARES[1:]))
    for index in np.argsort(ranks[:, :, marks[1] :].mean(axis=(1, 2))):
        cells = []
        for mark in marks[1:]:
            low, high = interval(1000 * regrets[index, :, mark])
            cells.append(f"{1000 * regrets[index, :, mark].mean():7.1f} [{low:.1f}, {high:.1f}]".rjust(21))
        means = " ".join(f"{ranks[index, :, mark].mean():5.2f}" for mark in marks)
        print(f"{names[index]:<34} {means} | {' '.join(cells)}")
    if {RANDOM, DEFAULT, OPTUNA} <= set(names):
        report_targets(names, regrets, ranks)


def report_targets(names: list[str], regrets: Regrets, ranks: Regrets) -> None:
    """Print how hpo's default compares with random search and with Optuna's defaults."""
    ours, means = names.index(DEFAULT), regrets.mean(axis=1)
    final = means[names.index(RANDOM), -1]
    reached = np.argmax(means[ours] <= final) + 1 if (means[ours] <= final).any() else MARKS + 1
    print(f"{DEFAULT} has random search's final mean regret after {reached / MARKS:.0%} of the epochs")
    print(f"its regret at the end is {means[ours, -1] / means[names.index(OPTUNA), -1]:.2f} of that of {OPTUNA}")
    by_budget = ranks[:, :, MARKS // 4 - 1 :].mean(axis=1)
    is_best = by_budget.argmin(axis=0) == ours
    print(f"it has the best mean rank at {is_best.sum()} of {len(is_best)} budgets from a quarter on")


def plot(names: list[str], regrets: Regrets, path: Path) -> None:
    """Draw mean regret and mean rank over the share of the budget."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    ranks = rankdata(regrets.round(9), axis=0)
    shares = np.arange(1, MARKS + 1) / MARKS
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 5), layout="constrained")
    styles = ["-", "--", ":", "-."]
    for number, index in enumerate(np.argsort(ranks[:, :, -1].mean(axis=1))):
        options = {"label": names[index], "color": f"C{number % 10}", "linestyle": styles[number // 10]}
        options["linewidth"] = 3 if names[index] == DEFAULT else 1.3
        left.plot(shares, regrets[index].mean(axis=0), **options)
        right.plot(shares, ranks[index].mean(axis=0), **options)
        if names[index] in (DEFAULT, OPTUNA, RANDOM):
            bounds = np.array([interval(regrets[index, :, mark]) for mark in range(MARKS)])
            left.fill_between(shares, bounds[:, 0], bounds[:, 1], color=options["color"], alpha=0.15)
    left.set(yscale="log", ylim=(None, 1), xlabel="share of the budget", ylabel="mean normalized regret")
    right.set(xlabel="share of the budget", ylabel="mean rank (1 is the best)")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=8)
    figure.savefig(path, dpi=90)


def main() -> None:
    """Simulate what is missing, and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("LCBENCH"))
    parser.add_argument("--tasks", choices=("choose", "report", "all"), default="report")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--budget", type=int, default=20, help="whole trainings")
    parser.add_argument("--only", nargs="*", help="ways to search, by their names or parts of them")
    parser.add_argument("--results", type=Path, default=Path("search_quality.jsonl"))
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--no-simulation", action="store_true", help="report what the file has")
    parser.add_argument("--smallest", action="store_true", help="one seed of made-up curves, without data")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        if options.smallest:
            options.seeds, options.budget, options.tasks = 1, 3, "all"
            options.only = options.only or [RANDOM, DEFAULT, OPTUNA, "PASHA", "one epoch"]
            options.results = Path(folder) / "results.jsonl"
        elif options.data is None:
            parser.error("--data FOLDER, or the variable LCBENCH, says where LCBench's surrogate is")
        curves = Synthetic() if options.smallest else Surrogate(Path(options.data))
        first, step = {"choose": (0, 2), "report": (1, 2), "all": (0, 1)}[options.tasks]
        tasks = list(curves.tasks)[first::step]
        parts = [text for text in options.only or () if text not in STRATEGIES]  # a whole name means no other
        names = [
            name
            for name in STRATEGIES
            if not options.only or name in options.only or any(text in name for text in parts)
        ]
        budget = options.budget * EPOCHS
        if not options.no_simulation:
            simulate(curves, tasks, names, options.results, seeds=options.seeds, budget=budget)
        rows = [row for row in read_results(options.results) if row["budget"] == budget and row["name"] in names]
        table = compute_regrets(curves, tasks, rows)
        report(*table)
        if options.plot is not None:
            plot(*table, options.plot)


if __name__ == "__main__":
    main()
