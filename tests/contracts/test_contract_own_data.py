"""Data sets of the user's own, by `module:function`, keep the contract of data sets, but for unknown keys."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hpo.data import Dataset
from hpo.data.sets.custom import CustomDataset
from hpo.testing import DatasetContract

MODULE = """\
import numpy as np


def load(config):
    random = np.random.default_rng(config.get("seed", 0))
    images, labels = random.random((60, 6, 7, 3)), np.array(["cat", "dog", "eel"])[np.arange(60) % 3]
    parts = {"train": (images[:40], labels[:40]), "test": (images[40:50], labels[40:50])}
    if config.get("validation_part"):
        parts["validation"] = (images[50:], labels[50:])
    return parts


def bytes_alone(config):
    return np.random.default_rng(0).integers(0, 256, (60, 6, 7), np.uint8), np.arange(60) % 3
"""


class OwnDataContract(DatasetContract):
    required = frozenset({"dataset"})

    @pytest.fixture(autouse=True)
    def here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "path", list(sys.path))
        (tmp_path / "contract_data.py").write_text(MODULE)
        yield
        sys.modules.pop("contract_data", None)

    def test_unknown_options_are_refused(self, section):
        """They are not: they are what the function is given."""
        assert CustomDataset(dataset=self.name, colour="red", sizes=[1, 2]).config == {"colour": "red", "sizes": [1, 2]}


class TestOwnData(OwnDataContract):
    name = "contract_data:load"

    @pytest.fixture
    def dataset(self) -> Dataset:
        return CustomDataset(dataset=self.name, seed=3)


class TestOwnDataOfOnePart(OwnDataContract):
    name = "contract_data:bytes_alone"

    @pytest.fixture
    def dataset(self) -> Dataset:
        return CustomDataset(dataset=self.name)
