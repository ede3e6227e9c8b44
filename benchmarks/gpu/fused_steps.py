"""How long a training step of several equal networks takes in one call of JAX, against one network after another.

    python benchmarks/gpu/fused_steps.py [--networks 2,4,8,16] [--smallest]

Two ways: `vmap`, in which each operation computes for all networks at once (as in HFTA, Wang et al., 2021), and
`unrolled`, one compiled function of as many steps as there are networks. Each network has a seed, a learning rate and
batches of its own, as a trial has. A JSON line goes out for each number of networks and each way: the seconds of a step
of all of them, those that it takes one after another in the same process, those of compiling it, and the largest
relative distance between the losses of the two after `STEPS` steps.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

os.environ["KERAS_BACKEND"] = "jax"  # the only engine that computes a step of several networks in one

import keras

from hpo.data import Outline
from hpo.spaces import read_config
from hpo.training.network.model import build_untrained

CLASSES, STEPS, ROUNDS = tuple("0123456789"), 10, 5
"""Steps in a round, and rounds; the first round is a warm-up and counts for the losses alone."""

State = tuple[list[Any], ...]
"""What a step of Keras takes and gives on JAX: variables to train, others, those of the optimizer and of metrics."""


class Network:
    """A compiled network, as a trial has it, and the state that it begins with."""

    def __init__(self, seed: int, *, side: int, filters: int, batch_size: int) -> None:
        """Build one.

        Args:
            seed: of its weights, its dropout and its batches.
            side: of the images, in pixels.
            filters: of the first convolution.
            batch_size: in images.
        """
        keras.utils.set_random_seed(seed)
        config = read_config(
            {
                "data": {"dataset": "digits"},
                "model": {"family": "simple_cnn", "depth": 2, "filters": filters, "dense_units": 32, "dropout": 0.2},
                "training": {"epochs": 1, "batch_size": batch_size, "learning_rate": 1e-3 * 1.2**seed},
            }
        )
        shape = (side, side, 3)
        outline = Outline(shape, CLASSES, batch_size * STEPS, batch_size, is_here=True)
        self.model = build_untrained(config, outline).model
        random = np.random.default_rng(seed)
        self.images = random.integers(0, 256, (batch_size, *shape), np.uint8)
        self.labels = random.integers(0, len(CLASSES), batch_size, np.int32)

    def state(self, metrics: keras.Model) -> State:
        """Copy the values of all its variables; those of metrics, which begin alike, are another network's."""
        model = self.model
        groups = (
            model.trainable_variables,
            model.non_trainable_variables,
            model.optimizer.variables,
            metrics.metrics_variables,
        )
        return tuple([jax.numpy.array(variable.value) for variable in group] for group in groups)


def compare(networks: list[Network]) -> Iterator[dict[str, Any]]:
    """Time steps of these networks in each way, against steps of one after another."""
    first = networks[0]
    first.model.evaluate(first.images, first.labels, verbose=0)  # makes the variables of its metrics
    first.model.reset_metrics()
    step = first.model.train_step
    data = [(network.images, network.labels) for network in networks]
    single = jax.jit(step, donate_argnums=0)

    def one_by_one(states: list[State], batches: list[Any]) -> tuple[Any, list[State]]:
        done = [single(state, batch) for state, batch in zip(states, batches, strict=True)]
        return [logs for logs, _ in done], [state for _, state in done]

    def unrolled(states: list[State], batches: list[Any]) -> tuple[Any, list[State]]:
        done = [step(state, batch) for state, batch in zip(states, batches, strict=True)]
        return [logs for logs, _ in done], [state for _, state in done]

    states = [network.state(first.model) for network in networks]
    stacked = jax.tree.map(lambda *each: jax.numpy.stack(each), *states)
    stacked_data = jax.tree.map(lambda *each: np.stack(each), *data)
    seconds_alone, _, losses_alone = measure(one_by_one, states, data)
    ways: dict[str, tuple[Callable[..., Any], Any, Any]] = {
        "vmap": (jax.jit(jax.vmap(step), donate_argnums=0), stacked, stacked_data),
        "unrolled": (jax.jit(unrolled, donate_argnums=0), [network.state(first.model) for network in networks], data),
    }
    for way, (function, state, batches) in ways.items():
        seconds, compiling, losses = measure(function, state, batches)
        apart = max(abs(one - other) / abs(one) for one, other in zip(losses_alone, losses, strict=True))
        yield {
            "networks": len(networks),
            "way": way,
            "seconds": seconds,
            "seconds_one_by_one": seconds_alone,
            "seconds_compiling": compiling,
            "apart": apart,
        }


def measure(function: Callable[..., Any], state: Any, data: Any) -> tuple[float, float, list[float]]:  # noqa: ANN401
    """Run steps.

    Returns:
        The median of the seconds of a step, over rounds; the seconds of the first call; and the mean loss of each
        network over the first `STEPS` steps.
    """
    data = jax.device_put(data)
    begin = time.monotonic()
    logs, state = jax.block_until_ready(function(state, data))
    compiling = time.monotonic() - begin
    seconds, losses = [], list[float]()
    for turn in range(ROUNDS):
        begin = time.monotonic()
        for _ in range(STEPS - (turn == 0)):
            logs, state = function(state, data)
        jax.block_until_ready(state)
        if turn:
            seconds.append((time.monotonic() - begin) / STEPS)
        else:
            each = [one["loss"] for one in logs] if isinstance(logs, list) else logs["loss"]
            losses = [float(loss) for loss in each]
    return statistics.median(seconds), compiling, losses


def main() -> None:
    """Print a line for each number of networks and each way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--networks", default="2,4,8,16", help="how many at once: %(default)s")
    parser.add_argument("--smallest", action="store_true", help="two networks of two filters on images of 8 x 8 pixels")
    options = parser.parse_args()
    small, usual = {"side": 8, "filters": 2, "batch_size": 8}, {"side": 32, "filters": 16, "batch_size": 64}
    for count in (2,) if options.smallest else map(int, options.networks.split(",")):
        networks = [Network(seed, **(small if options.smallest else usual)) for seed in range(count)]
        for line in compare(networks):
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
