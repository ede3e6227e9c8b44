"""What any registered family guarantees: inherit `ModelFamilyContract`, give `family`, and pytest runs the rest."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest

from hpo.catalog import MODELS
from hpo.models import ImpossibleArchitectureError, ModelFamily, Shape
from hpo.testing.section import SectionContract

if TYPE_CHECKING:
    import keras

CLASSES = 3


class ModelFamilyContract(SectionContract):
    """The suite; a subclass sets `name` and `shape`, and the fixture `family`."""

    _model: ClassVar[keras.Model]
    registry, key = MODELS, "family"
    shape: ClassVar[Shape]
    """The smallest RGB images that the family takes comfortably."""

    @pytest.fixture
    def family(self) -> ModelFamily:
        """A small network of the family, that needs no network connection."""
        raise NotImplementedError

    @pytest.fixture
    def section(self, family: ModelFamily) -> ModelFamily:
        return family

    @pytest.fixture
    def model(self, family: ModelFamily) -> keras.Model:
        """Built once a class: no test that takes it changes it."""
        import keras

        if "_model" not in type(self).__dict__:
            keras.utils.set_random_seed(0)
            type(self)._model = family.build(self.shape, CLASSES)
        return type(self)._model

    @pytest.fixture
    def images(self) -> np.ndarray:
        return np.random.default_rng(0).random((5, *self.shape)).astype(np.float32)

    def test_every_option_has_a_default(self, family: ModelFamily):
        assert type(family)().family == self.name

    def test_its_imagenet_scale_is_one_number_a_channel(self, family: ModelFamily):
        scale = family.imagenet_scale()
        assert len(scale.mean) == len(scale.deviation) == 3
        assert min(scale.deviation) > 0

    def test_it_takes_float32_images_of_the_shape_asked_for(self, model: keras.Model):
        assert model.input_shape == (None, *self.shape)
        assert model.input.dtype == "float32"

    def test_it_gives_probabilities_in_float32(self, model: keras.Model, images: np.ndarray):
        probabilities = np.asarray(model(images))
        assert probabilities.shape == (5, CLASSES)
        assert probabilities.dtype == np.float32
        assert probabilities.min() >= 0
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)

    def test_probabilities_are_float32_under_mixed_precision_too(self, family: ModelFamily):
        import keras

        keras.config.set_dtype_policy("mixed_float16")
        try:
            assert family.build(self.shape, CLASSES).output.dtype == "float32"
        finally:
            keras.config.set_dtype_policy("float32")

    def test_an_image_s_probabilities_do_not_depend_on_its_batch(self, model: keras.Model, images: np.ndarray):
        alone = np.concatenate([np.asarray(model(image[None])) for image in images])
        np.testing.assert_allclose(alone, np.asarray(model(images)), rtol=1e-4, atol=1e-6)

    def test_prediction_has_no_chance_in_it(self, model: keras.Model, images: np.ndarray):
        np.testing.assert_array_equal(np.asarray(model(images)), np.asarray(model(images)))

    def test_a_saved_network_predicts_the_same(self, model: keras.Model, images: np.ndarray, tmp_path: Path):
        import keras

        model.save(tmp_path / "model.keras")
        loaded = keras.models.load_model(tmp_path / "model.keras")
        np.testing.assert_array_equal(np.asarray(loaded(images)), np.asarray(model(images)))

    def test_the_seed_decides_the_initial_weights(self, family: ModelFamily):
        import keras

        def weights(seed: int) -> list[np.ndarray]:
            keras.utils.set_random_seed(seed)
            return family.build(self.shape, CLASSES).get_weights()

        one, same, other = weights(1), weights(1), weights(2)
        assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
        assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))

    def test_untrained_it_is_the_same_network(self, family: ModelFamily, model: keras.Model):
        def layers(network: keras.Model) -> list[tuple[type, dict]]:
            """Kinds and options; names may be numbered by Keras."""
            return [(type(layer), {**layer.get_config(), "name": None}) for layer in network.layers]

        untrained = family.untrained(self.shape, CLASSES)
        assert layers(untrained) == layers(model)
        assert untrained.count_params() == model.count_params()

    def test_images_that_are_too_small_are_refused_with_their_size_and_never_crash(self, family: ModelFamily):
        for shape in ((1, 1, 3), (2, self.shape[1], 3)):
            try:
                model = family.build(shape, CLASSES)
            except ImpossibleArchitectureError as error:
                message = str(error)
                assert f"{shape[0]} x {shape[1]}" in message
                with pytest.raises(ImpossibleArchitectureError, match=re.escape(message)):
                    family.untrained(shape, CLASSES)
            else:
                assert model.output_shape == (None, CLASSES)

    def test_it_takes_images_that_are_not_square(self, family: ModelFamily):
        height, width, channels = self.shape
        assert family.build((height, width + 3, channels), 2).output_shape == (None, 2)

    def test_freezing_all_of_the_base_leaves_the_head_to_be_trained(self, family: ModelFamily, images: np.ndarray):
        model = family.build(self.shape, CLASSES)
        family.freeze(model, "all")
        base = {id(weight) for layer in family.base_layers(model) for weight in layer.weights}
        before = {id(weight): np.asarray(weight) for weight in model.weights}
        model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)  # one step: no graph is worth it
        model.train_on_batch(images, np.arange(5) % CLASSES)
        moved = {id(weight) for weight in model.weights if not np.array_equal(before[id(weight)], np.asarray(weight))}
        assert base
        assert moved
        assert not base & moved  # the moving statistics of batch normalization among them

    def test_the_base_can_be_frozen_up_to_a_layer_that_is_named(self, family: ModelFamily):
        model = family.build(self.shape, CLASSES)
        base = family.base_layers(model)
        last = len(base) // 2
        family.freeze(model, base[last].name)
        assert [layer.trainable for layer in base] == [index > last for index in range(len(base))]
        family.freeze(model, 0)
        assert all(layer.trainable for layer in base)

    @pytest.mark.parametrize("wrong", [10_000, "no_such_layer"])
    def test_what_cannot_be_frozen_is_named_by_the_error(self, family: ModelFamily, wrong: int | str):
        with pytest.raises(ImpossibleArchitectureError, match=str(wrong)):
            family.freeze(family.untrained(self.shape, CLASSES), wrong)

    def test_training_moves_its_weights(self, family: ModelFamily, images: np.ndarray):
        model = family.build(self.shape, CLASSES)
        before = model.get_weights()
        model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)  # one step: no graph is worth it
        assert np.isfinite(model.train_on_batch(images, np.arange(5) % CLASSES))
        assert any(not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
