"""The search by a sweep of W&B keeps the contract of search backends, against a stand-in of its server."""

from __future__ import annotations

import pytest

from hpo.search import open_backend, prepare_search
from hpo.search.wandb import search as searches
from hpo.search.wandb import sweep as sweeps
from hpo.spaces import load
from hpo.studies import create_study
from hpo.testing import SearchBackendContract


@pytest.mark.thorough
class TestWandbSearch(SearchBackendContract):
    """By independent draws of W&B's own engine."""

    @pytest.fixture(autouse=True)
    def quick_server(self, wandb_server, monkeypatch):
        monkeypatch.setattr(searches, "_FIRST_WAIT_S", 0.05)
        # In this process, which saves the start of another for each study.
        monkeypatch.setattr(sweeps, "ask", lambda _, request, **options: sweeps.open_sweep(request, print))
        return wandb_server

    @pytest.fixture
    def make_study(self, tmp_path):
        def make(text):
            path = tmp_path / "contract.yaml"
            path.write_text(text.replace("pruner: none", "backend: wandb, method: random, project: tests"))
            study = create_study(load(path), tmp_path / "studies")
            prepare_search(study)
            return study

        return make

    @pytest.fixture
    def search_on(self):
        return open_backend
