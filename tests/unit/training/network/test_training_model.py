"""From a config to a compiled model: optimizers, and where normalization and augmentation stand."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from hpo.data import Outline, Part, TrialData

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("text", ["adam: {beta_1: 0.5}", "rmsprop: {rho: 0.5}", "sgd: {momentum: 0.5}"])
def test_the_file_s_optimizer_is_the_model_s(text: str, config_of, data):
    from hpo.training.network.model import build_model

    built = build_model(config_of(training=f"optimizer: {{{text}}}"), data)
    assert 0.5 in built.model.optimizer.get_config().values()
    assert float(built.model.optimizer.learning_rate) == pytest.approx(0.01)


def test_raw_pixels_go_in_and_probabilities_come_out(config_of, data):
    from hpo.training.network.model import build_model

    model = build_model(config_of(), data).model
    assert model.input.dtype == "uint8"
    probabilities = np.asarray(model(data.validation.images))
    assert probabilities.dtype == np.float32
    assert probabilities.shape == (30, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


def test_standardize_is_fitted_on_the_training_part_alone(config_of, data):
    from hpo.training.network.model import build_model

    model = build_model(config_of(data="normalization: standardize"), data).model
    normalized = np.asarray(model.get_layer("standardize")(data.validation.images))
    train = data.train.images.astype(np.float64)
    np.testing.assert_allclose(normalized, (data.validation.images - train.mean()) / train.std(), atol=1e-4)


def test_augmentation_acts_in_training_alone_and_before_normalization(config_of, data):
    import keras

    from hpo.training.network.model import build_model

    options = "normalization: standardize, augmentation: {flip: both, shift: 0.2, brightness: 0.3}"
    model = build_model(config_of(data=options), data).model
    normalized = model.get_layer("standardize")
    before, after = keras.Model(model.input, normalized.input), keras.Model(model.input, normalized.output)
    images = data.train.images
    np.testing.assert_array_equal(np.asarray(before(images, training=False)), images)
    changed = np.asarray(before(images, training=True))
    assert not np.allclose(changed, images)
    assert changed.min() == 0
    assert 200 < changed.max() <= 255
    train = images.astype(np.float64)
    np.testing.assert_allclose(
        np.asarray(after(images, training=False)), (images - train.mean()) / train.std(), atol=1e-4
    )


def test_augmentation_costs_nothing_at_prediction(config_of, data):
    from hpo.training.network.model import build_model

    every = (
        "flip: both, crop: 2, shift: 0.1, rotation: 9, zoom: 0.1, brightness: 0.1, contrast: 0.1, saturation: 0.1, "
        "hue: 9, cutout: 2"
    )
    parts = (Part(np.repeat(part.images, 3, -1), part.labels) for part in (data.train, data.validation))
    colours = TrialData(data.classes, *parts)
    plain, changed = (build_model(config_of(data=text), colours) for text in ("", f"augmentation: {{{every}}}"))
    assert len(changed.model.layers) == len(plain.model.layers) + 1 + 10
    assert (changed.cost.flops, changed.cost.parameters) == (plain.cost.flops, plain.cost.parameters)


def test_parameters_are_those_of_the_network(config_of, data):
    from hpo.training.network.model import build_model

    built = build_model(config_of(model="batch_normalization: false, head_pooling: average"), data)
    convolution, dense, output = 3 * 3 * 1 * 2 + 2, 2 * 4 + 4, 4 * 2 + 2
    assert built.cost.parameters == convolution + dense + output


def test_a_frozen_base_leaves_only_the_head_to_train(data):
    from hpo.spaces import read_config
    from hpo.training.network.model import build_model

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
    assert built.cost.parameters > 14_000_000


# Without data


OUTLINE = Outline(shape=(8, 8, 1), class_names=("dark", "bright"), train_images=64, validation_images=30, is_here=True)
"""Of the fixture `data`."""


@pytest.mark.parametrize("normalization", ["none", "unit", "standardize", "imagenet"])
def test_from_an_outline_the_model_is_as_large_as_from_the_data(normalization: str, config_of, data):
    from hpo.training.network.model import build_model, build_untrained, symbolic_model

    config = config_of(data=f"normalization: {normalization}, augmentation: {{flip: both, shift: 0.1, rotation: 9}}")
    built = build_model(config, data)
    for other in (build_untrained(config, OUTLINE), symbolic_model(config, OUTLINE)):
        assert other.cost == built.cost
        assert [layer.name for layer in other.model.layers] == [layer.name for layer in built.model.layers]
        assert other.cost.parameters == 3 * 3 * 2 + 4 * 2 + (4 * 4 * 2 * 4 + 4) + (4 * 2 + 2)


def test_a_model_built_from_an_outline_can_be_trained(config_of, data):
    from hpo.training.network.model import build_untrained

    model = build_untrained(config_of(data="normalization: standardize"), OUTLINE).model
    assert np.isfinite(model.train_on_batch(data.train.images, data.train.labels)).all()


def test_a_symbolic_model_takes_no_memory_and_leaves_the_engine_as_it_was(config_of):
    """256 TB of weights; were they left waiting for their values, the end of another scope would give them."""
    import keras

    from hpo.training.network.model import symbolic_model

    keras.backend.clear_session()
    built = symbolic_model(config_of(model="filters: 1, dense_units: 1_000_000_000_000"), OUTLINE)
    assert built.cost.memory > 256e12
    with keras.StatelessScope():
        pass
    assert keras.layers.Flatten().name == "flatten"


@pytest.mark.parametrize("make", ["build_untrained", "symbolic_model"])
def test_without_data_an_impossible_network_is_refused_as_with_it(make: str, config_of):
    from hpo.models import ImpossibleArchitectureError
    from hpo.training.network import model

    with pytest.raises(ImpossibleArchitectureError, match="4 poolings of 2 x 2 need images of 16 pixels or more"):
        getattr(model, make)(config_of(model="depth: 4"), OUTLINE)


def test_a_family_that_needs_values_of_its_weights_is_built_with_them(config_of, monkeypatch):
    from hpo.catalog import MODELS
    from hpo.models import ModelFamily, Shape
    from hpo.spaces import read_config
    from hpo.training.network.model import symbolic_model

    class Tabled(ModelFamily):
        family: Literal["tabled"] = "tabled"

        def build(self, shape: Shape, classes: int):
            import keras

            table = keras.Variable(np.ones(shape, np.float32))
            images = keras.Input(shape)
            weighted = keras.layers.Flatten()(keras.layers.Lambda(lambda x: x * table)(images))
            return keras.Model(images, keras.layers.Dense(classes)(weighted))

    monkeypatch.setitem(globals(), "tabled", Tabled)
    monkeypatch.setitem(MODELS.built_in, "tabled", f"{__name__}:tabled")
    config = read_config({"data": {"dataset": "digits"}, "model": {"family": "tabled"}, "training": {}})
    assert symbolic_model(config, OUTLINE).cost.parameters == 8 * 8 * 2 + 2


def test_an_optimizer_that_is_built_before_the_first_step_trains_as_one_that_keras_builds_in_it(config_of, data):
    import keras

    from hpo.training.feeding.feeding import evaluation_batches, training_batches
    from hpo.training.network.compiling import _make_loss
    from hpo.training.network.metrics import make_metrics
    from hpo.training.network.model import build_model
    from hpo.training.network.optimizing.optimizers import make_optimizer

    config, losses = config_of("optimizer: nadam, ema: {momentum: 0.5}"), []
    for is_built in (True, False):
        keras.utils.set_random_seed(0)
        model, recipe = build_model(config, data).model, config.training
        assert model.optimizer.built
        if not is_built:
            optimizer = make_optimizer(recipe, 4, model.trainable_weights)
            model.compile(optimizer=optimizer, loss=_make_loss(recipe), metrics=make_metrics(recipe, 2))
            assert not optimizer.built
        batches = training_batches(data, config, 1)
        fitted = model.fit(batches, validation_data=evaluation_batches(data, config), shuffle=False, verbose=0)
        losses.append(fitted.history)
    assert losses[0] == losses[1]


def test_an_optimizer_that_begins_with_the_weights_does_so_on_every_engine(config_of, data):
    from hpo.training.network.model import build_model

    model = build_model(config_of("optimizer: schedule_free_adamw"), data).model
    begun = [variable for variable in model.optimizer.variables if "momentum" in variable.path]
    assert len(begun) == len(model.trainable_variables)
    for variable, weight in zip(begun, model.trainable_variables, strict=True):
        np.testing.assert_array_equal(variable, weight)
