"""A study gets another name or another folder, and takes the place of no other."""

from __future__ import annotations

import errno
import os
from dataclasses import replace

import pytest

from hpo.errors import StudyBusyError, StudyConflictError, StudyNotFoundError, UserError, WorkError
from hpo.studies import StudyAddress, StudyFiles, StudyRecord, open_place, study_names
from hpo.studies.transfer import move_study


@pytest.fixture
def address(make_study, add_trials):
    """The address of a study with a model."""
    with make_study() as study:
        add_trials(study, 0.5)
        study.files.models.put(0, lambda path: path.write_bytes(b"model"))
        (study.files.path / "notes.txt").write_text("mine")
        return study.address


def test_a_study_gets_another_name(address, studies):
    moved = move_study(address, "other")
    assert moved == StudyAddress.in_folder(studies / "other")
    assert study_names(studies) == ["other"]
    record = StudyRecord(moved)
    assert (record.name, record.best.value, record.best.model_path.read_bytes()) == ("other", 0.5, b"model")
    assert (record.files.path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("new", ["{}/deep/other", "{}/there", "{}/deep/"])
def test_a_path_is_a_new_folder_or_one_to_put_it_into(address, studies, tmp_path, new):
    (tmp_path / "there").mkdir()
    moved = move_study(address, new.format(tmp_path))
    expected = {"{}/deep/other": "deep/other", "{}/there": "there/small", "{}/deep/": "deep/small"}[new]
    assert moved == StudyAddress.in_folder(tmp_path / expected)
    assert StudyRecord(moved).best.value == 0.5
    assert study_names(studies) == []


def test_a_study_is_moved_to_another_disk(address, tmp_path, monkeypatch):
    real = os.rename

    def rename(source, target):
        if os.fspath(source) == address.folder:
            raise OSError(errno.EXDEV, "another disk")
        real(source, target)

    monkeypatch.setattr(os, "rename", rename)
    moved = move_study(address, f"{tmp_path}/disk/small")
    assert StudyRecord(moved).best.model_path.read_bytes() == b"model"
    assert not open_place(address).exists()
    assert [path.name for path in (tmp_path / "disk").iterdir()] == ["small"]


def test_a_study_that_is_worked_on_stays(address):
    with open_place(address).lock(), pytest.raises(StudyBusyError, match="one process at a time works on a study"):
        move_study(address, "other")
    assert open_place(address).exists()


def test_nothing_is_replaced(address, studies):
    (studies / "other").mkdir()
    with pytest.raises(StudyConflictError, match="no study takes the place of another"):
        move_study(address, f"{studies}/../studies/small")
    with pytest.raises(UserError, match="a study is moved out of its folder"):
        move_study(address, f"{studies}/small/artifacts/")
    (studies / "taken" / "small").mkdir(parents=True)
    with pytest.raises(StudyConflictError):
        move_study(address, f"{studies}/taken")
    with pytest.raises(StudyConflictError, match=r"other, which is there\. Move the study to another name or folder\."):
        move_study(address, "other")


def test_what_cannot_be_moved_says_why(address, studies, tmp_path):
    with pytest.raises(UserError, match="study: its name has letters"):
        move_study(address, "a b")
    with pytest.raises(StudyNotFoundError):
        move_study(StudyAddress.in_folder(studies / "smal"), "other")
    (tmp_path / "file").touch()
    with pytest.raises(WorkError, match="It stays where it was"):
        move_study(address, f"{tmp_path}/file/small")
    link = tmp_path / "link"
    link.symlink_to(address.folder)
    with pytest.raises(UserError, match="Received a link"):
        move_study(StudyAddress.in_folder(link), "other")
    assert open_place(address).exists()


def test_files_that_lie_elsewhere_go_with_the_study(address, tmp_path):
    elsewhere = replace(address, files=f"memory://{tmp_path}/small")
    files = StudyFiles.of(elsewhere)
    files.models.put(0, lambda path: path.write_bytes(b"far"))
    moved = move_study(elsewhere, "other")
    assert moved.files == f"memory://{tmp_path}/other"
    assert StudyRecord(moved).best.model_path.read_bytes() == b"far"
    assert files.models.numbers() == []


def test_files_that_lie_elsewhere_are_counted_and_removed_with_the_study(address, tmp_path):
    elsewhere = replace(address, files=f"memory://{tmp_path}/small")
    files, before = StudyFiles.of(elsewhere), open_place(elsewhere).size()
    files.models.put(0, lambda path: path.write_bytes(b"far"))
    files.checkpoint_store.put_bytes("trial-3/1-00001-0.npz", b"1234")
    assert open_place(elsewhere).size() - before == 7
    open_place(elsewhere).remove()
    assert files.usage() == dict.fromkeys(["checkpoints", "logs", "models", "reports", "tracking", "weights"], 0)
