"""What models cost: against published figures, against TensorFlow's own count, and layer by layer by hand."""

from __future__ import annotations

import cProfile

import pytest

pytestmark = pytest.mark.engine


def flops_of(*layers, shape=(8, 8, 4)) -> int:
    import keras

    from hpo.training.network.cost import cost_of

    return cost_of(keras.Sequential([keras.Input(shape), *layers]), 1, 0).flops


def published(name: str):
    import keras

    from hpo.training.network.symbolic import without_weights

    return without_weights(lambda: getattr(keras.applications, name)(weights=None))


# Operations


@pytest.mark.parametrize(
    ("name", "flops"),
    [
        ("VGG16", 2 * 15.5e9),  # Simonyan and Zisserman, 2015: 15.5 billion multiply-adds
        ("ResNet50", 2 * 3.86e9),  # He et al., 2015: 3.8 billion without the output layer and the projections' share
        ("DenseNet121", 2 * 2.87e9),  # Huang et al., 2017
        ("MobileNet", 2 * 0.569e9),  # Howard et al., 2017
        ("NASNetMobile", 2 * 0.564e9),  # Zoph et al., 2018
        ("EfficientNetB0", 2 * 0.39e9),  # Tan and Le, 2019
        ("InceptionV3", 2 * 5.71e9),  # torchvision's table of its models
        ("ConvNeXtTiny", 2 * 4.5e9),  # Liu et al., 2022
    ],
)
def test_known_networks_take_the_operations_that_are_published(name: str, flops: float):
    from hpo.training.network.cost import cost_of

    assert cost_of(published(name), 1, 0).flops == pytest.approx(flops, rel=0.03)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", ["MobileNetV2", "EfficientNetB0", "ResNet50V2"])
def test_tensorflow_counts_the_same(name: str):
    import keras
    import tensorflow as tf
    from tensorflow.python.profiler import model_analyzer, option_builder

    from hpo.training.network.cost import cost_of

    model = getattr(keras.applications, name)(weights=None)
    images = tf.TensorSpec((1, *model.input_shape[1:]))
    graph = tf.function(lambda x: model(x, training=False), [images]).get_concrete_function().graph
    options = {**option_builder.ProfileOptionBuilder.float_operation(), "output": "none"}
    counted = model_analyzer.profile(graph, options=options).total_float_ops
    assert cost_of(model, 1, 0).flops == pytest.approx(counted, rel=0.03)


CONVOLUTION = 2 * 3 * 3 * 4 * 6
"""Of a 3 x 3 kernel from 4 to 6 channels, at one position."""


