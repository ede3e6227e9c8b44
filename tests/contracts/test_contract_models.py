"""Every model family that ships with hpo keeps the contract of families."""

from __future__ import annotations

import pytest
from contract_model_family import ModelFamilyContract

from hpo.catalog import MODELS
from hpo.models import ModelFamily

pytestmark = pytest.mark.engine


class TestSimpleCnn(ModelFamilyContract):
    name = "simple_cnn"
    shape = (8, 8, 3)

    @pytest.fixture
    def family(self) -> ModelFamily:
        from hpo.models.simple_cnn import SimpleCnn

        return SimpleCnn(depth=2, filters=3, dense_units=5, dropout=0.3, block_dropout=0.1)


class TestSimpleCnnWithoutOptionalLayers(TestSimpleCnn):
    @pytest.fixture
    def family(self) -> ModelFamily:
        from hpo.models.simple_cnn import SimpleCnn

        return SimpleCnn(depth=2, filters=[2, 3], dense_units=0, batch_normalization=False, max_pooling=False)


class TestVgg16(ModelFamilyContract):
    name = "vgg16"
    shape = (32, 32, 3)

    @pytest.fixture
    def family(self) -> ModelFamily:
        from hpo.models.vgg16 import Vgg16

        return Vgg16(weights="none", frozen_layers=7, dense_units=4, dropout=0.2)


def test_every_family_that_ships_is_held_to_the_contract():
    assert {contract.name for contract in (TestSimpleCnn, TestVgg16)} | {"keras_tuner"} == set(
        MODELS.built_in
    )  # that one in test_contract_own_networks
