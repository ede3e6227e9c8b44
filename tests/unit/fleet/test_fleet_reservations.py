"""What runs hold of the machine: told to others while their process lives, and no longer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hpo.errors import WorkError
from hpo.fleet.reservations import Reservation, ReservationBook

HOLD = """\
import sys, time
from hpo.fleet.reservations import Reservation, ReservationBook
book = ReservationBook()
with book.turn():
    book.hold(Reservation({"GPU-0": 0.5}, [0, 1], 1000), owner=book)
print("holds", flush=True)
sys.stdin.read()
"""


class Owner:
    """What a reservation belongs to."""


def held() -> Reservation:
    with ReservationBook().turn() as reservation:
        return reservation


def test_what_a_process_holds_is_free_once_it_is_killed():
    process = subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"holds\n"
        assert held() == Reservation({"GPU-0": 0.5}, [0, 1], 1000)
        process.kill()
    assert held() == Reservation()


def test_what_several_runs_hold_is_added_up_and_each_lets_go_for_itself():
    book, first, second = ReservationBook(), Owner(), Owner()
    with book.turn():
        book.hold(Reservation({"GPU-0": 0.5}, [0]), first)
    with book.turn() as others:
        assert others == Reservation({"GPU-0": 0.5}, [0])
        book.hold(Reservation({"GPU-0": 0.25, "GPU-1": 1.0}, [3]), second)
    assert held() == Reservation({"GPU-0": 0.75, "GPU-1": 1.0}, [0, 3])
    del first
    assert held() == Reservation({"GPU-0": 0.25, "GPU-1": 1.0}, [3])
    del second
    assert held() == Reservation()


def test_a_file_that_nobody_holds_or_that_is_damaged_counts_for_nothing(tmp_path: Path):
    folder = tmp_path / "reservations"
    folder.mkdir()
    (folder / "1-2.json").write_text('{"gpus": {"GPU-0": 1.0}, "cores": [], "memory": 0}')
    assert held() == Reservation()
    assert not list(folder.glob("*.json"))


def test_a_folder_of_somebody_else_s_making_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    monkeypatch.setenv("HPO_RESERVATIONS", str(tmp_path / "link"))
    with pytest.raises(WorkError, match=r"it is no folder of this user's. Name another folder by HPO_RESERVATIONS"):
        held()
