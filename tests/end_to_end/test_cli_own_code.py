"""The examples of docs/your-own-code.md run as they stand there, and so do the configs that they give."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from hpo import run, tuning
from hpo.foreign.discovery import Completion
from hpo.spaces import load

pytestmark = pytest.mark.engine

PAGE = Path(__file__).parents[2] / "docs" / "your-own-code.md"


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """The examples of the page, each in the file that its first line names."""
    for name, text in re.findall(r"```(?:python|yaml)\n# (\S+)\n(.*?)```", PAGE.read_text(), re.DOTALL):
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def run_example(examples, thread_launcher, monkeypatch):
    """`run_example(name, *overrides)`: run an example for one trial of one epoch; the record of its study."""
    monkeypatch.chdir(examples)
    monkeypatch.setattr(sys, "path", list(sys.path))
    modules = set(sys.modules)

    def run_example(name, *overrides):
        overrides = ("training.epochs=1", *overrides)
        run(Path(f"{name}.yaml"), trials=1, overrides=overrides, launcher=thread_launcher, quiet=True)
        return tuning.open_study(name)

    yield run_example
    for name in set(sys.modules) - modules:
        if name.startswith("my_"):
            del sys.modules[name]


@pytest.mark.parametrize("name", ["own_network", "own_data"])
def test_a_network_and_a_data_set_of_ones_own(run_example, name):
    assert run_example(name).counts()["complete"] == 1


def test_a_keras_tuner_model_and_its_best_config_pasted_back(hpo, examples, run_example):
    study = run_example("own_tuned", "model_type.cnn.filters=5")
    (trial,) = study.trials()
    assert trial.state == "complete"
    assert {"model_type", "dropout", "learning_rate"} <= trial.params.keys()
    (examples / "best.yaml").write_text(hpo("resume", "own_tuned").stdout)
    pasted = load(examples / "best.yaml", (), Completion())
    assert pasted.space.size == 1
    assert pasted.config({}) == study.spec.config(trial.params)


@pytest.mark.usefixtures("engine_here")
def test_what_is_missing_ends_the_run_at_its_start(hpo, examples):
    (examples / "my_data.py").unlink()
    ran = hpo("run", "--space", "own_data.yaml")
    assert ran.returncode == 2
    assert "own_data.yaml:1:17 code is in a file that exists. Received 'my_data.py:load'" in ran.stderr
    text = (examples / "own_network.yaml").read_text().replace("my_networks.py:build", "my_network:build")
    (examples / "missing.yaml").write_text(text)
    ran = hpo("run", "--space", "missing.yaml")
    assert ran.returncode == 1
    assert "my_network: a module is on the Python path or in the working directory" in ran.stderr
    assert json.loads(hpo("show", "missing", "--json").stdout)["trials"]["failed"] == 0
