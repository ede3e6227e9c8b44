"""A study is removed, and nothing else."""

from __future__ import annotations

import pytest

from hpo.errors import StudyBusyError, UserError
from hpo.studies import find_study_folder, remove_study, study_size


@pytest.fixture
def folder(make_study, add_trials, studies):
    """The folder of a study with a model and a log."""
    study = make_study()
    add_trials(study, 0.5)
    study.folder.models.put(0, lambda path: path.write_bytes(b"model"))
    study.folder.logs.mkdir()
    study.folder.log_file(1).write_text("log")
    return find_study_folder("small", studies)


def test_all_that_was_written_is_removed(folder):
    assert study_size(folder) > 10_000
    assert remove_study(folder) == []
    assert not folder.path.exists()


def test_what_somebody_else_put_there_is_left(folder):
    (folder.path / "notes.txt").write_text("mine")
    (folder.path / "photos").mkdir()
    assert [path.name for path in remove_study(folder)] == ["notes.txt", "photos"]
    assert (folder.path / "notes.txt").read_text() == "mine"


def test_a_study_that_is_worked_on_is_not_removed(folder):
    with folder.locked(), pytest.raises(StudyBusyError):
        remove_study(folder)
    assert folder.database.exists()


def test_links_inside_are_removed_and_not_followed(folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious.html").write_text("precious")
    folder.reports.symlink_to(outside)
    (folder.logs / "worker-2.log").symlink_to(outside / "precious.html")
    assert remove_study(folder) == []
    assert (outside / "precious.html").read_text() == "precious"


def test_a_link_to_a_study_is_refused(folder, studies):
    link = studies / "link"
    link.symlink_to(folder.path)
    with pytest.raises(UserError, match=r"Received a link to .*small"):
        remove_study(find_study_folder("link", studies))
    assert folder.database.exists()
