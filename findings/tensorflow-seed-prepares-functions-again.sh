#!/usr/bin/env bash
# TensorFlow 2.21.0 (Linux, CPU): `tf.random.set_seed` clears the cache of kernels, so every `tf.function` that the process
# has is optimized and placed again when it is called next, though none draws random numbers and none is traced again.
# Whoever seeds before each training pays that for each model that is used again; `keras.utils.set_random_seed` (Keras
# 3.15) does the same. Seen: a step of a function with 16 small convolutions and their gradients takes 2 ms, the first one
# after `tf.random.set_seed` 91, after `keras.utils.set_random_seed` 89, and 2 where only Python and NumPy are seeded; the
# function is traced once in all.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "tensorflow==2.21.0" "keras==3.15.0"
cat >"$folder/seed.py" <<'PYTHON'
import random
import time
from statistics import median

import keras
import numpy as np
import tensorflow as tf

filters = [tf.Variable(tf.fill((3, 3, 4, 4), 0.1)) for _ in range(16)]
images = tf.ones((1, 8, 8, 4))
traces = []


@tf.function
def step(images):
    traces.append(1)
    with tf.GradientTape() as tape:
        for one in filters:
            images = tf.nn.relu(tf.nn.conv2d(images, one, 1, "SAME"))
        loss = tf.reduce_mean(images)
    for one, gradient in zip(filters, tape.gradient(loss, filters)):
        one.assign_sub(0.01 * gradient)
    return loss


def measure(before):
    """Give the milliseconds of a step, the median of five, each after what is done before."""
    times = []
    for number in range(5):
        before(number)
        start = time.perf_counter()
        step(images).numpy()
        times.append(1000 * (time.perf_counter() - start))
    return median(times)


def seed_others(number):
    random.seed(number)
    np.random.seed(number)


step(images)
warm, others = measure(lambda number: None), measure(seed_others)
seeded, by_keras = measure(tf.random.set_seed), measure(keras.utils.set_random_seed)
print(f"a step: {warm:.0f} ms; after random.seed and np.random.seed: {others:.0f}; traces: {len(traces)}")
print(f"after tf.random.set_seed: {seeded:.0f} ms; after keras.utils.set_random_seed: {by_keras:.0f}")
assert len(traces) == 1
assert others < 3 * warm
assert min(seeded, by_keras) > 8 * warm
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" "$folder/seed.py" 2>/dev/null
