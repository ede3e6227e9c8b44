#!/usr/bin/env bash
# Compiled into a graph, a chain of float sums and differences is added up in another order than it is written in: the
# constants and small terms first. Rounding that takes a large whole part off before it adds what is small (as a resize
# that rounds as Pillow does) then loses the digits that it kept on purpose: model(x) and model.predict(x) differ by a
# whole step, here in 87 % of the values. It is the arithmetic optimizer of the graphs: without it both are equal.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check tensorflow==2.20.0 keras==3.15.1
TF_CPP_MIN_LOG_LEVEL=3 KERAS_BACKEND=tensorflow "$folder/venv/bin/python" - <<'PY'
import keras
import numpy as np
import tensorflow as tf
from keras import ops

print("tensorflow", tf.__version__, "keras", keras.version())


def build():
    coarse, rest = keras.Input((1,)), keras.Input((1,))
    whole = ops.floor(coarse)
    return keras.Model([coarse, rest], whole + ops.floor(coarse - whole + rest + 0.5))


coarse = np.arange(1, 256, dtype="float32")[:, None]
rest = np.full_like(coarse, 0.5 - 2**-24)  # so that the sum stays below the next whole number
off = {}
for is_on in (True, False):
    tf.config.optimizer.set_experimental_options({"arithmetic_optimization": is_on})
    model = build()
    called, predicted = np.asarray(model([coarse, rest])), model.predict([coarse, rest], verbose=0)
    off[is_on] = predicted - called
    share = (off[is_on] != 0).mean()
    print(f"arithmetic_optimization={is_on}: predict gives {off[is_on].max():g} more, in {share:.0%} of the values")
assert off[True].max() == 1 and (off[True] != 0).mean() > 0.5
assert not off[False].any()
print("as found")
PY
