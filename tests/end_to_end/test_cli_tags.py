"""`hpo tag` and `hpo models --of`: a registry of models that needs no server."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from e2e_command import FinishedStudy, Hpo

pytestmark = pytest.mark.engine


@pytest.fixture
def best(finished: FinishedStudy, tmp_path: Path) -> int:
    """The best trial of `e2e`, of which there is a copy in the folder in which commands are typed."""
    shutil.copytree(finished.folder / "studies", tmp_path / "studies")
    number: int = json.loads(finished.hpo("show", "e2e", "--json").stdout)["best"]["number"]
    return number


def test_a_model_is_named_found_by_its_name_and_named_anew(best: int, hpo: Hpo, tmp_path: Path):
    assert hpo("tag").stdout == "No tag in studies. Set one: hpo tag STUDY production\n"
    assert hpo("tag", "e2e", "production").stderr == f"production is e2e, trial {best}.\n"
    hpo("mv", "e2e", "digits")
    shutil.copytree(tmp_path / "studies" / "digits", tmp_path / "studies" / "e2e")
    hpo("tag", "--remove", "production", "--quiet")
    hpo("tag", "digits", "production")
    moved = hpo("tag", f"e2e:{best}", "production")
    assert moved.stderr == f"production is e2e, trial {best}. It was digits, trial {best}.\n"
    (listed,) = json.loads(hpo("tag", "--json").stdout)
    assert (listed["tag"], listed["study"], listed["trial"], listed["has_model"]) == ("production", "e2e", best, True)
    row = hpo("tag").stdout.splitlines()[1].split()
    assert (row[:3], row[-1]) == (["production", "e2e", str(best)], "kept")
    assert f"trial {best} of the study e2e" in hpo("card", "production").stdout
    assert hpo("card", "production", "--output", "card.md").stderr == (
        f"The card of e2e, trial {best} (production) is in card.md.\n"
    )
    removed = hpo("tag", "--remove", "production")
    assert removed.stderr.startswith(f"production is removed. It was e2e, trial {best}, whose model stays")


def test_the_models_of_a_study_are_listed_with_what_they_are_called(best: int, hpo: Hpo, tmp_path: Path):
    hpo("tag", "e2e", "production")
    (tmp_path / "studies" / "e2e" / "exports" / f"trial-{best}-onnx").mkdir(parents=True)
    (entry,) = json.loads(hpo("models", "--of", "e2e", "--json").stdout)
    assert entry["trial"] == best
    assert entry["size"] == (tmp_path / "studies" / "e2e" / "artifacts" / f"trial-{best}.keras").stat().st_size
    assert (entry["tags"], entry["exports"]) == (["production"], ["onnx"])
    head, row = hpo("models", "--of", "e2e").stdout.splitlines()[:2]
    assert head.split() == ["trial", "val_accuracy", "test", "accuracy", "parameters", "size", "tags", "exports"]
    assert row.split()[-2:] == ["production", "onnx"]
    assert "simple_cnn" in hpo("models").stdout
    assert json.loads(hpo("show", "e2e", "--json").stdout)["tags"] == {"production": best}
    assert f"production (trial {best})" in hpo("show", "e2e").stdout
    titles, listed = hpo("list").stdout.splitlines()
    assert (titles.split()[-1], listed.split()[-1]) == ("tags", "production")


def test_a_study_that_goes_says_which_tags_it_takes_along(best: int, hpo: Hpo, tmp_path: Path):
    hpo("tag", "e2e", "production")
    hpo("bundle", "e2e", "--output", tmp_path / "e2e.zip")
    kept = hpo("unbundle", "e2e.zip", "--name", "again")
    assert kept.stderr.splitlines()[-1] == (
        f"The tag production names e2e, trial {best}, as before: study again does not have it any more."
    )
    removed = hpo("rm", "e2e", "--yes")
    assert removed.stderr == "Study e2e is removed. The tag production names nothing now.\n"
    assert hpo("tag").stdout.startswith("No tag in studies.")


def test_what_cannot_be_named_is_told(best: int, hpo: Hpo):
    hpo("tag", "e2e", "production")
    for arguments, message in (
        (("tag", "e2e"), "tag: a model is given a name. Received e2e alone. Type: hpo tag e2e production."),
        (("tag", "e2e", "e2e"), "tag: it is no name that a study has. Received e2e."),
        (("tag", "e2e:9", "x"), "--trial: it is the number of a trial, 0 to 3. Received 9."),
        (("tag", "e2e:1", "x", "--trial", "2"), "--trial: a trial is named once. Received 2 beside e2e:1."),
        (("card", "production", "--trial", "2"), "--trial: a tag names a trial. Received 2 beside the tag production."),
        (("card", "prodution"), "Of tags, did you mean 'production'?"),
        (("card", "other"), "Of tags, there is the tag production."),
        (("card", "production", "--output", ""), "'--output': it names a file or a folder."),
        (("tag", "e2e", "--remove", "x"), "--remove: a tag is removed by its name alone."),
        (("models", "cnn", "--of", "e2e"), "--of: it lists the models of a study. Received cnn beside it."),
    ):
        result = hpo(*arguments)
        assert result.returncode == 2
        assert message in result.stderr
