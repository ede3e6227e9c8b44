"""The head that families share: pooling, hidden layers, their normalization and penalties."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hpo.models.families.cnn import SimpleCnn

pytestmark = pytest.mark.engine


def head(**options: object) -> list:
    model = SimpleCnn(depth=1, filters=2, **options).build((8, 8, 1), 3)
    names = [layer.name for layer in model.layers]
    return model.layers[names.index("head_pooling") + 1 :]


def names(layers: list) -> list[str]:
    return [layer.name for layer in layers]


def test_a_list_makes_several_hidden_layers_with_dropout_after_each():
    layers = head(dense_units=[6, 5], dropout=0.25)
    assert names(layers) == ["dense", "dropout", "dense2", "dropout2", "probabilities"]
    assert [layer.units for layer in layers if hasattr(layer, "units")] == [6, 5, 3]


@pytest.mark.parametrize("none", [0, []])
def test_without_hidden_layers_dropout_stands_before_the_output(none: int | list[int]):
    assert names(head(dense_units=none, dropout=0.25)) == ["dropout", "probabilities"]
    assert names(head(dense_units=none)) == ["probabilities"]


def test_batch_normalization_stands_before_or_after_the_activation():
    before = head(dense_units=4, head_batch_normalization=True)
    assert names(before) == ["dense", "dense_batch_normalization", "dense_activation", "probabilities"]
    assert not before[0].use_bias
    after = head(dense_units=4, head_batch_normalization="after_activation")
    assert names(after) == ["dense", "dense_batch_normalization", "probabilities"]
    assert after[0].activation.__name__ == "relu"


def test_the_activation_of_hidden_layers_is_an_option():
    assert head(dense_units=4, dense_activation="tanh")[0].activation.__name__ == "tanh"


@pytest.mark.parametrize(
    "options",
    [{"dense_units": [0]}, {"dense_units": -1}, {"dense_units": [4] * 9}, {"kernel_l2": -1.0}, {"bias_l2": -1.0}],
)
def test_options_have_their_ranges(options: dict):
    with pytest.raises(ValidationError):
        SimpleCnn(**options)
