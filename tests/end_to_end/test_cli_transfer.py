"""`hpo bundle`, `hpo unbundle`, `hpo mv`: a study goes elsewhere, and goes on there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from e2e_command import FinishedStudy, Hpo

from hpo.studies import StudyAddress, open_place


@pytest.mark.engine
def test_a_finished_study_is_the_same_on_another_machine_and_by_another_name(
    finished: FinishedStudy, hpo: Hpo, tmp_path: Path
):
    bundle = tmp_path / "study.zip"
    made = finished.hpo("bundle", "e2e", "--output", bundle)
    assert (made.returncode, made.stdout) == (0, "")
    assert "holds study e2e" in made.stderr
    assert "hpo unbundle study.zip" in made.stderr
    unpacked = hpo("unbundle", "study.zip", "--name", "again")
    assert unpacked.returncode == 0, unpacked.stderr
    assert unpacked.stderr.endswith("To continue it, type: hpo resume again\n")
    moved = hpo("mv", "again", "deep/")
    assert moved.stderr == "Study again is now in deep/again.\n"
    here = json.loads(hpo("show", "again", "--studies", "deep", "--json").stdout)
    there = json.loads(finished.hpo("show", "e2e", "--json").stdout)
    assert Path(here["model"]).read_bytes() == Path(there["model"]).read_bytes()
    for place in ("study", "model", "storage", "files", "disk"):
        del here[place], there[place]
    assert here == there
    resumed = hpo("resume", "deep/again")
    assert resumed.returncode == 0, resumed.stderr
    assert "# The best config of study again" in resumed.stdout


@pytest.mark.engine
def test_a_damaged_bundle_is_refused_and_nothing_is_written(finished: FinishedStudy, hpo: Hpo, tmp_path: Path):
    finished.hpo("bundle", "e2e", "--output", tmp_path / "study.zip")
    data = (tmp_path / "study.zip").read_bytes()
    (tmp_path / "study.zip").write_bytes(data[:-100])
    refused = hpo("unbundle", "study.zip")
    assert refused.returncode == 2
    assert refused.stderr.startswith("hpo: study.zip: ")
    assert "Nothing was written." in refused.stderr
    assert not (tmp_path / "studies").exists()


@pytest.mark.engine
def test_a_study_that_is_worked_on_is_bundled_and_not_moved(finished: FinishedStudy, hpo: Hpo, tmp_path: Path):
    shutil.copytree(finished.folder / "studies", tmp_path / "studies")
    with open_place(StudyAddress.in_folder(tmp_path / "studies" / "e2e")).lock():
        refused = hpo("mv", "e2e", "other")
        assert refused.returncode == 2
        assert "one process at a time works on a study" in refused.stderr
        assert hpo("bundle", "e2e", "--quiet").stderr == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["e2e.hpo.zip", "studies"]


def test_what_other_programs_call_it_leads_to_the_command(hpo: Hpo):
    for word, command in (("rename", "mv"), ("backup", "bundle"), ("import", "unbundle")):
        assert f"Did you mean 'hpo {command}'?" in hpo(word).stderr
