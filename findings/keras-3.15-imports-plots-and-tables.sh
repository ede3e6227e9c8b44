#!/usr/bin/env bash
# Keras 3.15.1: `import keras` imports pyplot, pandas and scikit-learn (and OpenCV and IPython) wherever they are
# installed, before anything is drawn or any table is given. A process that only trains pays for them: with TensorFlow,
# they were about a fifth of its imports.
# Seen: where the three are installed, all are loaded by `import keras`, and 940 modules more than where they cannot
# be found; training works without them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "keras==3.15.1" "jax[cpu]==0.10.2" "matplotlib==3.10.8" "pandas==2.3.3" \
    "scikit-learn==1.7.2"
cat > "$folder/count.py" <<'PYTHON'
import sys

optional = ("matplotlib.pyplot", "pandas", "sklearn")
if sys.argv[1] == "hidden":
    sys.modules.update(dict.fromkeys(["matplotlib", "pandas", "sklearn"]))  # an import of them fails
import keras
import numpy as np

print(len(sys.modules), *(name for name in optional if sys.modules.get(name)))
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(np.ones((8, 2)), np.ones((8, 1)), verbose=0)
PYTHON
found=$(KERAS_BACKEND=jax "$folder/venv/bin/python" "$folder/count.py" found)
hidden=$(KERAS_BACKEND=jax "$folder/venv/bin/python" "$folder/count.py" hidden)
echo "modules after import keras, and which of the three: $found"
echo "where they cannot be found: $hidden"
test "${found#* }" = "matplotlib.pyplot pandas sklearn"
test "$((${found%% *} - ${hidden%% *}))" -gt 300
