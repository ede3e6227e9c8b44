#!/usr/bin/env bash
# KerasTuner 1.4.8: a `Float` with a `step` leaves out its `max_value` where binary rounding says so, though the
# documentation has the end among the possible values ("[0, 0.2, 0.4, 0.6, 0.8, 1.0]" of 0 to 1 by 0.2). The number of values is (max - min) // step + 1, and 0.9 // 0.1
# is 8.0: from 0 to 0.9 by 0.1 nothing above 0.8 is drawn, while 0 to 1 by 0.2 has 5 of its 6 values.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check keras-tuner==1.4.8 keras==3.15.1 jax==0.10.2 six==1.17.0 numpy==2.4.6
KERAS_BACKEND=jax "$folder/venv/bin/python" -W ignore - <<'PY'
from importlib.metadata import version
import keras_tuner

print("keras-tuner", version("keras-tuner"))
largest = {}
for high, step in ((0.9, 0.1), (1.0, 0.2), (1.0, 0.25)):
    hyperparameters = keras_tuner.HyperParameters()
    hyperparameters.Float("x", 0.0, high, step=step)
    drawn = {round(hyperparameters.space[0].random_sample(seed), 9) for seed in range(2_000)}
    largest[high, step] = max(drawn)
    print(f"0 to {high} by {step}: {len(drawn)} values, the largest {max(drawn)}")
assert largest == {(0.9, 0.1): 0.8, (1.0, 0.2): 0.8, (1.0, 0.25): 1.0}, "other ends are drawn now"
PY
