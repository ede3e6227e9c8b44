#!/usr/bin/env bash
# Keras 3.15.1: a layer that declares `training=True` as its call's default (Resizing, CenterCrop, AutoContrast, ...) has
# all layers after it train in a plain call of a model: batch normalization uses the statistics of the batch, and moves
# its own. `model.predict` says `training=False`, and does not.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check keras==3.15.1 jax==0.10.2
KERAS_BACKEND=jax "$folder/venv/bin/python" - <<'PY'
import keras
import numpy as np

print("keras", keras.version())
images = np.random.default_rng(0).uniform(0, 1, (8, 8, 8, 1)).astype("float32")


def moves(*before):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((8, 8, 1)), *before, keras.layers.BatchNormalization()])
    was = model.get_weights()
    predicted = model.predict(images, verbose=0)
    called = keras.ops.convert_to_numpy(model(images))
    moved = any(not np.array_equal(one, other) for one, other in zip(was, model.get_weights()))
    print([type(layer).__name__ for layer in model.layers], "called - predicted:", abs(called - predicted).max().round(3), "weights moved:", moved)
    return moved


assert not moves()
assert moves(keras.layers.Resizing(8, 8))
assert moves(keras.layers.CenterCrop(8, 8))
assert moves(keras.layers.AutoContrast(value_range=(0, 1)))
print("as found: these layers have what follows train in a plain call")
PY
