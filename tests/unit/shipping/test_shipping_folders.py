"""Folders that models are written into: all files of one, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpo.errors import UserError
from hpo.shipping.export.folder import fresh_folder
from hpo.shipping.folders import fill_folder, is_out_of_space


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is full")
@pytest.mark.parametrize("write", [fill_folder, fresh_folder])
def test_a_full_disk_is_told_and_leaves_nothing_behind(write, tmp_path):
    target = tmp_path / "new" / "too" / "model"

    def fill() -> None:
        with write(target) as partial:
            (partial / "begun").write_text("a")
            Path("/dev/full").write_text("a")

    with pytest.raises(UserError) as raised:
        fill()
    received = "Received No space left on device. Make room there, or name another folder."
    assert str(raised.value) == f"{target}: it is a folder that can be written to. {received}"
    assert names(tmp_path) == []


def test_what_is_in_a_folder_stays_where_a_writer_fails_and_is_replaced_where_it_does_not(tmp_path):
    (tmp_path / "assets").mkdir()
    for name in ("mine", "model", "assets/old"):
        (tmp_path / name).write_text("old")
    before = names(tmp_path)

    def interrupt() -> None:
        with fill_folder(tmp_path) as partial:
            (partial / "model").write_text("new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert (names(tmp_path), (tmp_path / "model").read_text()) == (before, "old")
    with fill_folder(tmp_path) as partial:
        (partial / "assets").mkdir()
        for name in ("model", "assets/new"):
            (partial / name).write_text("new")
    assert names(tmp_path) == ["assets", "assets/new", "mine", "model"]
    assert ((tmp_path / "mine").read_text(), (tmp_path / "model").read_text()) == ("old", "new")


def test_a_full_disk_is_known_by_what_other_libraries_say():
    assert is_out_of_space(RuntimeError("model.pb.tmp; No space left on device"))
    assert not is_out_of_space(PermissionError(13, "Permission denied"))
