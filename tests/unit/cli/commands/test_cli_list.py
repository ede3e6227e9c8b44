"""`hpo list`: one study that cannot be read takes no other from the list."""

from __future__ import annotations

import json

import pytest

from hpo.cli.app import run_command_line
from hpo.spaces import load
from hpo.studies import create_study


@pytest.fixture
def listed(small_space, studies, capsys):
    """What the command prints of a sound study and of two others."""
    with create_study(load(small_space), studies):
        pass
    for name in ("damaged", "folder"):
        (studies / name).mkdir()
    (studies / "damaged" / "study.db").write_text("no database")
    (studies / "folder" / "study.db").mkdir()

    def run(*options):
        try:
            status = run_command_line(["list", "--studies", str(studies), *options])
        except SystemExit as ended:
            status = ended.code or 0
        assert status == 0
        return capsys.readouterr().out

    return run


def test_a_study_that_cannot_be_read_has_a_row_that_says_what_is_wrong(listed):
    text = " ".join(listed().split())
    assert "small paused" in text
    assert "damaged unreadable" in text
    assert "folder unreadable" in text


def test_programs_are_told_what_is_wrong_with_a_study(listed):
    damaged, folder, small = json.loads(listed("--json"))
    assert (damaged["study"], damaged["state"]) == ("damaged", "unreadable")
    assert "file is not a database" in damaged["error"]
    assert "Is a directory" in folder["error"]
    assert (small["study"], small["state"]) == ("small", "paused")
