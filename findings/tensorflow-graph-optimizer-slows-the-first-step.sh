#!/usr/bin/env bash
# TensorFlow 2.21.0 (Linux, CPU) with Keras 3.15: what TensorFlow's graph optimizer does before the first step of a large
# CNN takes a fifth to a quarter of that step, tracing included, and the steps that follow are as fast without it. Seen on
# 2 cores, ResNet50V2 at 32 px, Adam, batches of 32, CPU seconds, medians of three networks of each in turn: a first step
# of 12.2 with it and 9.2 with `disable_meta_optimizer`, the others 0.816 and 0.835; beside other processes 13.7 and 11.0,
# 0.847 and 0.827.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "tensorflow==2.21.0" "keras==3.15.0"
cat >"$folder/first_step.py" <<'PYTHON'
import time
from statistics import median

import keras
import numpy as np
import tensorflow as tf

images, labels = np.zeros((32, 32, 32, 3), "float32"), np.zeros(32, "int32")
keras.utils.set_random_seed(1)
images += np.random.random(images.shape).astype("float32")


def measure(is_off):
    """Give the CPU seconds of a network's first step, and the median of those of five others."""
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": is_off})
    network = keras.applications.ResNet50V2(weights=None, input_shape=(32, 32, 3), classes=10)
    network.compile("adam", "sparse_categorical_crossentropy")
    network.optimizer.build(network.trainable_variables)
    network.test_on_batch(images, labels)  # makes the variables of the metrics, so that the step is traced once
    seconds = []
    for _ in range(6):
        start = time.process_time()
        network.train_on_batch(images, labels)
        seconds.append(time.process_time() - start)
    return seconds[0], median(seconds[1:])


measure(False)  # whatever a process does once
runs = {False: [], True: []}
for _ in range(3):
    for is_off in runs:
        runs[is_off].append(measure(is_off))
(first_on, step_on), (first_off, step_off) = ([median(one) for one in zip(*runs[is_off])] for is_off in runs)
print(f"with the graph optimizer: first step {first_on:.1f} s of CPU, others {1000 * step_on:.0f} ms")
print(f"without: {first_off:.1f} s, others {1000 * step_off:.0f} ms")
assert first_off < 0.9 * first_on
assert step_off < 1.15 * step_on
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" "$folder/first_step.py" 2>/dev/null
