"""The searches by Optuna and by KerasTuner keep the contract of search backends, with each of their samplers."""

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
from hpo.testing.search_backend import SPACE, DrawnConfigsContract

GP = ["gp"] if find_spec("torch") else []


class OnOptuna:
    """What the contracts are given."""

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
    """With two samplers: one that learns from trials, and one that does not."""

    @pytest.fixture(params=["tpe", pytest.param("random", marks=pytest.mark.thorough)])
    def sampler(self, request):
        return request.param


@pytest.mark.thorough
class TestConfigsDrawnByOptuna(OnOptuna, DrawnConfigsContract):
    """With each other sampler that this installation has."""

    @pytest.fixture(params=["grid", "cmaes", "nsga2", "qmc", *GP])
    def sampler(self, request):
        return request.param


@pytest.mark.thorough
class TestOptunaSearchOfSeveralObjectives(OnOptuna, SeveralObjectivesContract):
    """With two samplers, as for one objective."""

    @pytest.fixture(params=["{tpe: {n_startup_trials: 4}}", "random"])
    def sampler(self, request):
        return request.param


@pytest.mark.thorough
class TestOtherSamplersOfSeveralObjectives(OnOptuna, SeveralObjectivesContract):
    """With each other sampler but CMA-ES, which a file cannot name for several objectives."""

    # A pruner does not know who drew the config.
    test_pruning_follows_the_learned_objective_whichever_is_first = None

    @pytest.fixture(params=["grid", "nsga2", "qmc", *GP])
    def sampler(self, request):
        return request.param


@pytest.mark.thorough
class TestPromotingSearch(SearchBackendContract):
    """With a pruner by which a trial that was stopped may go on."""

    @pytest.fixture
    def make_study(self, tmp_path):
        def make(text):
            path = tmp_path / "contract.yaml"
            path.write_text(text.replace("pruner: none", "sampler: random, pruner: promotion"))
            return create_study(load(path), tmp_path / "studies")

        return make

    @pytest.fixture
    def search_on(self):
        return open_backend


class OnKerasTuner:
    """What the contracts are given."""

    @pytest.fixture
    def make_study(self, oracle, tmp_path):
        def make(text):
            path = tmp_path / "contract.yaml"
            path.write_text(text.replace("pruner: none", f"backend: keras_tuner, oracle: {oracle}"))
            return create_study(load(path), tmp_path / "studies")

        return make

    @pytest.fixture
    def search_on(self):
        return open_backend


@pytest.mark.engine
class TestKerasTunerSearch(OnKerasTuner, SearchBackendContract):
    """With the oracle that prunes as well, and with one that does not."""

    @pytest.fixture(params=["{hyperband: {iterations: 9}}", pytest.param("random", marks=pytest.mark.thorough)])
    def oracle(self, request):
        return request.param


@pytest.mark.engine
@pytest.mark.thorough
class TestConfigsDrawnByBayesianOptimization(OnKerasTuner, DrawnConfigsContract):
    """It draws at random at first, and is slow when it no more does."""

    @pytest.fixture
    def oracle(self):
        return "bayesian"


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
        with pytest.raises(
            SpaceError, match=r"the keys here are backend, .*dice, .*timeout, trials\. Received 'sampler'"
        ):
            make_study(SPACE.replace("search: {", "search: {sampler: tpe, "))
        backends = "dice, keras_tuner, optuna, wandb"
        with pytest.raises(SpaceError, match=rf"a search backend is one of {backends}\. Received 'dico'"):
            make_study(SPACE.replace("search: {", "search: {backend: dico, ").replace(", pruner: none", ""))

    def test_the_schema_has_its_options(self):
        assert "dice" in full_schema()["$defs"]["DiceSettings"]["properties"]
        assert "DiceSettings" not in full_schema(built_in_only=True)["$defs"]
