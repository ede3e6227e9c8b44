"""What every tuner of the comparison is given: the same images, networks and configs, from one file.

NumPy is imported where arrays are: the script that starts `hpo` has none, and `hpo` is to be started at once.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

Config = Mapping[str, Any]
_SIZES = [(depth, filters, units) for depth in (2, 3) for filters in (16, 32) for units in (64, 128)]
CONFIGS: Mapping[str, Sequence[Config]] = {
    "different": [
        {"family": "simple_cnn", "depth": depth, "filters": filters, "dense_units": units, "learning_rate": 1e-3}
        for depth, filters, units in _SIZES
    ],
    "repeating": [
        {"family": "simple_cnn", "depth": 2, "filters": filters, "dense_units": 64, "learning_rate": rate}
        for rate in (3e-4, 1e-3, 3e-3, 1e-2)
        for filters in (16, 32)
    ],
    "vgg16": [{"family": "vgg16", "dense_units": units, "learning_rate": 1e-4} for units in (64, 128, 256)],
}
"""Of each mode: configs whose networks are all different, or of two structures in turn, or VGG16 at 32 px."""
HPO_OPTIONS: Mapping[str, Config] = {"simple_cnn": {"batch_normalization": False}, "vgg16": {"weights": "none"}}
"""By which hpo's families make the networks that the others are given."""


def write_data(path: Path, folder: Path | None, count: int, size: int) -> None:
    """Write the images that are trained on and validated on, as many of each class, to an `.npz` file.

    Args:
        path: the file.
        folder: with a folder of images for each class; None for scikit-learn's digits.
        count: how many images, a fifth of them to validate on and a few to test on.
        size: of their sides, in pixels.
    """
    import numpy as np

    images, labels = _read_digits(size) if folder is None else _read_folder(folder, count, size)
    order = np.random.default_rng(0).permutation(len(images))[:count]
    images, labels, validation = images[order], labels[order].astype(np.int32), len(order) // 5
    parts = {"validation": slice(validation), "train": slice(validation, None), "test": slice(validation)}
    arrays = {f"x_{name}": images[rows] for name, rows in parts.items()}
    np.savez(path, **arrays, **{f"y_{name}": labels[rows] for name, rows in parts.items()})


def _read_digits(size: int) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np
    from PIL import Image
    from sklearn.datasets import load_digits

    digits, labels = load_digits(return_X_y=True)
    small = (digits.reshape(-1, 8, 8) * 255 / 16).astype(np.uint8)
    return np.stack([Image.fromarray(image).resize((size, size)).convert("RGB") for image in small]), labels


def _read_folder(folder: Path, count: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np
    from PIL import Image

    images, labels = [], []
    classes = sorted(path for path in folder.iterdir() if path.is_dir())
    for label, path in enumerate(classes):
        for file in sorted(path.iterdir())[: -(-count // len(classes))]:
            images.append(np.asarray(Image.open(file).convert("RGB").resize((size, size))))
            labels.append(label)
    return np.stack(images), np.array(labels)


class Workload:
    """The file of a comparison, as the script of a tuner reads it."""

    def __init__(self, path: Path) -> None:
        values = json.loads(path.read_text())
        self.folder = path.parent
        self.data = Path(values["data"])
        self.configs: list[Config] = values["configs"]
        self.epochs: int = values["epochs"]
        self.batch_size: int = values["batch_size"]
        self.workers: int = values["workers"]

    def load(self) -> dict[str, np.ndarray]:
        """Load the arrays."""
        import numpy as np

        with np.load(self.data) as arrays:
            return {name: arrays[name] for name in arrays.files}

    def train(self, arrays: Mapping[str, np.ndarray], config: Config, callbacks: Sequence[Any] = ()) -> float:
        """Train a network as a script without any tuner would, and give its best validation accuracy."""
        import keras

        model = build_network(arrays["x_train"].shape[1:], 10, config)
        optimizer = keras.optimizers.Adam(config["learning_rate"])
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(
            arrays["x_train"], arrays["y_train"], batch_size=self.batch_size, epochs=self.epochs, verbose=0,
            validation_data=(arrays["x_validation"], arrays["y_validation"]), callbacks=list(callbacks),
        )  # fmt: skip
        return float(max(history.history["val_accuracy"]))


def build_network(shape: Sequence[int], classes: int, config: Config) -> Any:  # noqa: ANN401 - a Keras model
    """Build the network that hpo's family of that name builds, with as many parameters."""
    import keras
    from keras import layers

    images = keras.Input(shape)
    features = layers.Rescaling(1 / 255)(images)
    if config["family"] == "vgg16":
        base = keras.applications.VGG16(include_top=False, weights=None, input_shape=tuple(shape))
        features = layers.GlobalAveragePooling2D()(base(features))
    else:
        for block in range(config["depth"]):
            features = layers.Conv2D(config["filters"] * 2**block, 3, padding="same", activation="relu")(features)
            features = layers.MaxPooling2D()(features)
        features = layers.Flatten()(features)
    features = layers.Dense(config["dense_units"], activation="relu")(features)
    return keras.Model(images, layers.Dense(classes, activation="softmax")(features))


def tell(event: str) -> None:
    """Tell the comparison, on the standard output, that the trials begin (`begin`) or that one has ended (`trial`)."""
    print(json.dumps({"event": event, "at": time.monotonic()}), flush=True)


def read_workload() -> Workload:
    """Read the file that the command line names."""
    return Workload(Path(sys.argv[1]))
