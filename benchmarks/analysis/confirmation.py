"""How often the interval of a confirmed value holds what the config comes to on a fresh split of the images.

    python benchmarks/analysis/confirmation.py --studies 100 --processes 2

Each study draws its images at random from scikit-learn's digits (1,797 of 8 x 8 pixels): some to train on, some to
validate on. It searches 20 random configs of a small network (one hidden layer, in NumPy; its value is that of its
best epoch, as in a trial of hpo), and confirms the best 3: with 5 fresh seeds on the same split, and in 5 folds. The
intervals and tests are those of `hpo.analysis.confirmation`.

What they are held against is measured on images that the study has never seen: the mean accuracy of the winner's config
over further seeds, at the best epoch on the validation images,

- trained on the same images ("fresh images"): the other images are what is validated on;
- trained and validated on other images, of the same number ("fresh split"), and measured on the rest.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold

from hpo.analysis.confirmation.intervals import Estimate, TrainedValues, compare, estimate, estimate_over_folds
from hpo.analysis.proportions import wilson_interval

Rows = NDArray[np.intp]
TRAIN, VALIDATION, EPOCHS, TRIALS, TOP, SEEDS, FOLDS, FRESH_SEEDS = 300, 200, 12, 20, 3, 5, 5, 6
IMAGES, LABELS = load_digits(return_X_y=True)
IMAGES = (IMAGES / 16.0).astype(np.float32)
TARGETS = np.eye(10, dtype=np.float32)[LABELS]


@dataclass(frozen=True)
class Training:
    """A trained network at its best epoch: its accuracy on the validation images, and which images it has right."""

    value: float
    is_right: NDArray[np.bool_]


def draw_config(random: np.random.Generator) -> dict[str, Any]:
    """Draw a config of the space that is searched."""
    return {
        "units": int(random.integers(6, 48)),
        "learning_rate": float(10 ** random.uniform(-3.5, -1.5)),
        "weight_decay": float(10 ** random.uniform(-5, -1)),
        "batch_size": int(random.choice([16, 32, 64])),
    }


def train(config: dict[str, Any], seed: int, train_rows: Rows, validation_rows: Rows) -> Training:
    """Train a network of one hidden layer by Adam; what counts is its best epoch on the validation images."""
    random = np.random.default_rng(seed)
    sizes = (IMAGES.shape[1], config["units"], len(TARGETS[0]))
    weights = [random.normal(0, (2 / a) ** 0.5, (a, b)).astype(np.float32) for a, b in pairwise(sizes)]
    weights += [np.zeros(size, np.float32) for size in sizes[1:]]
    means, squares = [np.zeros_like(array) for array in weights], [np.zeros_like(array) for array in weights]
    best, kept, step = -1.0, weights, 0
    for _ in range(EPOCHS):
        for batch in np.array_split(random.permutation(train_rows), max(1, len(train_rows) // config["batch_size"])):
            step += 1
            rate = config["learning_rate"] * (1 - 0.999**step) ** 0.5 / (1 - 0.9**step)
            for index, gradient in enumerate(_gradients(weights, batch)):
                slope = gradient + config["weight_decay"] * weights[index]
                means[index] += 0.1 * (slope - means[index])
                squares[index] += 0.001 * (slope**2 - squares[index])
                weights[index] -= rate * means[index] / (np.sqrt(squares[index]) + 1e-7)
        value = float((_predict(weights, validation_rows) == LABELS[validation_rows]).mean())
        if value > best:
            best, kept = value, [array.copy() for array in weights]
    return Training(best, _predict(kept, np.arange(len(LABELS))) == LABELS)


def _gradients(weights: list[Any], rows: Rows) -> list[Any]:
    """Compute the gradients of the cross-entropy."""
    first, second, first_bias, second_bias = weights
    hidden = np.maximum(IMAGES[rows] @ first + first_bias, 0)
    scores = hidden @ second + second_bias
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    error = (odds / odds.sum(axis=1, keepdims=True) - TARGETS[rows]) / len(rows)
    back = (error @ second.T) * (hidden > 0)
    return [IMAGES[rows].T @ back, hidden.T @ error, back.sum(axis=0), error.sum(axis=0)]


def _predict(weights: list[Any], rows: Rows) -> NDArray[np.intp]:
    first, second, first_bias, second_bias = weights
    scores: NDArray[Any] = np.maximum(IMAGES[rows] @ first + first_bias, 0) @ second + second_bias
    return scores.argmax(axis=1)


def confirm_on_split(
    configs: Sequence[dict[str, Any]], seeds: Iterator[int], train_rows: Rows, validation_rows: Rows
) -> list[TrainedValues]:
    """Train each config with seeds of its own."""
    samples = []
    for config in configs:
        trainings = [train(config, next(seeds), train_rows, validation_rows) for _ in range(SEEDS)]
        contributions = np.mean([training.is_right[validation_rows] for training in trainings], axis=0)
        samples.append(TrainedValues([training.value for training in trainings], contributions))
    return samples


def confirm_in_folds(configs: Sequence[dict[str, Any]], seeds: Iterator[int], rows: Rows) -> list[list[float]]:
    """Train each config once for each fold of the images."""
    splits = list(StratifiedKFold(FOLDS, shuffle=True, random_state=next(seeds)).split(rows, LABELS[rows]))
    return [
        [train(config, next(seeds), rows[rest], rows[held_out]).value for rest, held_out in splits]
        for config in configs
    ]


def measure(
    config: dict[str, Any], seeds: Iterator[int], train_rows: Rows, validation_rows: Rows, fresh_rows: Rows
) -> float:
    """Measure what a config comes to on images that nothing was chosen by."""
    trainings = [train(config, next(seeds), train_rows, validation_rows) for _ in range(FRESH_SEEDS)]
    return fmean(float(training.is_right[fresh_rows].mean()) for training in trainings)


def holds(interval: Estimate, value: float) -> bool:
    """Whether an interval holds a value."""
    return interval.low is not None and interval.high is not None and interval.low <= value <= interval.high


def simulate(number: int) -> dict[str, Any]:
    """Run one study."""
    random = np.random.default_rng([2026, number])
    rows = random.permutation(len(LABELS)).astype(np.intp)
    train_rows, validation_rows, rest = np.split(rows, [TRAIN, TRAIN + VALIDATION])
    other_train, other_validation, other_rest = np.split(rest, [TRAIN, TRAIN + VALIDATION])
    seeds = iter(random.integers(2**31, size=1000).tolist())
    configs = [draw_config(random) for _ in range(TRIALS)]
    values = [train(config, next(seeds), train_rows, validation_rows).value for config in configs]
    order = sorted(range(TRIALS), key=lambda index: (-values[index], index))[:TOP]
    top = [configs[index] for index in order]

    samples = confirm_on_split(top, seeds, train_rows, validation_rows)
    ranks = sorted(range(TOP), key=lambda index: (-fmean(samples[index].values), index))
    winner, runner_up = ranks[0], ranks[1]
    fresh = [measure(top[index], seeds, train_rows, validation_rows, rest) for index in (winner, runner_up)]
    fresh_split = measure(top[winner], seeds, other_train, other_validation, other_rest)
    interval = estimate(samples[winner], TRIALS * EPOCHS)
    difference = compare(samples[winner], samples[runner_up])

    by_fold = confirm_in_folds(top, seeds, rows[: TRAIN + VALIDATION])
    best = max(range(TOP), key=lambda index: fmean(by_fold[index]))
    next_best = max((index for index in range(TOP) if index != best), key=lambda index: fmean(by_fold[index]))
    size = (TRAIN + VALIDATION) * (FOLDS - 1) // FOLDS
    pool, other_pool = rows[: TRAIN + VALIDATION], rest[: TRAIN + VALIDATION]
    folds_fresh = measure(top[best], seeds, pool[:size], pool[size:], rest)
    folds_fresh_split = measure(top[best], seeds, other_pool[:size], other_pool[size:], other_rest)
    folds_next = measure(top[next_best], seeds, pool[:size], pool[size:], rest)
    folds_interval = estimate_over_folds(by_fold[best], FOLDS, TRIALS)
    folds_difference = estimate_over_folds(
        [a - b for a, b in zip(by_fold[best], by_fold[next_best], strict=True)], FOLDS
    )

    search_interval = wilson_interval(values[order[0]], VALIDATION)
    search_fresh = measure(top[0], seeds, train_rows, validation_rows, rest)
    return {
        "search": {
            "optimism": values[order[0]] - search_fresh,
            "holds": search_interval[0] <= search_fresh <= search_interval[1],
        },
        "seeds": {
            "optimism": interval.estimate - fresh[0],
            "optimism_on_fresh_split": interval.estimate - fresh_split,
            "half_width": ((interval.high or 0) - (interval.low or 0)) / 2,
            "holds": holds(interval, fresh[0]),
            "holds_on_fresh_split": holds(interval, fresh_split),
            "plain_holds": holds(estimate(samples[winner]), fresh[0]),
            "without_images_holds": holds(estimate(TrainedValues(samples[winner].values)), fresh[0]),
            "is_separable": difference.excludes_zero(),
            "is_better": fresh[0] >= fresh[1],
        },
        "folds": {
            "optimism": folds_interval.estimate - folds_fresh,
            "optimism_on_fresh_split": folds_interval.estimate - folds_fresh_split,
            "half_width": ((folds_interval.high or 0) - (folds_interval.low or 0)) / 2,
            "holds": holds(folds_interval, folds_fresh),
            "holds_on_fresh_split": holds(folds_interval, folds_fresh_split),
            "plain_holds": holds(estimate_over_folds(by_fold[best], FOLDS), folds_fresh),
            "is_separable": folds_difference.excludes_zero(),
            "is_better": folds_fresh >= folds_next,
        },
    }


def main() -> None:
    """Simulate studies, and print how often the intervals hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="the number of the first study, which seeds it")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--output", type=Path, help="where to write the figures of each study, as JSON")
    options = parser.parse_args()
    with ProcessPoolExecutor(options.processes) as pool:
        results = list(pool.map(simulate, range(options.first, options.first + options.studies)))
    if options.output is not None:
        options.output.write_text(json.dumps(results))
    summary: dict[str, Any] = {"studies": len(results)}
    for kind in results[0]:
        for name, first in results[0][kind].items():
            figures = [result[kind][name] for result in results]
            summary[f"{kind}: {name}"] = sum(figures) if isinstance(first, bool) else round(fmean(figures), 4)
        if "is_separable" in results[0][kind]:
            told = [result[kind] for result in results if result[kind]["is_separable"]]
            summary[f"{kind}: separable and better on fresh images"] = sum(result["is_better"] for result in told)
    print(json.dumps(summary, indent=1))


if __name__ == "__main__":
    main()
