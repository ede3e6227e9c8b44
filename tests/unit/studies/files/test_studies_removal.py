"""A study is removed, and nothing else."""

from __future__ import annotations

import pytest

from hpo.errors import StudyBusyError, UserError
from hpo.studies import find_study, open_files, open_place, remove_study, study_size


@pytest.fixture
def address(make_study, add_trials, studies):
    """The address of a study with a model and a log."""
    study = make_study()
    add_trials(study, 0.5)
    study.files.models.put(0, lambda path: path.write_bytes(b"model"))
    study.files.logs.mkdir()
    study.files.log_file(1).write_text("log")
    return find_study("small", studies)


def test_all_that_was_written_is_removed(address):
    assert study_size(address) > 10_000
    assert remove_study(address) == []
    assert not open_files(address).path.exists()


def test_what_somebody_else_put_there_is_left(address):
    (open_files(address).path / "notes.txt").write_text("mine")
    (open_files(address).path / "photos").mkdir()
    assert [path.name for path in remove_study(address)] == ["notes.txt", "photos"]
    assert (open_files(address).path / "notes.txt").read_text() == "mine"


def test_a_study_that_is_worked_on_is_not_removed(address):
    with open_place(address).locked(), pytest.raises(StudyBusyError):
        remove_study(address)
    assert address.database.exists()


def test_links_inside_are_removed_and_not_followed(address, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious.html").write_text("precious")
    open_files(address).reports.symlink_to(outside)
    (open_files(address).logs / "worker-2.log").symlink_to(outside / "precious.html")
    assert remove_study(address) == []
    assert (outside / "precious.html").read_text() == "precious"


def test_a_link_to_a_study_is_refused(address, studies):
    link = studies / "link"
    link.symlink_to(open_files(address).path)
    with pytest.raises(UserError, match=r"Received a link to .*small"):
        remove_study(find_study("link", studies))
    assert address.database.exists()
