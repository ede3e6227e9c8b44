#!/usr/bin/env bash
# Keras 3.15.1 on TensorFlow 2.20.0: GRU and LSTM with dropout draw from their generators of seeds as they predict, too,
# and do not use what they draw. Predictions are the same each time, but the state of the generator moves with each
# batch: a validation or a prediction between two trainings changes what the second one comes to. Dropout itself leaves
# its generator alone where nothing is dropped.
# Seen: the counter of the generator of a GRU and of an LSTM is 1 after a batch of training, and 3 after two that are
# predicted besides, equally; that of Dropout is 1 both times. The loss of the next epoch is another with GRU and LSTM,
# and the same with Dropout. Fails where that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.20.0
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" - <<'PYTHON'
import keras
import numpy as np

random = np.random.default_rng(0)
rows, labels = random.random((32, 8, 4)).astype("float32"), random.integers(0, 3, 32)


def train(layer, predicts):
    """Train a batch, predict two if asked, train an epoch; give the generator's counter between, and the loss."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((8, 4))
    features = keras.layers.Flatten()(layer()(inputs))
    model = keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(features))
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.train_on_batch(rows, labels)
    if predicts:
        first, second = model.predict_on_batch(rows), model.predict_on_batch(rows)
        assert (first == second).all()
    (state,) = (variable.numpy() for variable in model.variables if "seed" in variable.path)
    history = model.fit(rows, labels, batch_size=8, shuffle=False, verbose=0).history
    return int(state[1]), history["loss"]


layers = {
    "GRU": lambda: keras.layers.GRU(4, dropout=0.5),
    "LSTM": lambda: keras.layers.LSTM(4, dropout=0.5),
    "Dropout": lambda: keras.layers.Dropout(0.5),
}
seen = {}
for name, layer in layers.items():
    (before, loss), (after, other) = train(layer, False), train(layer, True)
    seen[name] = before, after, loss == other
    print(name, "counter", before, "and", after, "the next loss is", "the same" if loss == other else "another")
assert seen == {"GRU": (1, 3, False), "LSTM": (1, 3, False), "Dropout": (1, 1, True)}, seen
PYTHON
