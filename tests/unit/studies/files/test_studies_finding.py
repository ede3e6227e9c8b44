"""Which study is meant: a name, or a path to its folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hpo.errors import StudyNotFoundError
from hpo.studies import StudyRecord, find_study


@pytest.fixture
def at(make_study, studies, monkeypatch):
    """The study `small`, looked for from the folder above its folder of studies."""
    make_study()
    monkeypatch.chdir(studies.parent)
    return studies


@pytest.mark.parametrize(
    "named",
    [
        "small",
        "studies/small",
        "studies/small/",
        "./studies/small",
        "studies/small/study.db",
        "studies/../studies/small",
    ],
)
def test_a_study_is_found_by_its_name_and_by_any_path_to_it(at, named):
    assert StudyRecord(find_study(named, Path("studies"))).name == "small"
    assert StudyRecord(find_study(Path(named), Path("studies"))).name == "small"


def test_a_path_is_relative_to_where_one_is(at, monkeypatch):
    monkeypatch.chdir(at)
    assert StudyRecord(find_study("small", Path("studies"))).name == "small"
    monkeypatch.chdir(at / "small")
    assert StudyRecord(find_study(".", Path("studies"))).name == "small"
    assert StudyRecord(find_study("study.db", Path("studies"))).name == "small"
    monkeypatch.chdir(at / "small" / "..")
    assert StudyRecord(find_study(at / "small", Path("studies"))).name == "small"


def test_the_home_of_the_user_may_be_abbreviated(at, monkeypatch):
    monkeypatch.setenv("HOME", str(at.parent))
    assert StudyRecord(find_study("~/studies/small", Path("elsewhere"))).name == "small"
    assert find_study("./~/small", Path("studies")).files == str(at.parent / "~/small")


def test_an_address_is_what_it_is(at):
    address = find_study("small", Path("studies"))
    assert find_study(address, Path("elsewhere")) == address


def test_what_could_be_both_is_the_name(at, make_study):
    make_study("study=other")
    os.rename(at / "other", at.parent / "small")
    assert find_study("small", Path("studies")).files == str(at / "small")


@pytest.mark.parametrize("named", ["", " ", "smal", "studies/smal", "small.yaml", "..", "~nobody_at_all/x"])
def test_what_is_no_study_is_told_in_one_line(at, named):
    with pytest.raises(StudyNotFoundError) as caught:
        StudyRecord(find_study(named, Path("studies")))
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("folder", "argument"),
    [
        ("studies/mri", "mri"),
        ("other/mri", "other/mri"),
        ("my studies/mri", "'my studies/mri'"),
        ("mri", "mri"),
        ("studies/mri scans", "'mri scans'"),
        ("studies/-x", "studies/-x"),
        ("-x", "./-x"),
        ("studies/a;b", "'a;b'"),
    ],
)
def test_what_names_a_study_can_be_typed(folder, argument):
    assert find_study(f"./{folder}", Path("studies")).argument == argument
