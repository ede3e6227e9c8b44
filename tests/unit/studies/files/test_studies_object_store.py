"""Models and checkpoints in an object store, by its real protocol: seen by all, and never half there."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from s3_server import Line
from upath import UPath

from hpo.errors import StorageError, UserError
from hpo.studies import Checkpoint, StudyFiles
from hpo.studies.files.file_store import FileStore, open_files


@pytest.fixture
def files(s3_url, tmp_path):
    """Files of a study in an object store."""
    return StudyFiles(tmp_path, open_files(f"{s3_url}/studies/small"))


@pytest.fixture
def line(s3_port):
    """A line to the server that can be cut."""
    line = Line(s3_port)
    yield line
    line.close()


@pytest.fixture
def distant(line, s3_url):
    """A store at the other end of that line."""
    options = {"use_listings_cache": False, "endpoint_url": line.url, "config_kwargs": {"retries": {"max_attempts": 0}}}
    return FileStore(UPath(f"{s3_url}/studies", **options), patience=20)


def at(epoch: int) -> Checkpoint:
    return Checkpoint(epoch, 0, {"a": np.arange(epoch)}, {})


def run_elsewhere(files: StudyFiles, code: str) -> str:
    """Run code in another process, with these files as `files`."""
    head = (
        "import os, sys, signal, numpy as np; from pathlib import Path\n"
        "from hpo.studies import Checkpoint, StudyFiles\nfrom hpo.studies.files.file_store import open_files\n"
        f"files = StudyFiles(Path({str(files.path)!r}), open_files({str(files.root)!r}))\n"
    )
    result = subprocess.run([sys.executable, "-c", head + code], capture_output=True, text=True, check=False)
    assert not result.stderr, result.stderr
    return result.stdout


def test_what_one_process_keeps_and_removes_another_sees_at_once(files):
    assert files.models.numbers() == []
    assert files.checkpoints(1, 1).latest() is None
    run_elsewhere(
        files,
        "files.models.put(3, lambda path: path.write_bytes(b'model'))\n"
        "files.checkpoints(1, 1).save(Checkpoint(4, 0, {'a': np.arange(4)}, {'rate': 0.5}))",
    )
    assert files.models.numbers() == [3]
    assert files.models.find(3).read_bytes() == b"model"
    checkpoint = files.checkpoints(1, 2).latest()
    assert (checkpoint.epoch, checkpoint.about, list(checkpoint.arrays["a"])) == (4, {"rate": 0.5}, [0, 1, 2, 3])
    run_elsewhere(files, "files.models.remove(3); files.checkpoints(1, 1).remove()")
    assert files.models.find(3) is None
    assert files.models.numbers() == []
    assert files.checkpoints(1, 2).latest() is None


def test_two_attempts_write_beside_each_other_and_the_later_one_is_not_disturbed(files):
    late, successor = files.checkpoints(1, 1), files.checkpoints(1, 2)
    late.save(at(1))
    assert successor.latest().epoch == 1
    successor.save(at(2))
    late.save(at(7))
    successor.save(at(3))
    late.save(at(8))
    assert files.checkpoints(1, 3).latest().epoch == 3


def test_a_writer_that_is_killed_between_bytes_and_marker_leaves_the_checkpoint_before(files):
    files.checkpoints(1, 1).save(at(1))
    run_elsewhere(
        files,
        "from hpo.studies.files.file_store import FileStore\n"
        "FileStore.put_bytes = lambda *args: os.kill(os.getpid(), signal.SIGKILL)\n"
        "files.checkpoints(1, 1).save(Checkpoint(2, 0, {'a': np.arange(4)}, {}))",
    )
    names = set(files.checkpoint_store.sizes())
    assert "trial-1/1-00002-0.npz" in names
    assert "trial-1/1-00002-0.json" not in names
    assert files.checkpoints(1, 2).latest().epoch == 1
    files.checkpoints(1, 2).remove()
    assert files.checkpoint_store.sizes() == {}


def test_an_upload_that_is_torn_leaves_nothing_and_is_made_again(distant, line):
    line.budget = 300_000
    with pytest.raises(StorageError, match="models and checkpoints are kept there"):
        replace(distant, patience=0).put_bytes("big", b"x" * 1_000_000)
    line.budget, line.is_up = None, True
    assert distant.sizes() == {}
    distant.put_bytes("big", b"x" * 1_000_000)
    assert distant.sizes() == {"big": 1_000_000}


def test_a_server_that_is_gone_for_a_moment_is_waited_for(distant, line):
    line.is_up = False

    def come_back():
        while not line.refused:
            time.sleep(0.05)
        line.is_up = True

    threading.Thread(target=come_back, daemon=True).start()
    distant.put_bytes("a", b"1")
    assert distant.read("a") == b"1"
    assert line.refused > 0


def test_a_server_that_does_not_come_back_is_an_error_that_names_it(distant, line):
    line.is_up = False
    with pytest.raises(StorageError) as caught:
        replace(distant, patience=0).put_bytes("a", b"1")
    message = str(caught.value)
    assert message.startswith(f"{distant.root}: models and checkpoints are kept there. Received: ")
    assert message.endswith(
        "Check that its server runs, and that the credentials in the environment are allowed to write there."
    )


def test_a_bucket_that_is_not_there_is_not_waited_for(s3_port):
    store = FileStore(open_files("s3://no-such-bucket/studies"))
    assert store.sizes() == {}
    assert not store.exists("a")
    with pytest.raises(StorageError, match="no-such-bucket/studies: models and checkpoints are kept there"):
        store.put_bytes("a", b"1")


def test_credentials_do_not_belong_into_a_url():
    for url in ("s3://key:hidden@bucket/a", "ftp://me:hidden@host/a", "https://host/a?token=hidden"):
        with pytest.raises(UserError, match="holds no password and no key") as caught:
            open_files(url)
        assert "hidden" not in str(caught.value)


def test_a_file_system_that_fsspec_does_not_have_is_refused():
    with pytest.raises(UserError, match="nosuch://"):
        open_files("nosuch://bucket/a")
