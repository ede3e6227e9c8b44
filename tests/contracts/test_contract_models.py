"""Every model family that ships with hpo keeps the contract of families."""

from __future__ import annotations

import pytest

from hpo.catalog import MODELS
from hpo.models import ModelFamily
from hpo.testing import ModelFamilyContract

pytestmark = pytest.mark.engine


class TestSimpleCnn(ModelFamilyContract):
    name = "simple_cnn"
    shape = (8, 8, 3)

    @pytest.fixture
    def family(self) -> ModelFamily:
        from hpo.models.families.cnn import SimpleCnn

        return SimpleCnn(depth=2, filters=3, dense_units=5, dropout=0.3, block_dropout=0.1)


class TestSimpleCnnWithoutOptionalLayers(TestSimpleCnn):
    @pytest.fixture
    def family(self) -> ModelFamily:
        from hpo.models.families.cnn import SimpleCnn

        return SimpleCnn(depth=2, filters=[2, 3], dense_units=0, batch_normalization=False, max_pooling=False)


class TestDeepCnn(ModelFamilyContract):
    name = "deep_cnn"
    shape = (8, 8, 3)

    @pytest.fixture
    def family(self) -> ModelFamily:
        from hpo.models.families.cnn import DeepCnn

        return DeepCnn(
            depth=2,
            filters=3,
            block_dropout=0.1,
            block_dropout_growth=0.1,
            kernel_l2=1e-3,
            dense_units=[5, 4],
            dropout=0.3,
        )


class TestVgg16(ModelFamilyContract):
    name = "vgg16"
    shape = (32, 32, 3)

    @pytest.fixture
    def family(self) -> ModelFamily:
        from hpo.models.families.vgg16 import Vgg16

        return Vgg16(weights="none", frozen_layers=7, dense_units=4, dropout=0.2)


class TestVgg16WithBatchNormalization(TestVgg16):
    @pytest.fixture
    def family(self) -> ModelFamily:
        from hpo.models.families.vgg16 import Vgg16

        return Vgg16(weights="none", batch_normalization=True, extra_convolutions=[4], dense_units=0)


class TestVgg16Small(ModelFamilyContract):
    name = "vgg16_small"
    shape = (32, 32, 3)

    @pytest.fixture
    def family(self) -> ModelFamily:
        from hpo.models.families.vgg16 import Vgg16Small

        return Vgg16Small(filters=2, dense_units=4)


class TestResNet50V2(ModelFamilyContract):
    name = "resnet50v2"
    shape = (32, 32, 3)

    @pytest.fixture
    def family(self) -> ModelFamily:
        from hpo.models.families.application import ResNet50V2

        return ResNet50V2(weights="none", input_size=None, dense_units=4)


class TestApplication(ModelFamilyContract):
    name = "application"
    shape = (16, 16, 3)

    @pytest.fixture
    def family(self) -> ModelFamily:
        from hpo.models.families.application import KerasApplication

        return KerasApplication(name="mobilenet", alpha=0.25, weights="none", input_size=32)


def test_every_family_that_ships_is_held_to_the_contract():
    contracts = (TestSimpleCnn, TestDeepCnn, TestVgg16, TestVgg16Small, TestResNet50V2, TestApplication)
    own = {"keras_tuner"}  # in test_contract_own_networks
    assert {contract.name for contract in contracts} | own == set(MODELS.built_in)
