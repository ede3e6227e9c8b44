"""A study is removed, and nothing else."""

from __future__ import annotations

import pytest

from hpo.errors import StudyBusyError, UserError
from hpo.studies import find_study, open_place


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
    assert open_place(address).size() > 10_000
    assert open_place(address).remove() == []
    assert not open_place(address).files.path.exists()


def test_what_somebody_else_put_there_is_left(address):
    (open_place(address).files.path / "notes.txt").write_text("mine")
    (open_place(address).files.path / "photos").mkdir()
    assert open_place(address).remove() == ["notes.txt", "photos"]
    assert (open_place(address).files.path / "notes.txt").read_text() == "mine"


def test_a_study_that_is_worked_on_is_not_removed(address):
    with open_place(address).lock(), pytest.raises(StudyBusyError):
        open_place(address).remove()
    assert address.database.exists()


def test_links_inside_are_removed_and_not_followed(address, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious.html").write_text("precious")
    open_place(address).files.reports.symlink_to(outside)
    (open_place(address).files.logs / "worker-2.log").symlink_to(outside / "precious.html")
    assert open_place(address).remove() == []
    assert (outside / "precious.html").read_text() == "precious"


def test_a_link_to_a_study_is_refused(address, studies):
    link = studies / "link"
    link.symlink_to(open_place(address).files.path)
    with pytest.raises(UserError, match=r"Received a link to .*small"):
        open_place(find_study("link", studies)).remove()
    assert address.database.exists()
