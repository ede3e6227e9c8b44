"""Checkpoints that trials share: found by their key, removed when there is no room or no use for them."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from upath import UPath

from hpo.studies import Checkpoint, StudyFiles
from hpo.studies.files.prefixes import PrefixFiles


@pytest.fixture(params=["folder", "memory"])
def files(request, tmp_path):
    """Files of a study in a folder, and behind a URL."""
    return StudyFiles(tmp_path, None if request.param == "folder" else UPath(f"memory:/{tmp_path}"))


def after(epoch: int) -> Checkpoint:
    return Checkpoint(epoch, 0, {"weights/0": np.full(1000, epoch, "float32")}, {"seconds": 1.5})


def test_a_checkpoint_is_found_by_its_key_with_the_number_of_its_trial(files):
    assert not files.prefixes.has("ab")
    assert files.prefixes.read("ab") is None
    files.prefixes.save("ab", 3, after(5))
    files.prefixes.save("ab", 4, after(5))  # there is one
    assert (files.prefixes.has("ab"), files.prefixes.has("a"), files.prefixes.has("cd")) == (True, False, False)
    number, checkpoint = files.prefixes.read("ab")
    assert (number, checkpoint.epoch, checkpoint.about) == (3, 5, {"seconds": 1.5})
    np.testing.assert_array_equal(checkpoint.arrays["weights/0"], after(5).arrays["weights/0"])


def test_one_that_is_not_whole_is_removed_and_the_log_says_so(files, caplog):
    caplog.set_level(logging.WARNING, "hpo.studies")
    files.prefixes.save("ab", 3, after(5))
    files.checkpoint_store.put_bytes("prefix-ab/3-00005.npz", b"torn")
    assert files.prefixes.read("ab") is None
    assert not files.prefixes.has("ab")
    assert "the epochs that trial 3 shares" in caplog.text
    files.prefixes.save("ab", 6, after(5))
    assert files.prefixes.read("ab")[0] == 6


def test_the_oldest_make_room_and_the_last_one_stays(files):
    store = files.checkpoint_store
    for number, key in enumerate(["aa", "bb", "cc"]):
        PrefixFiles(store, room=10_000).save(key, number, after(1))
    assert [key for key in ("aa", "bb", "cc") if files.prefixes.has(key)] == ["bb", "cc"]
    PrefixFiles(store, room=1).save("dd", 9, after(1))
    assert [key for key in ("bb", "cc", "dd") if files.prefixes.has(key)] == ["dd"]


def test_they_are_removed_without_the_checkpoints_of_trials(files):
    files.checkpoints(3, 1).save(after(2))
    files.prefixes.save("ab", 3, after(2))
    files.prefixes.remove()
    assert {name.partition("/")[0] for name in files.checkpoint_store.sizes()} == {"trial-3"}
