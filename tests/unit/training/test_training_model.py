"""From a config to a compiled model: optimizers, and where normalization and augmentation stand."""

from __future__ import annotations

import numpy as np
import pytest

from hpo.data import Part, TrialData
from hpo.spaces import Section
from hpo.spaces.recipe import Adam, RmsProp, Sgd

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    ("optimizer", "kind", "options"),
    [
        (Adam(), "Adam", {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False}),
        (
            Adam(beta_1=0.8, beta_2=0.9, epsilon=1e-3, amsgrad=True),
            "Adam",
            {"beta_1": 0.8, "beta_2": 0.9, "amsgrad": True},
        ),
        (RmsProp(), "RMSprop", {"rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False}),
        (RmsProp(rho=0.8, momentum=0.3, centered=True), "RMSprop", {"rho": 0.8, "momentum": 0.3, "centered": True}),
        (Sgd(), "SGD", {"momentum": 0.0, "nesterov": False}),
        (Sgd(momentum=0.7, nesterov=True), "SGD", {"momentum": 0.7, "nesterov": True}),
    ],
    ids=str,
)
def test_an_optimizer_is_keras_own_with_the_options_of_the_file(optimizer: Section, kind: str, options: dict):
    from hpo.training.model import make_optimizer

    made = make_optimizer(optimizer, 0.05)
    assert type(made).__name__ == kind
    assert float(made.learning_rate) == pytest.approx(0.05)
    assert {name: made.get_config()[name] for name in options} == options


@pytest.mark.parametrize("text", ["adam: {beta_1: 0.5}", "rmsprop: {rho: 0.5}", "sgd: {momentum: 0.5}"])
def test_the_file_s_optimizer_is_the_model_s(text: str, config_of, data):
    from hpo.training.model import build_model

    built = build_model(config_of(training=f"optimizer: {{{text}}}"), data)
    assert 0.5 in built.model.optimizer.get_config().values()
    assert float(built.model.optimizer.learning_rate) == pytest.approx(0.01)


def test_raw_pixels_go_in_and_probabilities_come_out(config_of, data):
    from hpo.training.model import build_model

    model = build_model(config_of(), data).model
    assert model.input.dtype == "uint8"
    probabilities = np.asarray(model(data.validation.images))
    assert probabilities.dtype == np.float32
    assert probabilities.shape == (30, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


def test_standardize_is_fitted_on_the_training_part_alone(config_of, data):
    from hpo.training.model import build_model

    model = build_model(config_of(data="normalization: standardize"), data).model
    normalized = np.asarray(model.get_layer("standardize")(data.validation.images))
    train = data.train.images.astype(np.float64)
    np.testing.assert_allclose(normalized, (data.validation.images - train.mean()) / train.std(), atol=1e-4)


def test_augmentation_acts_in_training_alone(config_of, data):
    import keras

    from hpo.training.model import build_model

    model = build_model(config_of(data="augmentation: {flip: both, shift: 0.2, rotation: 20}"), data).model
    assert {"random_flip", "random_shift", "random_rotation"} <= {layer.name for layer in model.layers}
    augmented = keras.Model(model.input, model.get_layer("random_rotation").output)
    normalized = keras.Model(model.input, model.get_layer("unit").output)
    images = data.train.images
    np.testing.assert_array_equal(np.asarray(augmented(images, training=False)), np.asarray(normalized(images)))
    assert not np.allclose(np.asarray(augmented(images, training=True)), np.asarray(normalized(images)))


def test_parameters_are_those_of_the_network(config_of, data):
    from hpo.training.model import build_model

    built = build_model(config_of(model="batch_normalization: false, head_pooling: average"), data)
    convolution, dense, output = 3 * 3 * 1 * 2 + 2, 2 * 4 + 4, 4 * 2 + 2
    assert built.parameters == convolution + dense + output


def test_a_frozen_base_leaves_only_the_head_to_train(data):
    from hpo.spaces import read_config
    from hpo.training.model import build_model

    config = read_config(
        {
            "data": {"dataset": "digits"},
            "model": {"family": "vgg16", "weights": "none", "frozen_layers": 19, "dense_units": 0},
            "training": {},
        }
    )
    parts = (Part(np.tile(part.images, (1, 4, 4, 1)), part.labels) for part in (data.train, data.validation))
    built = build_model(config, TrialData(data.classes, *parts))
    assert [tuple(weight.shape) for weight in built.model.trainable_weights] == [(512, 2), (2,)]
    assert built.parameters > 14_000_000
