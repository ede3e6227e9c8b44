"""What a function of the user's own may give as a network, and what it is told where it gives something else."""

from __future__ import annotations

import sys
from pathlib import Path

import keras
import pytest

from hpo.errors import OwnCodeError
from hpo.models import ImpossibleArchitectureError
from hpo.models.foreign.custom import CustomModel

pytestmark = pytest.mark.engine
SHAPE = (8, 8, 3)


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`family(body, **config)`, whose function has that body."""
    monkeypatch.setattr(sys, "path", list(sys.path))

    def make(body: str, **config: object) -> CustomModel:
        (tmp_path / "own_body.py").write_text(
            "import keras\nfrom keras import layers\n\n\ndef build(config, shape, classes):\n" + f"    {body}\n"
        )
        return CustomModel(family=f"{tmp_path}/own_body.py:build", **config)

    yield make
    sys.modules.pop("own_body", None)


def test_a_function_is_given_plain_values_the_shape_and_the_classes(family):
    own = family("raise ValueError(repr((config, shape, classes)))", blocks=[{"width": 3}], head={"rate": 0.5})
    with pytest.raises(ValueError, match=r"own_body.py, line 6") as caught:
        own.build(SHAPE, 4)
    assert "({'blocks': [{'width': 3}], 'head': {'rate': 0.5}}, (8, 8, 3), 4)" in str(caught.value)


def test_a_sequential_model_that_knew_no_input_gets_that_of_the_images(family):
    network = family("return keras.Sequential([layers.Flatten(), layers.Dense(classes, 'softmax')])").build(SHAPE, 4)
    assert network.input_shape == (None, *SHAPE)
    assert network.output_shape == (None, 4)


def test_a_list_of_one_input_and_of_one_output_is_a_network_too(family):
    body = "i = keras.Input(shape); return keras.Model([i], [layers.Dense(classes, 'softmax')(layers.Flatten()(i))])"
    for network in (family(body).build(SHAPE, 4), family(body).untrained(SHAPE, 4)):
        assert network(keras.Input(SHAPE)).shape == (None, 4)
    sys.modules.pop("own_body")
    compiled = family(body.replace("return ", "m = ") + "; m.compile('adam', 'mse'); return m")
    with pytest.raises(TypeError, match="Remove compile"):
        compiled.build(SHAPE, 4)


SUBCLASS = """
    @keras.saving.register_keras_serializable()
    class Net(keras.Model):
        def __init__(self, classes, **options):
            super().__init__(**options)
            self.classes, self.flat, self.dense = classes, layers.Flatten(), layers.Dense(classes, "softmax")
        def call(self, images):
            return self.dense(self.flat(images))
        def get_config(self):
            return {**super().get_config(), "classes": self.classes}
    return Net(classes)
"""


def test_a_subclass_of_keras_model_is_taken_and_saved(family, tmp_path):
    own = family(SUBCLASS)
    assert own.untrained(SHAPE, 4).count_params() == own.build(SHAPE, 4).count_params() == 192 * 4 + 4
    network = own.build(SHAPE, 4)
    network.save(tmp_path / "net.keras")
    images = keras.ops.ones((2, *SHAPE))
    loaded = keras.models.load_model(tmp_path / "net.keras")
    assert keras.ops.all(loaded(images) == network(images))


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        ("keras.Sequential()", TypeError, "build: it returns a Keras model. Received NoneType. Is a `return`"),
        ("return keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(classes, 'softmax')])",
         ImpossibleArchitectureError, "of the data set, 8 x 8 x 3. Received one that takes 28 x 28 x 1"),
        ("return keras.Sequential([layers.Flatten(), layers.Dense(10, 'softmax')])",
         TypeError, "one output, 4 class probabilities. Received one of 10"),
        ("return keras.Sequential([layers.Conv2D(4, 3)])", TypeError, "Received one of 6 x 6 x 4"),
        ("i = keras.Input(shape); f = layers.Flatten()(i); return keras.Model(i, [f, f])", TypeError, "several"),
        ("return keras.Sequential([layers.Flatten(), layers.Dense(classes)])",
         TypeError, "Received scores: its last layer, dense.*, has no activation. Add activation='softmax'"),
        ("m = keras.Sequential([layers.Flatten(), layers.Dense(classes, 'softmax')]); m.compile(); return m",
         TypeError, "a model that is not compiled, .* Remove compile"),
        ("return keras.Sequential([layers.Conv2D(4, 9), layers.Flatten(), layers.Dense(classes, 'softmax')])",
         ImpossibleArchitectureError, "takes images of 8 x 8 x 3. Received ValueError"),
        ("return config['units']", RuntimeError, r"build raised KeyError: 'units' \(own_body.py, line 6\)"),
    ],
)  # fmt: skip
def test_what_is_no_such_network_is_told(family, body, error, message):
    with pytest.raises(error, match=message):
        family(body).build(SHAPE, 4)


@pytest.mark.parametrize(
    "layer",
    ["layers.Lambda(lambda x: x * 2)", "type('Own', (layers.Layer,), {'call': lambda self, x: x})()"],
    ids=["lambda", "unregistered"],
)
def test_a_network_that_could_not_be_loaded_again_is_told_before_it_is_trained(family, layer):
    own = family(f"return keras.Sequential([{layer}, layers.Flatten(), layers.Dense(classes, 'softmax')])")
    with pytest.raises(TypeError, match=r"can be saved and loaded again.*register_keras_serializable"):
        own.untrained(SHAPE, 4)


def test_what_is_no_function_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "own_number.py").write_text("build = 3\n")
    with pytest.raises(OwnCodeError, match=r"a function build\(config, shape, classes\). Received 3, a int"):
        CustomModel(family=f"{tmp_path}/own_number.py:build").require()
