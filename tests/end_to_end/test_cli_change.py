"""`hpo resume --space`, as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from e2e_command import Hpo

pytestmark = pytest.mark.engine

SPACE = """\
data: {dataset: digits, validation: 0.2}
model: {family: simple_cnn, depth: {int: [1, 2]}, filters: 4, dense_units: 8}
training:
  epochs: 2
  batch_size: 128
  learning_rate: {float: [1e-3, 1e-1], log: true}
  optimizer: {choice: {adam: , sgd: {momentum: {float: [0.0, 0.9]}}}}
search: {trials: 2, sampler: tpe, pruner: none}
start_from:
- {depth: 1, learning_rate: 0.05, optimizer: adam}
- {depth: 2, learning_rate: 0.001, optimizer: adam}
"""
WIDER = (
    SPACE.replace("dense_units: 8", "dense_units: {choice: [8, 16]}")
    .replace("{choice: {adam: ,", "{choice: {rmsprop: , adam: ,")
    .replace("trials: 2", "trials: 3")
)


@pytest.mark.usefixtures("engine_here")
def test_a_study_goes_on_in_a_wider_and_in_a_narrower_space(tmp_path: Path, hpo: Hpo):
    space = tmp_path / "small.yaml"
    space.write_text(SPACE)
    first = hpo("run", "--space", space)
    assert first.returncode == 0, first.stderr
    space.write_text(WIDER)

    refused = hpo("run", "--space", space)
    assert refused.returncode == 2
    assert "`hpo resume small --space FILE`" in refused.stderr

    wider = hpo("resume", "--space", space)
    assert wider.returncode == 0, wider.stderr
    assert wider.stderr.splitlines()[:4] == [
        "Study small goes on in another space:",
        "  new    dense_units: 8 or 16, earlier trials have 8",
        "  wider  optimizer: rmsprop, adam or sgd, was adam or sgd",
        "2 trials are kept.",
    ]
    assert "# trials             3 complete" in wider.stdout
    trials = json.loads(hpo("trials", "small", "--json").stdout)
    assert [trial["params"]["dense_units"] for trial in trials[:2]] == [8, 8]
    assert [trial["number"] for trial in trials] == [0, 1, 2]

    models = {path.name for path in (tmp_path / "studies" / "small" / "artifacts").iterdir()}
    space.write_text(WIDER.partition("start_from")[0].replace("trials: 3", "trials: 4"))
    narrower = hpo("resume", "small", "--space", space, "--set", "depth=2")
    assert narrower.returncode == 0, narrower.stderr
    assert "  fixed  depth: 2, was [1, 2]" in narrower.stderr
    assert "  trial 0: depth = 1, where the new space has 2" in narrower.stderr
    trials = json.loads(hpo("trials", "small", "--json").stdout)
    assert len(trials) == 4
    assert trials[0]["params"]["depth"] == 1
    assert trials[0]["outside"] == "depth = 1, where the new space has 2"
    if "trial-0.keras" in models:
        assert (tmp_path / "studies" / "small" / "artifacts" / "trial-0.keras").exists()
    shown = hpo("show", "small")
    assert "of them outside the space" in shown.stdout
    assert json.loads(hpo("show", "small", "--json").stdout)["best"]["number"] != 0
    listed = hpo("trials", "small").stdout
    assert "outside: depth = 1, where the new" in listed


@pytest.mark.usefixtures("engine_here")
def test_what_no_trial_could_follow_is_told_at_once_with_status_2(tmp_path: Path, hpo: Hpo):
    space = tmp_path / "small.yaml"
    space.write_text(SPACE.replace("trials: 2", "trials: 1"))
    assert hpo("run", "--space", space).returncode == 0
    refused = hpo("resume", "small", "--space", space, "--set", "filters=8", "--set", "seed=5", "--set", "epochs=9")
    assert refused.returncode == 2
    assert [line for line in refused.stderr.splitlines() if line.startswith("hpo:")] == [
        "hpo: study small: what its trials have in common does not change. Received a file that differs:",
        "hpo:   seed: all trials of a study have the same seed. It was 0, and is 5.",
        "hpo:   model.filters: the trials of a study differ in its parameters alone. It was 4, and is 8. To try both, "
        "write {choice: [4, 8]}.",
        "hpo:   training.epochs: the trials of a study differ in its parameters alone. It was 2, and is 9. To try "
        "both, write {choice: [2, 9]}.",
        "hpo:   Change that back, or begin another study: hpo run --space FILE --set study=NAME",
    ]
    unchanged = hpo("resume", "--space", space)
    assert unchanged.returncode == 0
    assert "\nStudy small is finished" in unchanged.stderr
    lines = hpo("resume", "--space", space, "--set", "depth={int: [1, 3]}", "--json").stdout.splitlines()
    assert json.loads(lines[0]) == {
        "type": "SpaceChanged",
        "changes": [{"kind": "wider", "place": "depth", "text": "[1, 3], was [1, 2]"}],
        "kept": [0, 1],
        "outside": {},
    }


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "hpo: resume: it takes a study's name, or a space file. Received neither. See `hpo list`."),
        (["x", "--set", "a=1"], "hpo: study x: a study is a folder in studies. Received a name that is not there;"),
        (["--space", "quickstart.yaml"], "hpo: study quickstart: a study is a folder in studies."),
    ],
)
def test_what_cannot_be_resumed_is_said_with_status_2(hpo: Hpo, arguments, expected):
    told = hpo("resume", *arguments)
    assert told.returncode == 2
    assert told.stderr.startswith(expected)
