"""The examples of docs/your-own-code.md run as they stand there, and so do the configs that they give."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.engine

PAGE = Path(__file__).parents[2] / "docs" / "your-own-code.md"


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """The examples of the page, each in the file that its first line names."""
    for name, text in re.findall(r"```(?:python|yaml)\n# (\S+)\n(.*?)```", PAGE.read_text(), re.DOTALL):
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("name", ["own_network", "own_data"])
def test_a_network_and_a_data_set_of_ones_own(hpo, examples, name):
    ran = hpo("run", "--space", f"{name}.yaml", "--set", "training.epochs=1", "--trials", "1")
    assert ran.returncode == 0, ran.stderr
    assert "1 complete" in ran.stdout


def test_a_keras_tuner_model_and_its_best_config_pasted_back(hpo, examples):
    shorter = ("--set", "training.epochs=1", "--trials", "2")
    ran = hpo("run", "--space", "own_tuned.yaml", "--set", "model_type.cnn.filters=5", *shorter)
    assert ran.returncode == 0, ran.stderr
    assert "2 complete" in ran.stdout
    trials = json.loads(hpo("trials", "own_tuned", "--json").stdout)
    assert all({"model_type", "dropout", "learning_rate"} <= trial["params"].keys() for trial in trials)
    (examples / "best.yaml").write_text(ran.stdout)
    again = hpo("run", "--space", "best.yaml", "--trials", "1", "--set", "training.epochs=1")
    assert again.returncode == 0, again.stderr
    assert "1 complete" in again.stdout
    sections = [re.search(r"^model:\n(?:  .*\n)+", text, re.MULTILINE)[0] for text in (ran.stdout, again.stdout)]
    assert sections[0] == sections[1]


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
