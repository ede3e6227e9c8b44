"""What the doctor says of the folder of studies, of servers, and of a study."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from hpo.doctor import Diagnosis, examine_storage, examine_study, storage
from hpo.fleet.gpus import GpuInventory
from hpo.fleet.placement import Machine
from hpo.fleet.reservations import Reservation
from hpo.spaces import load
from hpo.studies import create_study

MACHINE = Machine(GpuInventory(problems=("Driver Not Loaded",)), range(4), True, 10**10)


def examine(folder: Path, server: str | None = None) -> dict[str, Diagnosis]:
    return {diagnosis.subject: diagnosis for diagnosis in examine_storage(folder, server)}


def test_a_folder_that_can_be_written_to_is_well_and_is_left_as_it_was(tmp_path: Path):
    folder = tmp_path / "studies"
    folder.mkdir()
    diagnoses = examine(folder)
    assert {diagnosis.status for diagnosis in diagnoses.values()} <= {"ok", "warning"}
    assert "a commit" in diagnoses["database"].text
    assert not list(folder.iterdir())


def test_a_folder_that_is_not_there_is_one_that_the_first_study_makes(tmp_path: Path):
    assert examine(tmp_path / "a" / "b")["studies"].text.endswith("a/b, which the first study makes")
    assert not (tmp_path / "a").exists()


def test_a_path_that_no_study_can_be_written_to_is_an_error(tmp_path: Path):
    (tmp_path / "file").write_text("")
    (diagnosis,) = examine(tmp_path / "file" / "studies").values()
    assert diagnosis.status == "error"
    assert diagnosis.text.endswith("file cannot be written to")


@pytest.mark.parametrize(("free", "status"), [(5e11, "ok"), (5e9, "warning"), (5e8, "error")])
def test_a_disk_without_room_is_told(tmp_path: Path, monkeypatch, free: float, status: str):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=free))
    assert examine(tmp_path)["disk"].status == status


def test_a_file_system_of_a_network_is_doubtful(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(storage, "network_file_system", lambda folder: "nfs4")
    diagnosis = examine(tmp_path)["database"]
    assert diagnosis.status == "warning"
    assert "a file system of a network (nfs4), whose locks may not hold" in diagnosis.text
    assert "--storage postgresql" in (diagnosis.remedy or "")


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://me:secret@127.0.0.1:9/hpo", "nonsense://me:secret@host/hpo", "sqlite:///x.db"]
)
def test_a_server_that_does_not_answer_is_told_without_its_password(tmp_path: Path, url: str):
    diagnosis = examine(tmp_path, url)["server"]
    assert diagnosis.status == "error"
    assert "secret" not in diagnosis.text


# a study


def examine_new_study(small_space: Path, studies: Path, *changes: str) -> dict[str, Diagnosis]:
    with create_study(load(small_space, changes), studies) as study:
        address = study.address
    return {diagnosis.subject: diagnosis for diagnosis in examine_study(address, MACHINE, Reservation())}


def test_a_study_that_can_go_on_is_well(small_space, studies):
    diagnoses = examine_new_study(small_space, studies, "resources.cpus=2")
    assert {diagnosis.status for diagnosis in diagnoses.values()} == {"ok"}
    assert diagnoses["study"].text == "small: paused, 0 of 2 trials"
    assert diagnoses["resources"].text == "room for 2 trials at once"


def test_a_study_whose_trials_have_no_room_here_is_told_why(small_space, studies):
    diagnosis = examine_new_study(small_space, studies, "resources.gpus=1")["resources"]
    assert diagnosis.status == "error"
    assert "NVML finds no GPU: Driver Not Loaded" in diagnosis.text


def test_a_study_whose_engine_is_not_installed_is_told_what_to_install(small_space, studies, monkeypatch):
    monkeypatch.setattr("hpo.search.requirements.find_spec", lambda package: None)
    diagnosis = examine_new_study(small_space, studies)["packages"]
    assert diagnosis.status == "error"
    assert "pip install tensorflow" in diagnosis.text


def test_a_study_that_is_not_there_is_told_which_ones_are(small_space, studies):
    with create_study(load(small_space), studies) as study:
        address = study.place.beside("smal")
    (diagnosis,) = examine_study(address, MACHINE, Reservation())
    assert diagnosis.status == "error"
    assert "did you mean 'small'" in diagnosis.text
