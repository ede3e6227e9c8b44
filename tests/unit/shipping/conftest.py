"""Fixtures of the tests of shipping: a study with a trained model."""

from __future__ import annotations

from pathlib import Path

import pytest

import hpo
from hpo.catalog import LAUNCHERS

SPACE = """\
study: digits
data: {dataset: digits, validation: 0.2, normalization: standardize}
model: {family: simple_cnn, depth: 1, filters: {choice: [4, 6]}, dense_units: 8, dropout: 0.2}
training: {epochs: 2, batch_size: 128, learning_rate: 1e-2}
search: {trials: 2, sampler: random, pruner: none}
"""


@pytest.fixture(scope="session")
def trained_studies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of studies with `digits` in it, finished, with the model of its best trial; only to look at."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "digits.yaml").write_text(SPACE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HPO_RESERVATIONS", str(folder / "reservations"))
        patch.setitem(LAUNCHERS.built_in, "threads", "workers_in_threads:train_in_threads")
        hpo.run(folder / "digits.yaml", studies=folder / "studies", launcher="threads", quiet=True)
    return folder / "studies"