@pytest.mark.parametrize(
    ("layer", "options", "flops"),
    [
        ("Conv2D", {"filters": 6, "kernel_size": 3, "use_bias": False}, 36 * CONVOLUTION),
        ("Conv2D", {"filters": 6, "kernel_size": 3, "padding": "same"}, 64 * (CONVOLUTION + 6)),
        ("Conv2D", {"filters": 6, "kernel_size": 3, "strides": 2, "padding": "same"}, 16 * (CONVOLUTION + 6)),
        ("Conv2D", {"filters": 6, "kernel_size": 3, "groups": 2, "use_bias": False}, 36 * CONVOLUTION // 2),
        ("Conv2D", {"filters": 6, "kernel_size": 3, "activation": "relu"}, 36 * (CONVOLUTION + 6 + 6)),
        ("Conv2D", {"filters": 6, "kernel_size": 3, "activation": "linear"}, 36 * (CONVOLUTION + 6)),
        ("DepthwiseConv2D", {"kernel_size": 3, "use_bias": False}, 36 * 2 * 3 * 3 * 4),
        ("SeparableConv2D", {"filters": 6, "kernel_size": 3, "use_bias": False}, 36 * 2 * (3 * 3 * 4 + 4 * 6)),
        ("Conv2DTranspose", {"filters": 6, "kernel_size": 3, "strides": 2, "use_bias": False}, 64 * CONVOLUTION),
        ("Dense", {"units": 5}, 64 * (2 * 4 * 5 + 5)),
        ("BatchNormalization", {}, 256 * 2),
        ("LayerNormalization", {}, 256 * 5),
        ("Activation", {"activation": "gelu"}, 256),
        ("PReLU", {}, 256),
        ("MaxPooling2D", {"pool_size": 2}, 4 * 16 * 4),
        ("AveragePooling2D", {"pool_size": 3, "strides": 1}, 9 * 36 * 4),
        ("GlobalAveragePooling2D", {}, 256),
        ("Flatten", {}, 0),
        ("Dropout", {"rate": 0.5}, 0),
        ("RandomFlip", {}, 0),
        ("Rescaling", {"scale": 1.0}, 0),
        ("Rescaling", {"scale": 0.5}, 2 * 8 * 8 * 4),
        ("ZeroPadding2D", {}, 0),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_operations_of_a_layer(layer: str, options: dict, flops: int):
    import keras

    assert flops_of(getattr(keras.layers, layer)(**options)) == flops


def test_a_network_that_resizes_images_costs_what_its_base_costs_at_that_size():
    from hpo.models.families.application import KerasApplication
    from hpo.training.network.cost import cost_of
    from hpo.training.network.symbolic import without_weights

    def cost(shape: tuple[int, int, int], **options: object):
        family = KerasApplication(name="mobilenet", alpha=0.25, weights="none", **options)
        return cost_of(without_weights(lambda: family.untrained(shape, 10)), 1, 0)

    resized, stored = cost((32, 32, 3), input_size=96, gaussian_noise=0.1), cost((96, 96, 3))
    assert resized.parameters == stored.parameters
    assert resized.flops == stored.flops + 32 * 32 * 3  # one a number that goes into an operation without weights
    assert cost((32, 32, 3)).flops < stored.flops / 8


def test_nested_models_count_for_what_is_in_them():
    import keras
    from keras import layers

    inner = keras.Sequential([keras.Input((8, 8, 4)), layers.Conv2D(6, 3), keras.Sequential([layers.Dense(5)])])
    assert flops_of(inner) == flops_of(layers.Conv2D(6, 3), layers.Dense(5))


def test_a_nested_model_for_images_of_any_size_counts_at_the_size_that_it_gets():
    import keras
    from keras import layers

    images = keras.Input((None, None, 4))
    anywhere = keras.Model(images, layers.GlobalMaxPooling2D()(layers.Conv2D(6, 3)(images)))
    assert flops_of(anywhere) == flops_of(layers.Conv2D(6, 3), layers.GlobalMaxPooling2D())


def test_a_layer_that_is_called_twice_counts_twice_and_is_stored_once():
    import keras
    from keras import layers

    from hpo.training.network.cost import cost_of

    shared, images = layers.Dense(4), keras.Input((8, 8, 4))
    cost = cost_of(keras.Model(images, shared(shared(images))), 1, 0)
    assert cost.flops == 2 * flops_of(layers.Dense(4))
    assert cost.parameters == 4 * 4 + 4


def test_operations_outside_layers_and_branches_count():
    import keras

    from hpo.training.network.cost import cost_of

    images = keras.Input((8, 8, 4))
    assert cost_of(keras.Model(images, images + keras.ops.relu(images)), 1, 0).flops == 2 * 256 + 256


# Memory


@pytest.fixture
def network():
    """Two dense layers, of 4 x 6 + 6 = 30 and 6 x 2 + 2 = 14 numbers, on vectors of 4."""
    import keras
    from keras import layers

    return keras.Sequential([keras.Input((4,)), layers.Dense(6, activation="relu"), layers.Dense(2)])


def memory(model, batch_size: int = 1, slots: int = 0) -> int:
    from hpo.training.network.cost import cost_of

    return cost_of(model, batch_size, slots).memory


def test_memory_is_that_of_weights_gradients_slots_and_a_batch_s_activations(network):
    weights = gradients = 4 * 44
    images, activations, largest = 4 * 4, 4 * (4 + 6), 4 * (4 + 6)
    assert memory(network) == weights + gradients + images + activations + largest
    assert memory(network, slots=2) == memory(network) + 2 * gradients
    assert memory(network, batch_size=11) == memory(network) + 10 * (images + activations + largest)


def test_frozen_layers_need_neither_gradients_nor_slots_nor_kept_activations(network):
    before = memory(network, slots=2)
    network.layers[0].trainable = False
    assert memory(network, slots=2) == before - 3 * 4 * 30 - 4 * 4


def test_numbers_of_half_precision_take_half_the_activations(network):
    import keras

    single = memory(network, 2) - memory(network, 1)
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, activation="relu"), keras.layers.Dense(2)])
    finally:
        keras.config.set_dtype_policy("float32")
    half = memory(model, 2) - memory(model, 1)
    assert half < single


@pytest.mark.parametrize(("dtype", "size"), [("float32", 4), ("float16", 2), ("bfloat16", 2)])
def test_megabytes_are_those_of_the_weights_as_they_are_stored(dtype: str, size: int):
    import keras

    from hpo.training.network.cost import model_megabytes

    layers = [keras.layers.Dense(500, dtype=dtype), keras.layers.Dropout(0.5), keras.layers.BatchNormalization()]
    model = keras.Sequential([keras.Input((999,)), *layers])
    assert model_megabytes(model) == pytest.approx((500 * 1000 * size + 4 * 500 * 4) / 1e6)


# Speed


def test_the_work_of_counting_a_cost_grows_with_the_layers_and_no_faster():
    from hpo.training.network.cost import cost_of

    def calls_a_layer(name: str) -> float:
        model, profile = published(name), cProfile.Profile()
        profile.runcall(cost_of, model, 32, 2)
        return sum(entry.callcount for entry in profile.getstats()) / len(model.layers)

    assert calls_a_layer("ResNet101") < 1.2 * calls_a_layer("ResNet50")


def test_a_nested_model_that_cannot_be_made_anew_is_counted_by_its_weights():
    import keras

    from hpo.training.network.cost import cost_of

    class Scale(keras.layers.Layer):
        """A layer of somebody's own, which does not say how to make it again."""

        def __init__(self, factor):
            super().__init__()
            self.factor = factor

        def call(self, inputs):
            return inputs * self.factor

    of_any_size = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(4, 1, use_bias=False), Scale(2)])
    inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, of_any_size(inputs))
    assert cost_of(model, 1, 0).parameters == 12
    assert cost_of(model, 1, 0).flops == 2 * 12 * 8 * 8
