"""`hpo confirm` as it is typed: the best configs trained again, on the split of the search and in folds."""

from __future__ import annotations

import json
import re

import pytest
from e2e_command import SPACE, FinishedStudy, call_hpo, engine_in_this_process

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def confirmed(tmp_path_factory):
    """A study of which two configs were confirmed, with what the commands printed."""
    with engine_in_this_process():
        space = re.sub("  optimizer: .*\n", "", SPACE.replace("epochs: 3", "epochs: 1").replace("{int: [1, 5]}", "1"))
        study = FinishedStudy(tmp_path_factory.mktemp("confirmed"), space, call_hpo)
        study.confirm = study.hpo("confirm", "e2e", "--top", "2", "--seeds", "2")
        return study


def test_it_says_what_the_configs_come_to_and_reads_the_test_part_once(confirmed):
    assert confirmed.confirm.returncode == 0, confirmed.confirm.stderr
    assert "confirming trials" in " ".join(confirmed.confirm.stderr.split())
    assert "4 of 4 confirming" in confirmed.confirm.stderr
    said = confirmed.confirm.stdout
    assert max(map(len, said.splitlines())) <= 80
    for text in (
        "Confirmed: trial",
        "The search had",
        "The confirmation read the test part once, on",
        "# model ",
        "# report ",
    ):
        assert text in said
    test = json.loads(confirmed.hpo("show", "e2e", "--json").stdout)["confirmation"]["test"]
    assert len(test["values"]) == 2
    assert test["images"] == 360


def test_it_is_shown_wherever_the_study_is(confirmed):
    assert "confirmed  Confirmed: trial" in confirmed.hpo("show", "e2e").stdout
    trials = json.loads(confirmed.hpo("trials", "e2e", "--json").stdout)
    assert [trial.get("confirms", {}).get("seed") for trial in trials] == [None] * 4 + [0, 1, 0, 1]
    listed = confirmed.hpo("trials", "e2e", columns=200).stdout
    assert listed.count("confirms trial") == 4
    top = json.loads(confirmed.hpo("trials", "e2e", "--best", "8", "--json").stdout)
    assert all("confirms" not in trial for trial in top)
    columns, *rows = confirmed.hpo("trials", "e2e", "--csv").stdout.splitlines()
    assert "confirms" in columns.split(",")
    assert len(rows) == 8


def test_a_bundle_carries_it(confirmed):
    shown = json.loads(confirmed.hpo("show", "e2e", "--json").stdout)["confirmation"]
    assert confirmed.hpo("bundle", "e2e", "--output", "there.zip").returncode == 0
    assert confirmed.hpo("unbundle", "there.zip", "--studies", "there").returncode == 0
    there = json.loads(confirmed.hpo("show", "e2e", "--studies", "there", "--json").stdout)["confirmation"]
    paths = ("model",)
    assert {key: there[key] for key in there if key not in paths} == {
        key: shown[key] for key in shown if key not in paths
    }


def test_folds_train_on_other_images_and_the_test_part_is_not_read_again(confirmed):
    with engine_in_this_process():
        folds = confirmed.hpo("confirm", "e2e", "--top", "1", "--folds", "2", "--json")
    assert folds.returncode == 0, folds.stderr
    result = json.loads(folds.stdout.splitlines()[-1])["confirmation"]
    (config,) = result["configs"]
    assert (result["folds"], len(config["values"])) == (2, 2)
    assert any("The confirmation read the test part once" in text for text in result["words"])
    events = [json.loads(line) for line in folds.stdout.splitlines()]
    assert not [event for event in events if event["type"] == "ScoringStarted"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none"], "none"),
        (["e2e", "--folds", "1"], "--folds"),
        (["e2e", "--seeds", "0"], "--seeds"),
    ],
)
def test_what_it_cannot_do_is_refused(confirmed, arguments, said):
    refused = confirmed.hpo("confirm", *arguments)
    assert refused.returncode == 2
    assert said in refused.stderr
