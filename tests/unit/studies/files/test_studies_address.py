"""Which study is meant, as it is passed around and handed to workers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hpo.errors import UserError
from hpo.studies import ActiveStudy, StudyAddress, StudyRecord, find_study, open_files, open_place
from hpo.studies.files.folder import StudyFolder

NAMES = ["small", "a?b", "g%20h", "with space", "ünïcode", "sqlite:", os.fsdecode(b"by\xfftes")]


@pytest.mark.parametrize("folder", [Path("studies"), Path("/var/lib/studies"), Path("../others"), Path()])
@pytest.mark.parametrize("name", NAMES)
def test_an_address_leads_to_the_folder_that_it_was_made_of(folder, name):
    address = StudyAddress.in_folder(folder / name)
    assert address == StudyAddress(f"sqlite:///{folder / name}/study.db", str(folder / name), name)
    assert open_place(address) == StudyFolder(folder / name)
    assert open_files(address).path == folder / name


def test_studies_beside_each_other_have_addresses_of_the_same_kind():
    address = StudyAddress.in_folder(Path("studies/a"))
    assert open_place(address).beside("b") == StudyAddress.in_folder(Path("studies/b"))


@pytest.mark.parametrize(
    ("storage", "files", "told"),
    [
        ("postgresql://someone:secret@host/studies", "studies/a", "a study in postgresql, and its files in a folder"),
        ("sqlite:///studies/a/study.db", "s3://key:secret@bucket/a", "a study in sqlite, and its files in s3"),
        ("sqlite+pysqlite:///a/study.db", "studies/a", "a study in sqlite+pysqlite, "),
    ],
)
def test_what_hpo_cannot_open_is_refused_and_no_secret_is_shown(storage, files, told):
    address = StudyAddress(storage, files, "a")
    for opens in (open_place, StudyRecord, ActiveStudy):
        with pytest.raises(UserError, match="study a: it is kept in an SQLite file") as caught:
            opens(address)
        assert told in str(caught.value)
        assert "secret" not in str(caught.value)


def test_a_study_says_where_it_is_kept_as_its_address_does(make_study, studies):
    made = make_study()
    assert made.address == StudyRecord(made.address).address == find_study("small", studies)
    assert {"storage": made.address.storage, "files": made.address.files}.items() <= made.summary().items()


def test_only_the_files_of_a_study_know_that_they_are_in_a_folder():
    root = Path(__file__).parents[4] / "hpo"
    named = {path.relative_to(root) for path in root.rglob("*.py") if "StudyFolder" in path.read_text(encoding="utf-8")}
    assert {path.parent for path in named} <= {Path("studies/files")}
