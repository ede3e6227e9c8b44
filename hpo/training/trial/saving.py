"""What is kept of a trained model: one file that plain Keras loads and its owner can use, from an image to a class."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from hpo.data import Dataset, Depth, PredictionVersions, Resize, TrialData, raw_images
from hpo.spaces import Config
from hpo.studies import package_versions
from hpo.training.measuring.predicting import predict_symbolically

MEMBER = "hpo.json"
"""The name in the file, which is a zip archive, of what the owner needs to know; Keras ignores it."""
_COLOR_MODES = {1: "grayscale", 3: "rgb", 4: "rgba"}


def save_model(
    model: keras.Model,
    path: Path,
    *,
    resize: Resize = "stretch",
    depth: Depth | None = None,
    versions: PredictionVersions | None = None,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Write a model without optimizer, loss, metrics and augmentation: from raw images to class probabilities.

    It takes images of any size, and brings them to the one that it was trained with. However it is called, it predicts:
    some of Keras' layers (3.15: `Resizing`, `CenterCrop`, `AutoContrast`, and those of augmentation) train unless
    `training=False` is passed, and have all layers that follow do the same, so that batch normalization would use the
    statistics of the images that it is given, and move its own.

    Args:
        model: as `build_model` makes it, compiled or not; it shares its weights with what is written.
        path: ends in `.keras`. Keras alone loads what is written there, on any engine.
        resize: how images of other sizes are brought to the model's.
        depth: what images are as they are stored, where they have more than 8 bits: the model takes those values then.
        versions: of each image, of which it averages the probabilities; None for the image alone.
        about: plain values to write along; see `describe_model`.
    """
    images, pixels = raw_images(model.input.name, model.input_shape[1:], resize, depth)
    keras.Model(images, predict_symbolically(model, pixels, versions), name=model.name).save(path)
    if about is not None:
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(MEMBER, json.dumps(about, indent=2, ensure_ascii=False))


def describe_model(config: Config, data: TrialData, **figures: Any) -> dict[str, Any]:  # noqa: ANN401 - plain values
    """What the owner of a model has to know to use it, as plain values: in the file, and in the JSON beside it.

    Args:
        config: what was trained.
        data: what it was trained on.
        figures: of the training: `metrics` at the best epoch, and the score on the `validation` part.

    Returns:
        `classes`: their names, in the order of the probabilities; `color_mode`: what images are read as, in Keras'
        words; `dtype`: as what the model is given them: `uint8`, or `float32` where it takes values of more than 8 bits
        as they are stored; `image_size`: height and width of what the network sees; `resize`: how the model brings
        images to it; `test_time_augmentation`: of which versions of an image it gives the mean, if of some; `range`,
        `bits` and `transparency`: what brought images to 8 bits, as far as there was anything to do (the model that
        takes stored values does the first two itself); `config`: what was trained; `made_with`: versions; and the
        figures.
    """
    height, width, channels = data.input_shape
    depth, versions = depth_in(data), versions_of(config)
    return {
        "classes": list(data.classes),
        "color_mode": _COLOR_MODES.get(channels if depth is None else depth.channels),
        "dtype": "uint8" if depth is None else depth.dtype,
        "image_size": [height, width],
        "resize": resize_of(config),
        **({} if depth is None else depth.reduction.plain()),
        **data.reduction,
        **({} if versions is None else {"test_time_augmentation": versions.model_dump(mode="json")}),
        "config": config.tree,
        "made_with": package_versions("hpo", "keras", keras.config.backend(), "pillow"),
        **figures,
    }


def depth_in(data: TrialData) -> Depth | None:
    """What images are as they are stored, where a model can take them so: colours of which it sees grey it cannot."""
    depth = data.depth
    return depth if depth is not None and depth.channels in (1, data.input_shape[-1]) else None


def versions_of(config: Config) -> PredictionVersions | None:
    """Of which versions of an image the kept model averages what it predicts; None for the image alone."""
    return config.data.test_time_augmentation if isinstance(config.data, Dataset) else None


def resize_of(config: Config) -> Resize:
    """How a config brings images to one size; those that it leaves as they are have one already."""
    data = config.data
    return data.resize if isinstance(data, Dataset) and data.image_size is not None else "stretch"
