"""A bundle: a study that goes on elsewhere as it was, or nothing at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import hpo
from hpo.errors import StudyConflictError, StudyNotFoundError, UserError
from hpo.files import partial_name
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import ActiveStudy, Checkpoint, StudyAddress, StudyRecord, create_study, open_place
from hpo.studies.transfer import unpack_bundle, write_bundle
from hpo.studies.transfer.destination import partial_folder


@pytest.fixture
def study(make_study, add_trials):
    """A study that is worked on: the model of its best trial, and a checkpoint of one that runs."""
    study = make_study("search.trials=4")
    add_trials(study, 0.5, 0.7, "running")
    study.files.models.put(1, lambda path: (path.write_bytes(b"model"), path.with_suffix(".json").write_text("{}")))
    study.files.checkpoints(2, 1).save(Checkpoint(1, 0, {"a": np.arange(3)}, {"rate": 0.1}))
    study.files.weights.put_bytes("other.keras", b"weights")
    yield study
    study.close()


@pytest.fixture
def bundle(study, tmp_path):
    """A bundle of it."""
    write_bundle(study.address, tmp_path / "small.hpo.zip")
    return tmp_path / "small.hpo.zip"


def change(bundle: Path, change_files=lambda files: None, *, manifest=True, mode=0) -> None:
    """Make a bundle anew with other files, and a list that is right about them."""
    with zipfile.ZipFile(bundle) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    about = json.loads(files.pop("bundle.json"))
    change_files(files)
    if manifest:
        about["files"] = {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items()}
    with zipfile.ZipFile(bundle, "w") as archive:
        for name, data in files.items():
            member = zipfile.ZipInfo(name)
            member.external_attr = mode << 16 if name.startswith("artifacts") else 0
            archive.writestr(member, data)
        archive.writestr("bundle.json", json.dumps(about))


def test_a_study_goes_on_from_its_bundle_as_it_was(study, bundle, tmp_path):
    address, manifest = unpack_bundle(bundle, tmp_path / "elsewhere")
    assert manifest.waiting == 1
    assert address == StudyAddress.in_folder(tmp_path / "elsewhere" / "small")
    assert list((tmp_path / "elsewhere").iterdir()) == [tmp_path / "elsewhere" / "small"]
    with ActiveStudy(address) as copy:
        assert [trial.state for trial in copy.trials()] == ["complete", "complete", "waiting"]
        for before, after in zip(study.trials(), copy.trials(), strict=True):
            assert (after.params, after.epochs, after.values) == (before.params, before.epochs, before.values)
        assert copy.best.model_path.read_bytes() == b"model"
        assert copy.files.models.describe(1) == {}
        assert copy.files.fetch_weights("other").read_bytes() == b"weights"
        checkpoint = copy.files.checkpoints(2, 2).latest()
        assert (checkpoint.epoch, list(checkpoint.arrays["a"]), checkpoint.about) == (1, [0, 1, 2], {"rate": 0.1})
        trial = OptunaSearch(copy, "host:2").ask(4)
        assert (trial.number, trial.attempt) == (2, 2)  # so it reads that checkpoint, and writes beside it
    assert study.counts()["running"] == 1  # a bundle takes nothing from the study


def test_a_bundle_holds_no_log_no_report_and_no_lock(study, bundle):
    study.files.logs.mkdir(exist_ok=True)
    study.files.log_file(1).write_text("log")
    with zipfile.ZipFile(bundle) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0] for name in names} == {
        "checkpoints",
        "weights",
        "study.db",
        "artifacts",
        "space.yaml",
        "bundle.json",
    } - ({"space.yaml"} if not (study.files.path / "space.yaml").exists() else set())


def test_a_bundle_may_get_another_name(bundle, studies):
    with pytest.raises(StudyConflictError, match="no study takes the place of another"):
        unpack_bundle(bundle, studies)
    address, _ = unpack_bundle(bundle, studies, "again")
    assert StudyRecord(address).name == "again"
    for name in ("../outside", "", "a b", ".hidden", "small"):
        with pytest.raises(UserError, match="Received"):
            unpack_bundle(bundle, studies, name)
    assert sorted(path.name for path in studies.iterdir()) == ["again", "small"]


def test_a_bundle_is_a_new_file_of_a_study_that_is_there(study, bundle, studies, tmp_path):
    with pytest.raises(UserError, match="a bundle is a new file"):
        write_bundle(study.address, bundle)
    with pytest.raises(UserError, match=r"a bundle is written there\. Received: No such file"):
        write_bundle(study.address, tmp_path / "nowhere" / "a.zip")
    with pytest.raises(StudyNotFoundError):
        write_bundle(StudyAddress.in_folder(studies / "smal"), tmp_path / "a.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.hpo.zip", "small.yaml", "studies"]


@pytest.mark.parametrize("name", ["study.db", "artifacts/trial-1.keras", "weights/other.keras", "bundle.json"])
def test_a_bundle_with_a_file_of_which_a_byte_has_changed_is_refused(bundle, tmp_path, name):
    data = bytearray(bundle.read_bytes())
    with zipfile.ZipFile(bundle) as archive:
        data[data.index(archive.read(name)) + 3] ^= 1
    bundle.write_bytes(data)
    with pytest.raises(UserError, match="Received"):
        unpack_bundle(bundle, tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("share", [0, 0.3, 0.5, 0.99])
def test_a_bundle_that_ends_too_early_is_refused(bundle, tmp_path, share):
    os.truncate(bundle, int(share * bundle.stat().st_size))
    with pytest.raises(UserError, match=r"small\.hpo\.zip: .*Nothing was written\. .*opy .*here again"):
        unpack_bundle(bundle, tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_is_not_the_one_of_the_list_is_refused(bundle, tmp_path):
    change(bundle, lambda files: files.update({"artifacts/trial-1.keras": b"other"}), manifest=False)
    with pytest.raises(UserError, match=r"Received another artifacts/trial-1\.keras"):
        unpack_bundle(bundle, tmp_path / "elsewhere")


@pytest.mark.parametrize(
    "name",
    ["artifacts/../../outside", "/outside", "artifacts/./a", "artifacts//a", "artifacts\\..\\a", "logs/a", "lock"],
)
def test_a_file_that_is_none_of_a_study_is_refused(bundle, tmp_path, name):
    change(bundle, lambda files: files.update({name: b"x"}))
    with pytest.raises(UserError, match="a bundle holds a study's database, models, checkpoints and weights"):
        unpack_bundle(bundle, tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


def test_a_link_is_refused(bundle, tmp_path):
    change(bundle, mode=stat.S_IFLNK | 0o777)
    with pytest.raises(UserError, match="a link, or another thing that is no file"):
        unpack_bundle(bundle, tmp_path / "elsewhere")


def test_a_file_that_grows_when_it_is_unpacked_is_refused(bundle, tmp_path):
    with zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr("artifacts/large", bytes(100_000), zipfile.ZIP_DEFLATED)
    with pytest.raises(UserError, match="a compressed or an encrypted file"):
        unpack_bundle(bundle, tmp_path / "elsewhere")


def test_more_than_there_is_room_for_is_refused(bundle, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    with pytest.raises(UserError, match=r"elsewhere: a study is unpacked there\. Received 0 MB, where 0 MB are free"):
        unpack_bundle(bundle, tmp_path / "elsewhere")


def test_a_database_that_holds_no_study_is_refused(bundle, tmp_path):
    change(bundle, lambda files: files.update({"study.db": b"no database"}))
    with pytest.raises(UserError, match="a study's database is an SQLite file"):
        unpack_bundle(bundle, tmp_path / "elsewhere")
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"text", None])
def test_what_is_no_bundle_is_refused(tmp_path, content):
    file = tmp_path / "a.zip"
    if content is None:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("photo.jpg", b"x")
    else:
        file.write_bytes(content)
    with pytest.raises(UserError, match=r"a\.zip: "):
        unpack_bundle(file, tmp_path / "elsewhere")


def test_a_bundle_that_is_missing_is_told_as_that_and_nothing_is_said_of_the_folder_of_studies(bundle, tmp_path):
    with pytest.raises(UserError, match=r"missing\.zip: a bundle is read\. Received: No such file") as caught:
        unpack_bundle(tmp_path / "missing.zip", tmp_path / "elsewhere")
    assert "studies" not in str(caught.value)
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"unpacked there\. Received: .* name another folder by --studies"):
        unpack_bundle(bundle, tmp_path / "file")


UNPACK = """
import os, signal, sys
from pathlib import Path
from hpo.studies.transfer import unpacking

