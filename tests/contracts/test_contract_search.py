"""The search by Optuna keeps the contract of search backends, with each of its samplers."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest

from hpo.errors import SpaceError
from hpo.search import open_backend
from hpo.spaces import load
from hpo.spaces.schema.document import full_schema
from hpo.studies import create_study
from hpo.testing import SearchBackendContract, SeveralObjectivesContract
from hpo.testing.search_backend import SPACE

GP = ["gp"] if find_spec("torch") else []


def samplers(first: str, *others: str) -> list[object]:
    """Return the first as it is, and the others marked as thorough."""
    return [first, *(pytest.param(sampler, marks=pytest.mark.thorough) for sampler in (*others, *GP))]


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
        return open_backend


class TestOptunaSearch(OnOptuna, SearchBackendContract):
    """With each sampler that this installation has."""

    @pytest.fixture(params=samplers("tpe", "random", "grid", "cmaes", "nsga2", "qmc"))
    def sampler(self, request):
        return request.param


@pytest.mark.thorough
class TestOptunaSearchOfSeveralObjectives(OnOptuna, SeveralObjectivesContract):
    """With each sampler but CMA-ES, which a file cannot name for several objectives."""

    @pytest.fixture(params=samplers("{tpe: {n_startup_trials: 4}}", "random", "grid", "nsga2", "qmc"))
    def sampler(self, request):
        return request.param


@pytest.mark.engine
class TestKerasTunerSearch(SearchBackendContract):
    """With each oracle; Bayesian optimization draws at random at first, and is slow when it no more does."""

    @pytest.fixture(
        params=["{hyperband: {iterations: 9}}", "bayesian", pytest.param("random", marks=pytest.mark.thorough)]
    )
    def make_study(self, request, tmp_path):
        def make(text):
            path = tmp_path / "contract.yaml"
            path.write_text(text.replace("pruner: none", f"backend: keras_tuner, oracle: {request.param}"))
            return create_study(load(path), tmp_path / "studies")

        return make

    @pytest.fixture
    def search_on(self):
        return open_backend


PACKAGE = """\
import random
from typing import Literal

from optuna.pruners import NopPruner
from optuna.samplers import RandomSampler

from hpo.search.optuna.samplers import SeededPerTrial
from hpo.search.optuna.search import OptunaSearch
from hpo.spaces.sections.search import Search


class DiceSettings(Search):
    implementation = "other_backend:open_dice"

    backend: Literal["dice"] = "dice"
    dice: int = 2


class Dice(SeededPerTrial):
    def draw(self, space, study, trial, fixed):
        return space.draw(random.Random(f"{trial.number} {len(study.trials)}"), fixed)


def open_dice(study, worker):
    assert study.spec.search.dice == 3
    sampler = Dice(study.spec.seed, lambda seed: RandomSampler(seed=seed))
    return OptunaSearch(study, worker, sampler=sampler, pruner=NopPruner())
"""


@pytest.mark.thorough
class TestBackendOfAnotherPackage(SearchBackendContract):
    """One that an installed package registers, with a way of its own to draw configs."""

    @pytest.fixture(autouse=True)
    def package(self, tmp_path, monkeypatch):
        info = tmp_path / "site-packages" / "other_backend-1.0.dist-info"
        info.mkdir(parents=True)
        (info.parent / "other_backend.py").write_text(PACKAGE)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other-backend\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[hpo.backends]\ndice = other_backend:DiceSettings\n")
        monkeypatch.syspath_prepend(str(info.parent))
        yield
        sys.modules.pop("other_backend", None)

    @pytest.fixture
    def make_study(self, tmp_path):
        def make(text):
            path = tmp_path / "contract.yaml"
            path.write_text(text.replace("pruner: none", "backend: dice, dice: 3"))
            return create_study(load(path), tmp_path / "studies")

        return make

    @pytest.fixture
    def search_on(self):
        return open_backend

    def test_its_options_are_those_of_its_section(self, make_study):
        with pytest.raises(SpaceError, match=r"the keys here are backend, dice, timeout, trials\. Received 'sampler'"):
            make_study(SPACE.replace("search: {", "search: {sampler: tpe, "))
        with pytest.raises(SpaceError, match=r"a search backend is one of dice, optuna\. Received 'dico'"):
            make_study(SPACE.replace("search: {", "search: {backend: dico, ").replace(", pruner: none", ""))

    def test_the_schema_has_its_options(self):
        assert "dice" in full_schema()["$defs"]["DiceSettings"]["properties"]
        assert "DiceSettings" not in full_schema(built_in_only=True)["$defs"]
