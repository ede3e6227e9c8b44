"""Trains a few configs, small and large, for a moment, to foresee how long trials and the study will take."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial
from statistics import mean

import numpy as np

from hpo.checking.exploration import Sample
from hpo.checking.figures import range_of
from hpo.checking.network import Networks
from hpo.checking.result import Costs, Times
from hpo.checking.rules import trials_of
from hpo.checking.speed import Load, Pace, Speed
from hpo.data import Outline, Part, TrialData
from hpo.spaces import Config, Params, StudySpec
from hpo.training.failures import cause_of
from hpo.training.feeding.datasets import as_dataset, options_of_fit
from hpo.training.feeding.feeding import evaluation_batches, training_batches
from hpo.training.memory import free_memory_afterwards
from hpo.training.network.model import build_untrained

_LONGEST_STEP = 6.0
"""Seconds; a config whose step is foreseen to take longer is not timed."""
_FEWEST_STEPS = 2
_MOST_BYTES = 128 * 2**20


def times_of(
    spec: StudySpec,
    networks: Networks,
    sample: Sample,
    costs: Costs | None,
    *,
    seconds: float,
    listen: Callable[[str], None],
) -> tuple[Times | None, tuple[str, ...]]:
    """Time a few configs.

    Args:
        spec: the study.
        networks: of its configs.
        sample: configs to choose from.
        costs: with the device's memory.
        seconds: of steady steps for each config that is timed.
        listen: called with what is being done.

    Returns:
        Times, None where nothing could be timed; and what went wrong on the way: configs that can be built, and not
        trained.
    """
    loads = [(load, params) for params in sample.all() if (load := _load_of(networks, params)) is not None]
    measured: list[tuple[Load, Pace]] = []
    problems: dict[str, None] = {}
    chosen = _choose(loads)
    for number, (load, params) in enumerate(chosen, start=1):
        listen(f"timing a few steps: config {number} of {len(chosen)}")
        feasible = networks.feasible(params)
        assert feasible is not None  # noqa: S101 - only what can be trained is chosen
        config, network, cost = feasible
        if costs is not None and costs.device_memory is not None and cost.memory > costs.device_memory:
            continue
        if measured and _step_seconds(load, *measured[-1]) > _LONGEST_STEP:
            continue
        try:
            outline, phase = networks.outline(config), network.hardest_phase
            measured.append((load, measure_pace(config, outline, seconds=seconds, phase=phase)))
        except Exception as error:  # whatever an engine raises is what a trial would meet
            text = ", ".join(f"{name}={value}" for name, value in params.items())
            problems[f"a config that can be built cannot be trained: {cause_of(error)} ({text})"] = None
    if not measured:
        return None, tuple(problems)
    trial_seconds = partial(_trial_seconds, networks, Speed(measured))
    trial = range_of(spec.space, trial_seconds, sample.all(), sample.points)
    assert trial is not None  # noqa: S101 - what was timed has one
    figures = [list(filter(None, map(trial_seconds, configs))) for configs in (sample.points, sample.corners)]
    mean_s = mean(figures[0] or figures[1])
    beyond = max(load.training_flops for load, _ in loads) / max(load.training_flops for load, _ in measured)
    return Times(trial, mean_s, mean_s * trials_of(spec), len(measured), beyond), tuple(problems)


def _load_of(networks: Networks, params: Params) -> Load | None:
    """The load of a config's hardest phase; None where it cannot be trained."""
    feasible = networks.feasible(params)
    if feasible is None:
        return None
    config, network, cost = feasible
    return Load(max(network.training_flops), cost.flops, config.training.batch_size)


