"""Networks of the user's own, by `module:function`, keep the contract of families, but for names and unknown keys."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hpo.models import ModelFamily
from hpo.models.foreign.custom import CustomModel
from hpo.models.foreign.keras_tuner import KerasTuner
from hpo.testing import ModelFamilyContract

pytestmark = pytest.mark.engine

MODULE = """\
import keras
from keras import layers

from hpo.models import ImpossibleArchitectureError
from hpo.testing import ModelFamilyContract


def build(config, shape, classes):
    units = config["units"]
    if min(shape[:2]) < 2:
        raise ImpossibleArchitectureError(f"images of {shape[0]} x {shape[1]} are too small")
    inputs = keras.Input(shape)
    features = layers.Conv2D(units, 3, padding="same", activation="relu", name="first")(inputs)
    features = layers.BatchNormalization()(features)
    features = layers.GlobalAveragePooling2D()(features)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax", name="last")(features))


def tuned(hp):
    inputs = keras.Input((None, None, 3))
    features = layers.Conv2D(hp.Int("units", 2, 8), 3, padding="same", name="first")(inputs)
    features = layers.GlobalAveragePooling2D()(layers.BatchNormalization()(features))
    return keras.Model(inputs, layers.Dense(hp.Fixed("classes", 3), activation="softmax", name="last")(features))
"""


class OwnNetworkContract(ModelFamilyContract):
    @pytest.fixture(autouse=True)
    def here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "path", list(sys.path))
        (tmp_path / "contract_net.py").write_text(MODULE)
        yield
        sys.modules.pop("contract_net", None)

    def test_every_option_has_a_default(self, family: ModelFamily):
        assert {name for name, field in type(family).model_fields.items() if field.is_required()} == {"family"}

    def test_unknown_options_are_refused(self, family):
        """They are not: they are what the function is given."""
        assert type(family)(family=self.name, colour="red", depth=[1, {"a": 2}]).config == {
            "colour": "red",
            "depth": [1, {"a": 2}],
        }


class TestOwnNetwork(OwnNetworkContract):
    name = "contract_net:build"
    shape = (8, 8, 3)

    @pytest.fixture
    def family(self) -> ModelFamily:
        return CustomModel(family=self.name, units=4)


class TestKerasTuner(OwnNetworkContract):
    """Its model is made for images and classes of its own; here, for images of any size, and three classes."""

    name = "keras_tuner"
    shape = (8, 8, 3)

    @pytest.fixture
    def family(self) -> ModelFamily:
        return KerasTuner(build="contract_net:tuned", units=4)

    def test_it_takes_float32_images_of_the_shape_asked_for(self, family: ModelFamily):
        model = family.build(self.shape, 3)
        assert (model.input_shape, model.input.dtype) == ((None, None, None, 3), "float32")

    def test_it_takes_images_that_are_not_square(self, family: ModelFamily):
        assert family.build((8, 11, 3), 3).output_shape == (None, 3)

    def test_every_option_has_a_default(self, family: ModelFamily):
        assert {name for name, each in type(family).model_fields.items() if each.is_required()} == {"build_function"}

    def test_unknown_options_are_refused(self, family):
        """They are not: they are the hyperparameters' values."""
        assert KerasTuner(build="m:f", units=3, kind={"a": {"rate": 0.5}}).values == {
            "units": 3,
            "kind": "a",
            "rate": 0.5,
        }


def test_under_mixed_precision_too_the_head_is_no_part_of_the_base(tmp_path, monkeypatch):
    import keras

    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "mixed_net.py").write_text(MODULE)
    family = CustomModel(family=f"{tmp_path}/mixed_net.py:build", units=4)
    keras.config.set_dtype_policy("mixed_float16")
    try:
        network = family.build((8, 8, 3), 3)
    finally:
        keras.config.set_dtype_policy("float32")
    assert family.base_layers(network)[-1].name.startswith("global_average_pooling")
    family.freeze(network, "all")
    assert network.get_layer("last").trainable
