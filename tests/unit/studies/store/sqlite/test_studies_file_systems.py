"""A study in a folder that other machines can write to: no write-ahead log, and a word of warning."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from hpo.search.optuna.search import OptunaSearch
from hpo.studies import ActiveStudy, StudyRecord
from hpo.studies.store.sqlite.file_systems import network_file_system


@pytest.fixture
def mount(monkeypatch):
    """Has the system say that file systems of these kinds are mounted: `mount((PATH, KIND), ...)`."""

    def mount(*kinds):
        mounts = [SimpleNamespace(mountpoint=str(path), fstype=kind) for path, kind in kinds]
        monkeypatch.setattr(psutil, "disk_partitions", lambda all: mounts)

    return mount


@pytest.mark.parametrize(
    ("kind", "is_network"),
    [("nfs4", True), ("cifs", True), ("fuse.sshfs", True), ("9p", True), ("ext4", False), ("fuse.ntfs-3g", False)],
)
def test_the_file_system_is_that_of_the_innermost_mount_also_before_the_folder_is_made(
    mount, tmp_path, kind, is_network
):
    outside = "ext4" if is_network else "nfs4"
    mount(("/", outside), (tmp_path, kind), (tmp_path / "other", outside))
    assert network_file_system(tmp_path / "studies" / "small") == (kind if is_network else None)


def test_of_mounts_at_one_place_the_last_covers_the_others(mount, tmp_path):
    mount((tmp_path, "nfs"), (tmp_path, "xfs"))
    assert network_file_system(tmp_path) is None


def test_this_machine_says_what_its_own_file_systems_are():
    assert network_file_system(Path("/proc/self")) is None


def test_a_study_on_a_network_file_system_is_worked_on_without_a_log_and_warned_about(
    mount, tmp_path, make_study, add_trials
):
    make_study().close()
    mount((tmp_path, "nfs4"))
    with make_study() as study:
        add_trials(study, 0.5)
        trial = OptunaSearch(study, "host:1").ask()
        with study.storage.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "delete"
        assert [record.state for record in StudyRecord(study.address).trials()] == ["complete", "running"]
        assert "lies on a network file system (nfs4)" in study.place.remark
        with study.storage.engine.begin() as connection:  # which may be one of another machine
            connection.exec_driver_sql("UPDATE hpo_leases SET machine = 'another boot/1'")
        assert ActiveStudy(study.address).reclaim() == []
        assert trial.accepts()


def test_a_study_on_this_machine_is_not_warned_about(make_study):
    with make_study() as study:
        assert study.place.remark is None
