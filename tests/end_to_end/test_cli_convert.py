"""`hpo convert` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from e2e_command import Hpo

from hpo import run
from hpo.spaces import load

SWEEP = """\
program: train.py
name: from-wandb
method: random
metric: {name: val_loss, goal: minimize}
parameters:
  optimizer: {values: [adam, sgd]}
  momentum: {min: 0.0, max: 0.9}
  lr: {distribution: log_uniform_values, min: 1e-3, max: 0.1}
  batch_size: {value: 128}
  filters: {values: [4, 8]}
  conv_layers: {min: 1, max: 2}
  fc_layer_size: {value: 8}
  weight_init: {values: [glorot, he]}
"""
SPACE = {
    "space": [
        {"class_name": "Choice", "config": {"name": "optimizer", "values": ["adam", "sgd"], "conditions": []}},
        {
            "class_name": "Boolean",
            "config": {
                "name": "nesterov",
                "conditions": [{"class_name": "Parent", "config": {"name": "optimizer", "values": ["sgd"]}}],
            },
        },
        {
            "class_name": "Float",
            "config": {"name": "lr", "min_value": 1e-3, "max_value": 0.1, "step": None, "sampling": "log"},
        },
        {"class_name": "Int", "config": {"name": "units", "min_value": 8, "max_value": 16, "step": 4}},
        {"class_name": "Fixed", "config": {"name": "batch_size", "value": 128}},
        {"class_name": "Int", "config": {"name": "num_layers", "min_value": 1, "max_value": 2}},
        {"class_name": "Choice", "config": {"name": "filters_0", "values": [4, 8]}},
        {"class_name": "Choice", "config": {"name": "filters_1", "values": [4, 8]}},
    ],
    "values": {"optimizer": "adam", "lr": 1e-3},
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "sweep.yaml").write_text(SWEEP)
    (tmp_path / "space.json").write_text(json.dumps(SPACE))
    return tmp_path


def test_the_space_file_goes_to_standard_output_and_the_counts_to_standard_error(files: Path, hpo: Hpo):
    result = hpo("convert", "sweep.yaml")
    assert result.returncode == 0
    assert result.stderr == "sweep.yaml: 7 converted, 1 without a counterpart: weight_init\n"
    (files / "made.yaml").write_text(result.stdout)
    assert load(files / "made.yaml").name == "from-wandb"


def test_output_names_the_file_that_is_made_and_never_one_that_is_there(files: Path, hpo: Hpo):
    made = hpo("convert", "space.json", "--output", "made.yaml")
    assert made.returncode == 0
    assert made.stdout == ""
    assert made.stderr == "space.json: 8 converted, 0 without a counterpart\n"
    text = (files / "made.yaml").read_text()
    assert "hpo run --space made.yaml" in text
    again = hpo("convert", "sweep.yaml", "--output", "made.yaml")
    assert again.returncode == 2
    assert "Received made.yaml: File exists." in again.stderr
    assert (files / "made.yaml").read_text() == text
    nowhere = hpo("convert", "sweep.yaml", "--output", "none/made.yaml")
    assert nowhere.returncode == 2
    assert "Received none/made.yaml: No such file or directory." in nowhere.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("parameters:\n  lr: {min: 2, max: 1}\n", "hpo: f.yaml:2:7 lr: min is at most max. Received min=2, max=1."),
        ("method: bayes\n", "hpo: f.yaml:1:1 parameters: a sweep has parameters. Received none."),
        ("a: [\n", "hpo: f.yaml:2:1 a value stands here."),
        ("", "hpo: f.yaml:1:1 a file to convert is a Weights & Biases sweep"),
        (
            '{"space": [{"class_name": "Float", "config": {"name": "lr", "min_value": NaN}}]}',
            "lr: min_value is a finite",
        ),
    ],
)
def test_a_broken_file_has_status_2_and_no_traceback(tmp_path: Path, hpo: Hpo, content: str, said: str):
    (tmp_path / "f.yaml").write_text(content)
    result = hpo("convert", "f.yaml", "--output", "made.yaml")
    assert result.returncode == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "made.yaml").exists()


def test_a_file_of_fifty_megabytes_is_refused_at_once(tmp_path: Path, hpo: Hpo):
    with (tmp_path / "f.json").open("wb") as stream:
        stream.truncate(50_000_000)
    result = hpo("convert", "f.json")
    assert result.returncode == 2
    assert "at most 1,000,000 bytes" in result.stderr


@pytest.mark.engine
@pytest.mark.parametrize("name", ["sweep.yaml", "space.json"])
def test_what_is_converted_runs(files: Path, hpo: Hpo, name: str, thread_launcher: str):
    assert hpo("convert", name, "--output", "made.yaml").returncode == 0
    overrides, studies = ["training.epochs=1"], files / "studies"
    study = run(
        files / "made.yaml", trials=1, overrides=overrides, launcher=thread_launcher, studies=studies, quiet=True
    )
    assert study.counts()["complete"] == 1
