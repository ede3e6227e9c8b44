"""The search by Optuna keeps the contract of search backends, with each of its samplers."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import load
from hpo.studies import create_study
from hpo.testing import SearchBackendContract, SeveralObjectivesContract

GP = ["gp"] if find_spec("torch") else []
SEVERAL_OBJECTIVES = ["{tpe: {n_startup_trials: 4}}", "random", "grid", "nsga2", "qmc", *GP]


class OnOptuna:
    """What both contracts are given."""

    @pytest.fixture
    def make_study(self, sampler, tmp_path):
        def make(text):
            path = tmp_path / "contract.yaml"
            path.write_text(text)
            return create_study(load(path, [f"search.sampler={sampler}"]), tmp_path / "studies")

        return make

    @pytest.fixture
    def search_on(self):
        return OptunaSearch


class TestOptunaSearch(OnOptuna, SearchBackendContract):
    """With each sampler that this installation has."""

    @pytest.fixture(params=["tpe", "random", "grid", "cmaes", "nsga2", "qmc", *GP])
    def sampler(self, request):
        return request.param


class TestOptunaSearchOfSeveralObjectives(OnOptuna, SeveralObjectivesContract):
    """With each sampler but CMA-ES, which a file cannot name for several objectives."""

    @pytest.fixture(params=SEVERAL_OBJECTIVES)
    def sampler(self, request):
        return request.param
