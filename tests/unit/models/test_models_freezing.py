"""Freezing: which weights stay, and that batch normalization in frozen layers stays in inference mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest

from hpo.models import ModelFamily, Shape

if TYPE_CHECKING:
    import keras

pytestmark = pytest.mark.engine

SHAPE, CLASSES = (8, 8, 3), 2


class Flat(ModelFamily):
    """Convolutions with batch normalization, and a head, all in one model."""

    family: Literal["flat"] = "flat"

    def build(self, shape: Shape, classes: int) -> keras.Model:
        import keras
        from keras import layers

        images = keras.Input(shape)
        features = layers.BatchNormalization(name="bn_1")(layers.Conv2D(3, 3, name="conv_1")(images))
        features = layers.BatchNormalization(name="bn_2")(layers.Conv2D(3, 3, name="conv_2")(features))
        vector = layers.GlobalAveragePooling2D(name="head_pooling")(features)
        return keras.Model(images, layers.Dense(classes, "softmax", name="probabilities")(vector))


class Nested(ModelFamily):
    """A nested model is the base, as pre-trained networks are; a model inside that has batch normalization too."""

    family: Literal["nested"] = "nested"

    def build(self, shape: Shape, classes: int) -> keras.Model:
        import keras
        from keras import layers

        block = keras.Sequential(
            [keras.Input((6, 6, 3)), layers.Conv2D(3, 3), layers.BatchNormalization()], name="block"
        )
        pixels = keras.Input(shape)
        features = layers.BatchNormalization(name="bn_1")(layers.Conv2D(3, 3, name="conv_1")(pixels))
        base = keras.Model(pixels, block(features), name="base")
        images = keras.Input(shape)
        vector = layers.GlobalAveragePooling2D()(base(images))
        return keras.Model(images, layers.Dense(classes, "softmax", name="probabilities")(vector))


FAMILIES = [Flat(), Nested()]


@pytest.fixture(params=FAMILIES, ids=lambda family: family.family)
def family(request: pytest.FixtureRequest) -> ModelFamily:
    return request.param


@pytest.fixture
def network(family: ModelFamily) -> keras.Model:
    import keras

    keras.utils.set_random_seed(0)
    return family.build(SHAPE, CLASSES)


@pytest.fixture
def images() -> np.ndarray:
    """Far from what moving statistics are at first: mean 0, variance 1."""
    return np.random.default_rng(0).normal(5, 3, (16, *SHAPE)).astype(np.float32)


def normalizations(network: keras.Model) -> list[keras.layers.Layer]:
    """Every layer of batch normalization, however deep."""
    import keras

    layers = network._flatten_layers(include_self=False)
    return [layer for layer in layers if isinstance(layer, keras.layers.BatchNormalization)]


def statistics(layers: list[keras.layers.Layer]) -> list[np.ndarray]:
    import keras

    both = [(layer.moving_mean, layer.moving_variance) for layer in layers]
    return [keras.ops.convert_to_numpy(values).copy() for pair in both for values in pair]


def outputs(network: keras.Model, images: np.ndarray, *, training: bool) -> np.ndarray:
    import keras

    return keras.ops.convert_to_numpy(network(images, training=training))


def train(network: keras.Model, images: np.ndarray) -> None:
    network.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)  # to trace it takes longer
    network.fit(images, np.arange(len(images)) % CLASSES, batch_size=8, epochs=2, verbose=0)


def test_a_network_whose_base_is_frozen_gives_the_same_in_training_as_in_inference(family, network, images):
    assert not np.allclose(outputs(network, images, training=True), outputs(network, images, training=False))
    family.freeze(network, "all")
    np.testing.assert_allclose(
        outputs(network, images, training=True), outputs(network, images, training=False), rtol=1e-5
    )


def test_training_leaves_the_moving_statistics_of_frozen_layers_as_they_are(family, network, images):
    before = statistics(normalizations(network))
    assert len(before) == 4
    family.freeze(network, "all")
    train(network, images)
    assert all(np.array_equal(a, b) for a, b in zip(before, statistics(normalizations(network)), strict=True))
    # The other way round: a phase that frees them has them move.
    family.freeze(network, 0)
    train(network, images)
    after = statistics(normalizations(network))
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_batch_normalization_above_the_frozen_layers_learns_its_statistics(family, network, images):
    first, second = sorted(normalizations(network), key=lambda layer: layer.name != "bn_1")
    before = statistics([first]), statistics([second])
    family.freeze(network, "bn_1")
    train(network, images)
    assert all(np.array_equal(a, b) for a, b in zip(before[0], statistics([first]), strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(before[1], statistics([second]), strict=True))
