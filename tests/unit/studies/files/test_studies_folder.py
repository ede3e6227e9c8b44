"""A study's folder: its locks, and the models in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from upath import UPath

from hpo.errors import StorageError, StudyBusyError, UserError
from hpo.processes.environment import engine_environment
from hpo.studies import ModelFiles, StudyAddress, StudyFiles, StudyRecord, create_study
from hpo.studies.files.file_store import FileStore
from hpo.studies.files.folder import StudyFolder

HOLD = """\
import sys, time
from pathlib import Path
from hpo.studies import StudyAddress
from hpo.studies.files.folder import StudyFolder
folder = StudyFolder(StudyAddress.in_folder(Path(sys.argv[1])))
with eval(sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_elsewhere(folder, lock="folder.lock()"):
    """Another process that holds a lock of the study."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder.path), lock],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=engine_environment(1),
    )
    with process:
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.stdin.close()
            process.wait()


@pytest.fixture
def folder(studies):
    """A folder whose locks are not waited for long."""
    return StudyFolder(StudyAddress.in_folder(studies / "small"), lock_wait=0.2, worker_wait=0.2)


def test_a_study_that_another_process_works_on_is_busy_until_that_process_is_killed(folder):
    with held_elsewhere(folder) as other:
        assert folder.is_locked()
        with pytest.raises(StudyBusyError, match="one process at a time works on a study"), folder.lock():
            pass
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        assert not folder.is_locked()
        with folder.lock():
            assert folder.is_locked()


def test_a_lock_is_let_go_when_the_work_fails(folder):
    with pytest.raises(RuntimeError), folder.lock():
        raise RuntimeError
    assert not folder.is_locked()


def test_looking_at_a_folder_does_not_make_one(folder):
    assert not folder.is_locked()
    assert not folder.path.exists()


def test_a_run_waits_for_the_workers_of_the_one_before(folder):
    folder.await_workers()  # there were none
    with held_elsewhere(folder, "folder.lock_worker(3)") as other:
        with pytest.raises(StudyBusyError, match="worker 3 of an earlier run"):
            folder.await_workers()
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        folder.await_workers()


def test_workers_do_not_wait_for_each_other(folder):
    with folder.lock_worker(1), folder.lock_worker(2):
        pass


@pytest.fixture(params=["folder", "memory"])
def models(request, tmp_path):
    """Model files in a folder, and behind another fsspec URL."""
    root = UPath(tmp_path / "artifacts") if request.param == "folder" else UPath(f"memory://{tmp_path.name}/artifacts")
    return ModelFiles(FileStore(root))


def test_there_are_no_models_at_first(models):
    assert models.numbers() == []
    models.remove(3)
    assert models.numbers() == []


def test_a_model_is_kept_and_removed(models):
    models.put(2, lambda path: path.write_bytes(b"two"))
    models.put(10, lambda path: path.write_bytes(b"ten"))
    assert models.numbers() == [2, 10]
    assert models.path(10).read_bytes() == b"ten"
    models.remove(2)
    assert models.numbers() == [10]


def test_what_lies_beside_a_model_comes_and_goes_with_it(models):
    def write(path):
        path.write_bytes(b"model")
        path.with_suffix(".json").write_text('{"classes": ["a", "b"]}')
        path.with_suffix(".validation.npz").write_bytes(b"predictions")

    models.put(2, write)
    models.put(2, lambda path: path.with_suffix(".test.npz").write_bytes(b"predictions"))
    assert models.describe(2) == {"classes": ["a", "b"]}
    names = set(models.store.sizes())
    assert names == {"trial-2.keras", "trial-2.json", "trial-2.validation.npz", "trial-2.test.npz"}
    models.remove(2)
    assert not models.store.sizes()
    assert models.describe(2) == {}


def test_a_damaged_description_says_nothing(models):
    models.put(2, lambda path: path.with_suffix(".json").write_text('{"classes'))
    assert models.describe(2) == {}


def test_a_model_may_be_put_again(models):
    models.put(2, lambda path: path.write_bytes(b"first"))
    models.put(2, lambda path: path.write_bytes(b"second"))
    assert models.numbers() == [2]
    assert models.path(2).read_bytes() == b"second"


def test_a_model_is_written_to_a_local_file_with_the_ending_that_keras_asks_for(models):
    written = []
    models.put(2, lambda path: (written.append(path), path.write_bytes(b"two")))
    assert written[0].suffix == ".keras"
    assert not written[0].exists()


def test_a_model_that_could_not_be_written_is_not_there(models):
    def fail(path):
        path.write_bytes(b"half")
        raise OSError("no space left")

    with pytest.raises(StorageError, match="no space left"):
        models.put(2, fail)
    assert models.numbers() == []


def test_half_a_model_that_a_killed_worker_left_is_no_model(models):
    models.store.root.mkdir(parents=True, exist_ok=True)
    (models.store.root / ".trial-2.keras.partial").write_bytes(b"half")
    assert models.numbers() == []
    models.put(2, lambda path: path.write_bytes(b"whole"))
    assert models.path(2).read_bytes() == b"whole"


@pytest.mark.parametrize("name", ["a?b", "g%20h", "e{f}", "with space", "ünïcode", "a#b"])
def test_a_study_may_lie_in_a_folder_of_any_name(tmp_path, spec, name):
    create_study(spec(), tmp_path / name)
    assert StudyRecord(StudyAddress.in_folder(tmp_path / name / "small")).trials() == []
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [name]


def test_a_studies_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "studies").touch()
    with (
        pytest.raises(UserError, match="a folder that can be written to"),
        StudyFolder(StudyAddress.in_folder(tmp_path / "studies/s")).lock(),
    ):
        pass


def test_files_that_are_no_models_are_passed_over(tmp_path):
    models = ModelFiles(FileStore(tmp_path))
    models.put(3, lambda path: path.write_text("model"))
    for name in ("trial-3 (copy).keras", ".trial-4.keras.partial", "notes.txt"):
        (tmp_path / name).touch()
    assert models.numbers() == [3]


def test_a_file_in_the_place_of_the_models_means_that_there_are_none(folder):
    folder.path.mkdir(parents=True, exist_ok=True)
    (folder.path / "artifacts").write_text("a file")
    assert StudyFiles(folder.path).models.numbers() == []
    assert StudyFiles(folder.path).models.find(0) is None