def _choose(loads: list[tuple[Load, Params]]) -> list[tuple[Load, Params]]:
    """The smallest network with the smallest batch and with the largest, the middle one, the largest."""
    if not loads:
        return []
    by_size = sorted(loads, key=lambda entry: (entry[0].training_flops, entry[0].batch_size))
    largest_batch = min(loads, key=lambda entry: (-entry[0].batch_size, entry[0].training_flops))
    chosen = [by_size[0], largest_batch, by_size[len(by_size) // 2], by_size[-1]]
    distinct = {(load.training_flops, load.batch_size): (load, params) for load, params in chosen}
    return sorted(distinct.values(), key=lambda entry: entry[0].training_flops)


def _step_seconds(load: Load, last: Load, pace: Pace) -> float:
    """How long a training step takes at the speed of the last one that was timed."""
    return load.training_flops / last.training_flops / pace.images_per_second * load.batch_size


def _trial_seconds(networks: Networks, speed: Speed, params: Params) -> float | None:
    feasible = networks.feasible(params)
    if feasible is None:
        return None
    config, network, cost = feasible
    outline = networks.outline(config)
    phases = zip(config.training.each_phase(), network.training_flops, strict=True)
    return config.training.repeats * sum(
        speed.of(Load(flops, cost.flops, phase.batch_size)).trial_seconds(outline, phase.epochs)
        for (phase, _), flops in phases
    )


def measure_pace(config: Config, outline: Outline, *, seconds: float = 3.0, phase: int = 0) -> Pace:
    """Train what a config describes for a moment, on random images, and leave nothing behind.

    Args:
        config: what to train; its pre-trained weights are not needed.
        outline: of its data set, which is not read.
        seconds: how long to train and to evaluate, together and once both are under way; exceeded where two steps of
            each take longer.
        phase: of the training, counted from 0.

    Raises:
        ImpossibleArchitectureError: these options give no network for images of this size.
        ValueError: Keras refuses the network.
        Exception: whatever the engine raises where training does not fit into its memory; see `cause_of`.
    """
    batch_size = config.training.batch_size
    with free_memory_afterwards():
        started = time.perf_counter()
        model = build_untrained(config, outline, phase).model

        def train(data: TrialData) -> None:
            batches = training_batches(data, config, seed=0)
            model.fit(**options_of_fit(batches), shuffle=False, verbose=0)

        def evaluate(data: TrialData) -> None:
            batches = evaluation_batches(data, config)
            model.evaluate(as_dataset(batches), verbose=0)

        for run, images in ((train, outline.train_images), (evaluate, outline.validation_images)):
            # The last batch of an epoch is smaller, and JAX compiles for it anew.
            run(_random_data(outline, min(images, batch_size + images % batch_size)))
        startup_s = time.perf_counter() - started
        return Pace(
            _images_per_second(train, outline, outline.train_images, batch_size, seconds * 2 / 3),
            _images_per_second(evaluate, outline, outline.validation_images, batch_size, seconds / 3),
            startup_s,
        )


def _images_per_second(
    run: Callable[[TrialData], None], outline: Outline, images: int, batch_size: int, seconds: float
) -> float:
    """The speed of two steps, or of as many more as the rest of the time and one epoch have."""
    a_step = min(batch_size, images)

    def run_steps(steps: int) -> float:
        data = _random_data(outline, steps * a_step)
        started = time.perf_counter()
        run(data)
        return time.perf_counter() - started

    steps = _FEWEST_STEPS
    took = run_steps(steps)
    in_the_time = int(steps * (seconds - took) / took)
    in_memory = _MOST_BYTES // (a_step * math.prod(outline.shape))
    more = min(in_the_time, images // a_step, in_memory)
    if more > steps:
        steps, took = more, run_steps(more)
    return steps * a_step / took


def _random_data(outline: Outline, images: int) -> TrialData:
    """Data of random images, both parts of which are the same."""
    pixels = np.random.default_rng(0).integers(0, 256, (images, *outline.input_shape), np.uint8)
    part = Part(pixels, (np.arange(images) % outline.classes).astype(np.int32))
    return TrialData(outline.class_names, part, part)
