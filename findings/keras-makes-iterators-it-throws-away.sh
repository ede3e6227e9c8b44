#!/usr/bin/env bash
# Keras 3.15.1 with TensorFlow 2.20.0 (Linux, CPU): of a tf.data dataset that ends, `fit` makes two iterators for each
# epoch, and two for each validation: the second one when the last batch has been read, and it is thrown away unused
# when the next epoch begins. One iterator of a small dataset with a Python function took 5 to 7 ms of CPU. Of a
# dataset that repeats, with `steps_per_epoch` and `validation_steps`, it makes one for the whole fit, and one for each
# validation.
# Seen: 3 epochs with a validation each: 12 iterators; with steps: 4.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "tensorflow==2.20.0" "keras==3.15.1"
cat >"$folder/count.py" <<'PYTHON'
import keras
import tensorflow as tf

made = []
begin = tf.data.Dataset.__iter__
tf.data.Dataset.__iter__ = lambda dataset: made.append(dataset) or begin(dataset)


def count_iterators(repeats):
    """Fit for three epochs of four batches; how many iterators were made."""
    data = tf.data.Dataset.from_tensor_slices((tf.zeros((32, 4)), tf.zeros(32))).batch(8)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    made.clear()
    if repeats:
        data = data.repeat()
        model.fit(data, validation_data=data, epochs=3, steps_per_epoch=4, validation_steps=4, verbose=0)
    else:
        model.fit(data, validation_data=data, epochs=3, verbose=0)
    return len(made)


counts = {repeats: count_iterators(repeats) for repeats in (False, True)}
print(f"datasets that end: {counts[False]} iterators; that repeat: {counts[True]}")
assert counts == {False: 12, True: 4}
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" "$folder/count.py" 2>/dev/null
