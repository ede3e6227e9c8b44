"""What tests share: where studies go, and small spaces that train in seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

SMALL_SPACE = """\
study: small
data: {dataset: digits, validation: 0.2}
model: {family: simple_cnn, depth: {int: [1, 2]}, filters: 4, dense_units: 8}
training:
  epochs: 2
  batch_size: 128
  learning_rate: {float: [1e-3, 1e-1], log: true}
  optimizer: {choice: {adam: , sgd: {momentum: {float: [0.0, 0.9]}}}}
search: {trials: 2, sampler: random, pruner: none}
"""


@pytest.fixture(scope="session", autouse=True)
def _cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Decoded images of tests are cached beside their other files, and not in the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HPO_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def small_space(tmp_path: Path) -> Path:
    """A space whose trials take a second or two each."""
    path = tmp_path / "small.yaml"
    path.write_text(SMALL_SPACE)
    return path


@pytest.fixture
def studies(tmp_path: Path) -> Path:
    """An empty folder of studies."""
    return tmp_path / "studies"
