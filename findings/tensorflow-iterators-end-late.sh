#!/usr/bin/env bash
# TensorFlow 2.20.0 (Linux, CPU): a tf.data iterator that is tuned, as all are unless `options.autotune.enabled` is False,
# often ends late. Its thread that tunes sleeps 10 ms, then 20, 40 and so on up to 60 s; whoever deletes the iterator
# waits for that thread, and when the wake-up gets lost, waits until it wakes by itself: up to as long as the iterator
# has lived. Keras' `fit` makes an iterator an epoch, of arrays, `PyDataset` and datasets alike, so an epoch of 0.8 s may
# take 1.3 s, and one of 5.3 s may take 10.2.
# Seen: of 20 iterators that were used for 0.8 s each, 9 took 0.48 to 0.50 s to end, all others less than 0.05; of 5 that
# were used for 5.3 s, 3 took 4.9 to 5.0 s. Not tuned: 20 of 20 less than 0.05 s.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "tensorflow==2.20.0"
cat >"$folder/end.py" <<'PYTHON'
import time

import tensorflow as tf


def time_end(is_tuned, seconds):
    """Use an iterator for so many seconds; how many it takes to delete it then."""
    options = tf.data.Options()
    options.autotune.enabled = is_tuned
    numbers = tf.data.Dataset.range(10**6).map(lambda step: tf.random.stateless_normal((64, 64), (step, 0)))
    iterator = iter(numbers.prefetch(tf.data.AUTOTUNE).with_options(options))
    started = time.perf_counter()
    while time.perf_counter() - started < seconds:
        tf.linalg.matmul(next(iterator), next(iterator))
    ended = time.perf_counter()
    del iterator
    return time.perf_counter() - ended


for is_tuned in (True, False):
    times = [time_end(is_tuned, 0.8) for _ in range(20)]
    late = [seconds for seconds in times if seconds > 0.3]
    print(f"tuned: {is_tuned}; {len(late)} of {len(times)} ended late, by {max(late, default=0):.2f} s at most")
    assert bool(late) == is_tuned
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" "$folder/end.py" 2>/dev/null