extract = unpacking.Bundle.extract
def extract_and_die(bundle, folder):
    extract(bundle, folder)
    os.kill(os.getpid(), signal.SIGKILL)

unpacking.Bundle.extract = extract_and_die
unpacking.unpack_bundle(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_what_a_killed_process_has_unpacked_is_removed_by_the_next_and_not_what_another_is_unpacking(bundle, tmp_path):
    target = tmp_path / "elsewhere"
    killed = subprocess.run([sys.executable, "-c", UNPACK, bundle, target], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert [path.suffix for path in target.iterdir() if (path / "study.db").exists()] == [".partial"]
    link, download = target / partial_name(), target / ".photos.partial"
    link.symlink_to(tmp_path)
    download.mkdir()  # of another program
    with partial_folder(target) as other:
        unpack_bundle(bundle, target)
        assert sorted(target.iterdir()) == sorted([target / "small", link, download, other])
    assert bundle.exists()


def test_a_bundle_of_a_later_format_says_which_hpo_made_it(bundle, tmp_path):
    with zipfile.ZipFile(bundle) as archive:
        about = {**json.loads(archive.read("bundle.json")), "format": 2, "hpo": "9.0"}
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("bundle.json", json.dumps(about))
    with pytest.raises(UserError, match=r"Received format 2\. Install the hpo that made it: 9\.0"):
        unpack_bundle(bundle, tmp_path / "elsewhere")


def test_python_makes_and_unpacks_bundles(study, studies, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = hpo.bundle("small", studies=studies)
    assert file == Path("small.hpo.zip")
    assert hpo.unbundle(file, name="again", studies=studies).best.value == 0.7


def test_a_study_of_a_server_with_files_in_an_object_store_goes_on_without_them(
    spec, add_trials, postgres_url, s3_url, tmp_path
):
    address = StudyAddress.named("small", tmp_path / "studies", postgres_url, f"{s3_url}/studies")
    with create_study(spec("search.trials=4"), address) as study:
        add_trials(study, 0.5, "running", "pruned")
        study.files.models.put(0, lambda path: path.write_bytes(b"model"))
        study.files.checkpoints(1, 1).save(Checkpoint(1, 0, {"a": np.arange(3)}, {}))
        _, manifest = write_bundle(address, tmp_path / "small.zip")
        before = [trial.to_json() for trial in study.trials()]
    assert manifest.waiting == 1
    assert set(manifest.files) == {
        "study.db", "artifacts/trial-0.keras", "checkpoints/trial-1/1-00001-0.json", "checkpoints/trial-1/1-00001-0.npz"
    }  # fmt: skip
    unpacked, _ = unpack_bundle(tmp_path / "small.zip", tmp_path / "elsewhere")
    with ActiveStudy(unpacked) as copy:
        assert [trial.to_json() for trial in copy.trials()] == [before[0], {**before[1], "state": "waiting"}, before[2]]
        assert copy.best.model_path.read_bytes() == b"model"
        assert copy.files.checkpoints(1, 2).latest().epoch == 1
    with pytest.raises(StudyConflictError, match=r"Received one of that name in postgresql"):
        unpack_bundle(tmp_path / "small.zip", tmp_path / "new", None, address.storage, f"{s3_url}/studies")
    open_place(address).remove()
    assert study.files.usage()["models"] == study.files.usage()["checkpoints"] == 0
    back, _ = unpack_bundle(tmp_path / "small.zip", tmp_path / "new", "back", address.storage, f"{s3_url}/studies")
    with ActiveStudy(back) as copy:
        assert [trial.to_json() for trial in copy.trials()] == [before[0], {**before[1], "state": "waiting"}, before[2]]
        assert copy.best.model_path.read_bytes() == b"model"
        trial = OptunaSearch(copy, "host:1").ask(4)
        assert copy.files.checkpoints(trial.number, trial.attempt).latest().epoch == 1
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["back"]
    assert open_place(back).names() == ["back"]
