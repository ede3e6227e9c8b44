"""What every engine must do: the same space trains, prunes nothing, and is scored, whatever Keras runs on."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

import hpo

SPACE = """\
engine: {engine}
data:
  dataset: digits
  validation: 0.2
  normalization: standardize
  augmentation: {{flip: none, shift: 0.1, rotation: 5}}
model: {{family: simple_cnn, depth: {{int: [1, 2]}}, filters: 8, dense_units: 16, dropout: 0.1}}
training:
  epochs: 6
  learning_rate: 3e-3
  optimizer: {{choice: [adam, rmsprop, {{sgd: {{momentum: 0.9}}}}]}}
  schedule: {{reduce_on_plateau: {{patience: 2}}}}
  early_stopping: {{patience: 4}}
search: {{trials: 6, sampler: grid, pruner: none}}
"""


@pytest.mark.engines
@pytest.mark.parametrize("engine", ["tensorflow", "jax", "torch"])
def test_the_same_space_trains_on_every_engine_that_is_installed(engine: str, tmp_path: Path, studies: Path):
    if find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed: make test-engines")
    (tmp_path / "engines.yaml").write_text(SPACE.format(engine=engine))
    study = hpo.run(tmp_path / "engines.yaml", studies=studies)
    assert study.counts()["complete"] == 6
    assert study.best is not None
    assert study.best.value > 0.5
    assert study.test_score is not None
    assert study.test_score["accuracy"] > 0.5
    assert study.environments()[0][engine] != "not installed"
