#!/usr/bin/env bash
# Keras 3.15.1: an optimizer with `gradient_accumulation_steps=2` and a learning rate schedule gives the schedule the
# number of calls, not of steps, so that the rate falls twice as fast as the weights are stepped. `optimizer.iterations`
# counts steps. A training whose batches are halved, with two of them a step, is another one for it.
# Seen: after 4 steps `iterations` is 4 both times; the rate of a schedule that halves at each step is 1/16 with whole
# batches, and 1/256 with halved ones.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "keras==3.15.1" "jax[cpu]==0.10.2"
KERAS_BACKEND=jax "$folder/venv/bin/python" - <<'PYTHON'
import keras
import numpy as np

images, targets = np.ones((8, 1), "float32"), np.zeros((8, 1), "float32")


def train(batch_size, gradient_accumulation_steps):
    """Train four steps; how many the optimizer counts, and its learning rate then."""
    schedule = keras.optimizers.schedules.ExponentialDecay(1.0, decay_steps=1, decay_rate=0.5)
    optimizer = keras.optimizers.SGD(schedule, gradient_accumulation_steps=gradient_accumulation_steps)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer, "mse")
    model.fit(images, targets, batch_size=batch_size, verbose=0)
    return int(optimizer.iterations), float(optimizer.learning_rate)


whole, halved = train(2, None), train(1, 2)
print(f"whole batches:  {whole[0]} steps, learning rate {whole[1]:g}")
print(f"halved batches: {halved[0]} steps, learning rate {halved[1]:g}")
assert whole == (4, 0.5**4)
assert halved == (4, 0.5**8)
PYTHON
