"""How fast models train and predict on the device that is there: measured, never derived from their operations."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from hpo.data import Outline, Part, TrialData
from hpo.spaces import Config
from hpo.training.feeding.feeding import evaluation_batches, training_batches
from hpo.training.memory import released_afterwards
from hpo.training.network.cost import weight_bytes
from hpo.training.network.model import build_untrained

TIMED_STEPS = 2
"""The fewest steps that a speed is taken from."""
_MOST_BYTES = 128 * 2**20
_WARM_UPS, _FEWEST, _MOST, _LONGEST_S = 3, 5, 50, 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a config trains.

    Attributes:
        images_per_second: of training.
        evaluated_images_per_second: of the evaluation after each epoch.
        startup_s: seconds until both are under way: building, compiling, and a first step of each.
    """

    images_per_second: float
    evaluated_images_per_second: float
    startup_s: float


def measure_pace(config: Config, outline: Outline, *, seconds: float = 3.0, phase: int = 0) -> Pace:
    """Train what a config describes for a moment, on random images, and leave nothing behind.

    Args:
        config: what to train; its pre-trained weights are not needed.
        outline: of its data set, which is not read.
        seconds: how long to train and to evaluate, together and once both are under way; exceeded where
            `TIMED_STEPS` steps of each take longer.
        phase: of the training, counted from 0.

    Raises:
        ImpossibleArchitectureError: these options give no network for images of this size.
        ValueError: Keras refuses the network.
        Exception: whatever the engine raises where training does not fit into its memory; see `cause_of`.
    """
    batch_size = config.training.batch_size
    with released_afterwards():
        started = time.perf_counter()
        model = build_untrained(config, outline, phase).model

        def train(part: Part) -> None:
            model.fit(training_batches(_only(part, outline), config, seed=0), verbose=0)

        def evaluate(part: Part) -> None:
            model.evaluate(evaluation_batches(_only(part, outline), config), verbose=0)

        for run, images in ((train, outline.train_images), (evaluate, outline.validation_images)):
            # The last batch of an epoch is smaller, and JAX compiles for it anew.
            run(_random_part(outline, min(images, batch_size + images % batch_size)))
        startup_s = time.perf_counter() - started
        return Pace(
            _speed(train, outline, outline.train_images, batch_size, seconds * 2 / 3),
            _speed(evaluate, outline, outline.validation_images, batch_size, seconds / 3),
            startup_s,
        )


def trial_seconds(pace: Pace, outline: Outline, epochs: int) -> float:
    """How long a trial, or a phase of it, takes that goes through all its epochs."""
    epoch_s = (
        outline.train_images / pace.images_per_second + outline.validation_images / pace.evaluated_images_per_second
    )
    return pace.startup_s + epochs * epoch_s


def measure_latency(model: keras.Model) -> float:
    """Milliseconds from one uint8 image to its prediction: the median of up to 50, after a warm-up, within a second.

    A batch of one goes through the model's compiled predict function and back into the machine's memory.
    """
    image = np.random.default_rng(0).integers(0, 256, (1, *model.input_shape[1:]), np.uint8)
    for _ in range(_WARM_UPS):
        model.predict_on_batch(image)
    took: list[float] = []
    while len(took) < _FEWEST or (len(took) < _MOST and sum(took) < _LONGEST_S):
        started = time.perf_counter()
        model.predict_on_batch(image)
        took.append(time.perf_counter() - started)
    return statistics.median(took) * 1e3


def model_megabytes(model: keras.Model) -> float:
    """What a model's weights take as they are stored, in 10^6 bytes."""
    return sum(map(weight_bytes, model.weights)) / 1e6


def _speed(run: Callable[[Part], None], outline: Outline, images: int, batch_size: int, seconds: float) -> float:
    """Images a second: of two steps, or of as many more as the rest of the time and one epoch have."""
    a_step = min(batch_size, images)

    def timed(steps: int) -> tuple[int, float]:
        part = _random_part(outline, steps * a_step)
        started = time.perf_counter()
        run(part)
        return len(part), time.perf_counter() - started

    count, took = timed(TIMED_STEPS)
    in_the_time = int(TIMED_STEPS * (seconds - took) / took)
    in_memory = _MOST_BYTES // (a_step * math.prod(outline.shape))
    steps = min(in_the_time, images // a_step, in_memory)
    if steps > TIMED_STEPS:
        count, took = timed(steps)
    return count / took


def _random_part(outline: Outline, images: int) -> Part:
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (images, *outline.input_shape), np.uint8)
    return Part(pixels, (np.arange(images) % outline.classes).astype(np.int32))


def _only(part: Part, outline: Outline) -> TrialData:
    """Data of which every part is this one."""
    return TrialData(outline.class_names, part, part)
