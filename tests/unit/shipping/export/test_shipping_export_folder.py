"""The folder of an export: it takes its name at the end, and an earlier export is there until then."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpo.errors import UserError
from hpo.shipping.export.folder import fresh_folder
from hpo.shipping.kept_model import DESCRIPTION


def write_export(target: Path, text: str) -> None:
    with fresh_folder(target) as partial:
        (partial / DESCRIPTION).write_text(text)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("path", ["", ".", "../here"])
def test_the_current_folder_is_not_replaced_below_the_feet_of_its_user(path, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(UserError, match=r"an export is a new folder.*Received the current folder.*--to"):
        write_export(Path(path), "new")
    assert names(tmp_path) == ["here"]


def test_of_two_exports_at_once_that_both_find_no_folder_the_last_one_stays(tmp_path):
    target = tmp_path / "onnx"
    with fresh_folder(target) as partial:
        write_export(target, "first to end")
        (partial / DESCRIPTION).write_text("last to end")
    assert (target / DESCRIPTION).read_text() == "last to end"
    assert names(tmp_path) == ["onnx"]


@pytest.mark.parametrize("error", [OSError(16, "Device or resource busy"), KeyboardInterrupt()])
def test_an_earlier_export_has_its_name_again_where_the_new_one_cannot_take_it(error, tmp_path, monkeypatch):
    target, rename = tmp_path / "onnx", Path.rename
    write_export(target, "earlier")

    def refuse_new(path, to):
        if (path / DESCRIPTION).read_text() == "new":
            raise error
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", refuse_new)
    with pytest.raises((UserError, KeyboardInterrupt)) as raised:
        write_export(target, "new")
    assert isinstance(raised.value, KeyboardInterrupt) or "Received Device or resource busy" in str(raised.value)
    assert (target / DESCRIPTION).read_text() == "earlier"
    assert names(tmp_path) == ["onnx"]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="a folder that even root cannot write to")
def test_an_error_names_no_file_that_its_reader_has_not_written(tmp_path):
    with pytest.raises(UserError) as raised:
        write_export(Path("/proc/export"), "new")
    assert "Received /proc: " in str(raised.value)
