"""Files are written whole or not at all, and never through a link."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hpo.files import PARTIAL, fresh_file, open_log, open_new, write_output


@pytest.fixture
def victim(tmp_path):
    """A file that somebody would like to see overwritten."""
    path = tmp_path / "elsewhere" / "victim"
    path.parent.mkdir()
    path.write_text("precious")
    return path


def test_a_fresh_file_takes_the_place_of_a_link_and_not_of_what_it_leads_to(tmp_path, victim):
    target = tmp_path / "target"
    target.symlink_to(victim)
    with fresh_file(target) as partial:
        assert partial.parent == tmp_path
        partial.write_text("new")
    assert (target.read_text(), target.is_symlink(), victim.read_text()) == ("new", False, "precious")
    assert os.stat(target).st_mode & 0o777 == 0o666 & ~umask()
    assert not list(tmp_path.glob(f".*{PARTIAL}"))


def interrupted_write(target):
    with fresh_file(target) as partial:
        partial.write_text("half")
        raise KeyboardInterrupt


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_what_is_not_finished_leaves_the_earlier_file_and_nothing_else(tmp_path):
    target = tmp_path / "target"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        interrupted_write(target)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


@pytest.mark.parametrize("open_it", [open_new, open_log])
def test_neither_logs_nor_new_files_are_written_through_a_link(tmp_path, victim, open_it):
    path = tmp_path / "file"
    for target in (victim, tmp_path / "dangling"):
        path.unlink(missing_ok=True)
        path.symlink_to(target)
        with open_it(path) as stream:
            stream.write(b"words")
        assert (path.read_bytes(), path.is_symlink()) == (b"words", False)
    assert victim.read_text() == "precious"
    assert not (tmp_path / "dangling").exists()


def test_a_log_goes_on_and_does_not_wait_for_a_pipe_to_be_read(tmp_path):
    path = tmp_path / "log"
    os.mkfifo(path)
    for _ in range(2):
        with open_log(path) as stream:
            stream.write(b"line\n")
    assert path.read_bytes() == b"line\nline\n"


def test_a_file_that_the_user_names_is_replaced_and_a_device_written_to(tmp_path, victim):
    link = tmp_path / "link"
    link.symlink_to(victim)
    with pytest.raises(OSError, match="it is a link"):
        write_output(link, "text")
    assert victim.read_text() == "precious"
    write_output(tmp_path / "file", "text")
    assert (tmp_path / "file").read_text() == "text"
    write_output(Path("/dev/null"), "text")
    assert not os.path.isfile("/dev/null")
