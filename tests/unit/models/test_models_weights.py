"""Weights from files: found by the names of layers, in whatever Keras saved, and held to their shapes."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from hpo.errors import WeightsError
from hpo.models.families.application import KerasApplication
from hpo.models.families.cnn import DeepCnn, SimpleCnn
from hpo.models.families.vgg16 import Vgg16

pytestmark = pytest.mark.engine

SHAPE = (8, 8, 3)


def family(**options: object) -> SimpleCnn:
    return SimpleCnn(**{"depth": 2, "filters": 3, "dense_units": 5, **options})


@pytest.fixture(scope="module")
def network():
    """With weights that no initializer draws, the statistics of batch normalization among them."""
    import keras

    keras.utils.set_random_seed(7)
    made = family().build(SHAPE, 4)
    random = np.random.default_rng(7)
    made.set_weights([random.random(weight.shape).astype(np.float32) for weight in made.get_weights()])
    return made


def exported(network):
    """The network as hpo exports it: nested in a model that takes raw pixels, and trained."""
    import keras

    pixels = keras.Input(SHAPE, dtype="uint8", name="pixels")
    classifier = keras.Model(pixels, network(keras.layers.Rescaling(1 / 255)(pixels)), name="classifier")
    classifier.compile("adam", "sparse_categorical_crossentropy")
    return classifier


def base_alone(network):
    import keras

    return keras.Model(network.input, network.get_layer("head_pooling").input)


SAVED = {
    "exported.keras": lambda network, path: exported(network).save(path),
    "exported.weights.h5": lambda network, path: exported(network).save_weights(path),
    "network.keras": lambda network, path: network.save(path),
    "network.weights.h5": lambda network, path: network.save_weights(path),
    "exported.h5": lambda network, path: exported(network).save(path),
    "network.h5": lambda network, path: network.save(path),
}
BASE_SAVED = {
    "base.keras": lambda network, path: base_alone(network).save(path),
    "base.weights.h5": lambda network, path: base_alone(network).save_weights(path),
    "base.h5": lambda network, path: base_alone(network).save(path),
}


def weights_by_layer(network) -> dict[str, list[np.ndarray]]:
    return {layer.name: layer.get_weights() for layer in network.layers if layer.weights}


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("name", SAVED)
def test_whatever_keras_saved_of_a_network_has_its_base_and_its_head(name: str, network, tmp_path: Path):
    SAVED[name](network, tmp_path / name)
    loaded = family(weights=tmp_path / name).build(SHAPE, 4)
    assert same(loaded.get_weights(), network.get_weights())


@pytest.mark.parametrize("name", BASE_SAVED)
def test_a_file_of_the_base_alone_leaves_the_head_as_it_is(name: str, network, tmp_path: Path):
    BASE_SAVED[name](network, tmp_path / name)
    mine, theirs = weights_by_layer(family(weights=tmp_path / name).build(SHAPE, 4)), weights_by_layer(network)
    for layer in mine:
        assert same(mine[layer], theirs[layer]) == layer.startswith("block"), layer


def test_for_other_classes_no_layer_of_the_head_is_taken_over(network, tmp_path: Path):
    network.save(tmp_path / "network.keras")
    mine = weights_by_layer(family(weights=tmp_path / "network.keras").build(SHAPE, 2))
    theirs = weights_by_layer(network)
    assert [layer for layer in ("block1_convolution", "dense") if same(mine[layer], theirs[layer])] == [
        "block1_convolution"
    ]


def test_a_base_of_another_width_names_the_first_layer_that_differs(network, tmp_path: Path):
    network.save(tmp_path / "network.keras")
    text = (
        r"model\.weights: the file has every layer of the base of simple_cnn by its name\. Received "
        r".*network\.keras with 3 x 3 x 3 x 3 in layer block1_convolution where 3 x 3 x 3 x 4 is needed\. Give the file"
    )
    with pytest.raises(WeightsError, match=text):
        family(filters=4, weights=tmp_path / "network.keras").build(SHAPE, 4)


@pytest.mark.parametrize("name", ["network.keras", "network.weights.h5", "network.h5"])
def test_a_layer_of_the_base_that_is_missing_is_named(name: str, network, tmp_path: Path):
    SAVED[name](network, tmp_path / name)
    with pytest.raises(
        WeightsError, match=r"Received .*network\S* without layer block3_convolution\. Give the file of"
    ):
        family(depth=3, weights=tmp_path / name).build(SHAPE, 4)
    with pytest.raises(WeightsError, match="base of vgg16 by its name"):
        Vgg16(weights=tmp_path / name).build((32, 32, 3), 4)


def test_layers_that_keras_has_numbered_are_found_whatever_was_built_before(tmp_path: Path):
    import keras

    shape = (32, 32, 3)
    options = {"name": "mobilenet_v3_small", "dense_units": 0}
    keras.applications.MobileNetV3Small(include_top=False, weights=None, input_shape=shape)
    original = keras.applications.MobileNetV3Small(include_top=False, weights=None, input_shape=shape)
    original.save_weights(tmp_path / "original.weights.h5")
    loaded = KerasApplication(**options, weights=tmp_path / "original.weights.h5").build(shape, 2)
    assert same(loaded.get_layer("base").get_weights(), original.get_weights())


def numbered(first: int):
    """Convolutions that nobody has named, as Keras would number them from `first` on."""
    import keras
    from keras import layers

    images = features = keras.Input((8, 8, 1))
    for number in range(first, first + 12):
        features = layers.Conv2D(2, 1, name=f"conv2d_{number}" if number else "conv2d")(features)
    return keras.Model(images, features, name="base")


def test_numbers_are_compared_as_numbers(tmp_path: Path):
    """conv2d_10 follows conv2d_9, and not conv2d_1."""
    from hpo.models import ModelFamily
    from hpo.models.weights import load_weights

    class Numbered(ModelFamily):
        family: str = "numbered"

        def build(self, shape, classes):
            import keras

            images = keras.Input(shape)
            return keras.Model(images, numbered(0)(images))

    saved = numbered(95)
    saved.save(tmp_path / "saved.keras")
    mine = load_weights(tmp_path / "saved.keras", Numbered(), Numbered().build((8, 8, 1), 2))
    assert same(mine.get_weights(), saved.get_weights())


# Files that are none


def test_a_file_that_does_not_exist_is_named(tmp_path: Path):
    with pytest.raises(
        WeightsError, match=r"model\.weights: .*Received .*gone\.weights\.h5: there is no such file\. Gi"
    ):
        family(weights=tmp_path / "gone.weights.h5").build(SHAPE, 4)


@pytest.mark.parametrize("name", ["base.weights.h5", "base.h5", "base.keras", "base.bin"])
def test_a_file_that_holds_no_weights_is_named(tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(b"no weights at all")
    with pytest.raises(WeightsError, match=rf"a file of weights is one that Keras saved.* Received .*{name}: "):
        family(weights=tmp_path / name).build(SHAPE, 4)


def test_an_archive_without_weights_and_a_file_cut_short_are_named(network, tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "other.keras", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    network.save_weights(tmp_path / "whole.weights.h5")
    whole = (tmp_path / "whole.weights.h5").read_bytes()
    (tmp_path / "cut.weights.h5").write_bytes(whole[: len(whole) // 2])
    for name in ("other.keras", "cut.weights.h5"):
        with pytest.raises(WeightsError, match=rf"Received .*{name}: "):
            family(weights=tmp_path / name).build(SHAPE, 4)


def test_an_archive_that_unpacks_to_a_multiple_is_refused(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "bomb.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", bytes(10_000_000))
    with pytest.raises(WeightsError, match="unpack to a suspicious size"):
        family(weights=tmp_path / "bomb.keras").build(SHAPE, 4)


def test_an_hdf5_file_of_something_else_is_named(tmp_path: Path):
    import h5py

    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["dense"] = np.zeros(3)
    with pytest.raises(WeightsError, match=r"other\.h5: it has no layers that Keras has saved"):
        family(weights=tmp_path / "other.h5").build(SHAPE, 4)


def test_what_a_file_links_to_elsewhere_is_not_read(network, tmp_path: Path):
    import h5py

    network.save_weights(tmp_path / "whole.weights.h5")
    with h5py.File(tmp_path / "links.weights.h5", "w") as file:
        file["layers"] = h5py.ExternalLink(str(tmp_path / "whole.weights.h5"), "/layers")
    with pytest.raises(WeightsError, match="it has no layers that Keras has saved"):
        family(weights=tmp_path / "links.weights.h5").build(SHAPE, 4)


# The option


def test_a_file_may_say_the_weights_by_a_word_a_path_or_a_study():
    assert Vgg16().weights == "imagenet"
    assert Vgg16(weights="none").weights == "none"
    assert Vgg16(weights="/a/base.weights.h5").weights == Path("/a/base.weights.h5")
    assert Vgg16(weights="study:first try").weights == "study:first try"
    assert DeepCnn().weights == "none"
    assert DeepCnn(weights="study:first").weights == "study:first"
    for wrong in (3, None, True):
        with pytest.raises(ValidationError):
            DeepCnn(weights=wrong)


def test_a_study_that_nobody_has_replaced_by_its_model_is_told():
    with pytest.raises(WeightsError, match=r"Received 'study:first'\. Give the path of the model\."):
        family(weights="study:first").build(SHAPE, 4)


def test_untrained_no_file_is_read():
    assert family(weights=Path("/gone.keras")).untrained(SHAPE, 4).output_shape == (None, 4)
