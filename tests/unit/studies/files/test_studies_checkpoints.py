"""Checkpoints: what is kept, what is removed, and what a torn one leads to."""

from __future__ import annotations

import hashlib
import json
import logging
import zipfile

import ml_dtypes
import numpy as np
import pytest
from upath import UPath

from hpo.studies import Checkpoint, StudyFiles
from hpo.studies.files.checkpoints import checkpoint_numbers


@pytest.fixture(params=["folder", "memory"])
def files(request, tmp_path):
    """Files of a study in a folder, and behind a URL."""
    return StudyFiles(tmp_path, None if request.param == "folder" else UPath(f"memory:/{tmp_path}"))


def at(epoch: int, step: int = 0) -> Checkpoint:
    """A checkpoint that tells its own moment."""
    return Checkpoint(epoch, step, {"weights/0": np.full((2, 3), epoch, "float32")}, {"history": [epoch, None]})


def epochs(files: StudyFiles) -> list[str]:
    return [
        name.removeprefix("trial-3/").removesuffix(".npz") for name in files.checkpoint_store.sizes() if "npz" in name
    ]


def tear(files: StudyFiles, name: str) -> None:
    data = files.checkpoint_store.read(name)
    files.checkpoint_store.put_bytes(name, data[: len(data) // 2])


def test_every_array_comes_back_as_it_was(files):
    arrays = {
        "file": np.asarray(0.1),
        "a/b": np.asfortranarray(np.arange(6, dtype="int64").reshape(2, 3)),
        "empty": np.zeros((0, 2), bool),
        "half": np.asarray([1.5, -2], ml_dtypes.bfloat16),
    }
    files.checkpoints(3, 1).save(Checkpoint(2, 7, arrays, {"rate": 0.1, "nothing": None}))
    checkpoint = files.checkpoints(3, 2).latest()
    assert (checkpoint.epoch, checkpoint.step, checkpoint.about) == (2, 7, {"rate": 0.1, "nothing": None})
    assert list(checkpoint.arrays) == list(arrays)
    for name, array in arrays.items():
        assert checkpoint.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(checkpoint.arrays[name], array)


def test_the_last_two_of_an_attempt_are_kept_and_those_of_earlier_ones_until_then(files):
    assert files.checkpoints(3, 1).latest() is None
    first = files.checkpoints(3, 1)
    for epoch in (1, 2, 3):
        first.save(at(epoch))
    first.save(at(3, 5))
    assert epochs(files) == ["1-00003-0", "1-00003-5"]
    second = files.checkpoints(3, 2)
    assert (second.latest().epoch, second.latest().step) == (3, 5)
    second.save(at(4))
    assert epochs(files) == ["1-00003-0", "1-00003-5", "2-00004-0"]
    second.save(at(5))
    assert epochs(files) == ["2-00004-0", "2-00005-0"]


def test_a_late_worker_writes_beside_its_successor_which_does_not_read_it(files):
    late, successor = files.checkpoints(3, 1), files.checkpoints(3, 2)
    late.save(at(1))
    successor.save(at(2))
    late.save(at(9))
    assert files.checkpoints(3, 2).latest().epoch == 2
    assert late.latest().epoch == 9


@pytest.mark.parametrize("torn", ["trial-3/1-00002-0.npz", "trial-3/1-00002-0.json"])
def test_of_a_torn_checkpoint_the_one_before_is_used_and_the_log_says_so(files, torn, caplog):
    checkpoints = files.checkpoints(3, 1)
    checkpoints.save(at(1))
    checkpoints.save(at(2))
    tear(files, torn)
    with caplog.at_level(logging.WARNING, "hpo.studies"):
        assert files.checkpoints(3, 2).latest().epoch == 1
    assert "trial 3: its checkpoint after epoch 2 " in caplog.text
    tear(files, "trial-3/1-00001-0.npz")
    assert files.checkpoints(3, 2).latest() is None


def test_arrays_without_a_marker_are_no_checkpoint(files):
    files.checkpoints(3, 1).save(at(1))
    files.checkpoint_store.remove("trial-3/1-00001-0.json")
    assert files.checkpoints(3, 2).latest() is None


FROZEN = {f"model/{index}": np.random.default_rng(index).random((64, 64, 4)) for index in range(4)}
HELD = sum(array.nbytes for array in FROZEN.values())


def partly_frozen(epoch: int, frozen=FROZEN, head: float | None = None) -> Checkpoint:
    """A checkpoint whose arrays are the same at every epoch, but for its head: and as they were at the best epoch."""
    arrays = frozen | {"model/head": np.full((3, 3000), epoch if head is None else head)}
    return Checkpoint(epoch, 0, arrays | {name.replace("model", "best"): array for name, array in arrays.items()}, {})


def assert_equal(checkpoint: Checkpoint, expected: Checkpoint) -> None:
    assert checkpoint.epoch == expected.epoch
    assert list(checkpoint.arrays) == list(expected.arrays)
    for name, array in expected.arrays.items():
        np.testing.assert_array_equal(checkpoint.arrays[name], array)


def test_what_stays_as_it_was_is_written_once_and_comes_back_from_each_checkpoint(files):
    checkpoints = files.checkpoints(3, 1)
    for epoch in range(1, 6):
        checkpoints.save(partly_frozen(epoch))
        assert_equal(files.checkpoints(3, 2).latest(), partly_frozen(epoch))
        sizes = files.checkpoint_store.sizes()
        assert HELD < sum(sizes.values()) < 1.5 * HELD
    assert epochs(files) == ["1-00001-0", "1-00004-0", "1-00005-0"]
    tear(files, "trial-3/1-00005-0.npz")
    assert_equal(files.checkpoints(3, 2).latest(), partly_frozen(4))
    tear(files, "trial-3/1-00001-0.npz")  # which holds what the others leave out
    assert files.checkpoints(3, 2).latest() is None


def test_an_array_is_digested_once_for_as_long_as_it_lives(files, monkeypatch):
    from hpo.studies.files import array_file

    digest, digested = array_file.digest_array, []
    monkeypatch.setattr(array_file, "digest_array", lambda array: digested.append(array.size) or digest(array))
    checkpoints, frozen = files.checkpoints(3, 1), np.arange(100.0)
    for epoch in range(1, 4):
        arrays = {"frozen": frozen, "at its best": frozen, "trained": np.full(2, epoch)}
        checkpoints.save(Checkpoint(epoch, 0, arrays, {}))
        assert_equal(files.checkpoints(3, 2).latest(), Checkpoint(epoch, 0, arrays, {}))
    digested.clear()
    for epoch in range(4, 60):  # one gets the address of one before, sooner or later
        checkpoints.save(Checkpoint(epoch, 0, {"frozen": frozen, "trained": np.full(2, epoch)}, {}))
    assert digested == [2] * 56
    np.testing.assert_array_equal(files.checkpoints(3, 2).latest().arrays["trained"], [59, 59])


def test_a_scalar_is_kept_as_an_array_without_axes(files):
    checkpoints = files.checkpoints(3, 1)
    for epoch in (1, 2):
        checkpoints.save(Checkpoint(epoch, 0, {"mean": np.float32(epoch), "count": np.asarray(4) // 2}, {}))
        assert_equal(
            files.checkpoints(3, 2).latest(), Checkpoint(epoch, 0, {"mean": np.float32(epoch), "count": 2}, {})
        )


def test_a_file_that_nothing_refers_to_any_more_is_removed(files):
    checkpoints = files.checkpoints(3, 1)
    thawed = {name: array + 1 for name, array in FROZEN.items()}
    for checkpoint in (partly_frozen(1), partly_frozen(2), partly_frozen(3, thawed), partly_frozen(4, thawed)):
        checkpoints.save(checkpoint)
        assert_equal(files.checkpoints(3, 2).latest(), checkpoint)
    assert epochs(files) == ["1-00003-0", "1-00004-0"]
    successor = files.checkpoints(3, 2)
    for epoch in (5, 6):
        successor.save(partly_frozen(epoch))
    successor.save(partly_frozen(7))
    assert epochs(files) == ["2-00005-0", "2-00006-0", "2-00007-0"]
    files.checkpoints(3, 3).remove()
    assert files.checkpoint_store.sizes() == {}


def test_a_file_is_not_kept_for_a_small_part_of_it(files):
    checkpoints = files.checkpoints(3, 1)
    for epoch in range(1, 5):
        moving = {name: array + epoch for name, array in FROZEN.items()}
        checkpoints.save(partly_frozen(epoch, moving, head=0.0))
    assert epochs(files) == ["1-00003-0", "1-00004-0"]


def rewrite_marker(files: StudyFiles, name: str, change) -> None:
    marker = json.loads(files.checkpoint_store.read(f"{name}.json"))
    change(marker)
    files.checkpoint_store.put_bytes(f"{name}.json", json.dumps(marker).encode())


def add_digest_of_file(files: StudyFiles, marker: dict) -> None:
    """Have a marker tell the digests of files and not of arrays, as those of an earlier version do."""
    for name, measures in marker["files"].items():
        measures["sha256"] = hashlib.sha256(files.checkpoint_store.read(f"trial-3/{name}.npz")).hexdigest()
    marker["arrays"] = {array: place[:2] for array, place in marker["arrays"].items()}


def test_markers_of_earlier_versions_are_read_and_what_is_torn_shows(files):
    def keep_measures_of_file(marker: dict) -> None:  # as those did that wrote all arrays each time
        del marker["arrays"]
        (measures,) = marker.pop("files").values()
        marker |= measures

    files.checkpoints(3, 1).save(at(1))
    rewrite_marker(files, "trial-3/1-00001-0", lambda marker: add_digest_of_file(files, marker))
    assert_equal(files.checkpoints(3, 2).latest(), at(1))
    rewrite_marker(files, "trial-3/1-00001-0", keep_measures_of_file)
    assert_equal(files.checkpoints(3, 2).latest(), at(1))
    data = bytearray(files.checkpoint_store.read("trial-3/1-00001-0.npz"))
    data[-1] ^= 1
    files.checkpoint_store.put_bytes("trial-3/1-00001-0.npz", bytes(data))
    assert files.checkpoints(3, 2).latest() is None


def test_a_marker_that_leads_elsewhere_or_leaves_digests_out_is_not_followed(files):
    def lead_elsewhere(marker: dict) -> None:
        elsewhere = "../trial-4/1-00001-0"
        marker["files"] = {elsewhere: next(iter(marker["files"].values()))}
        marker["arrays"] = {array: [elsewhere, *place[1:]] for array, place in marker["arrays"].items()}

    def leave_out(marker: dict) -> None:
        marker["arrays"] = {array: place[:2] for array, place in marker["arrays"].items()}

    for change in (lead_elsewhere, leave_out):
        for number in (3, 4):
            files.checkpoints(number, 1).save(at(1))
        assert_equal(files.checkpoints(3, 2).latest(), at(1))
        rewrite_marker(files, "trial-3/1-00001-0", change)
        assert files.checkpoints(3, 2).latest() is None


def test_each_array_is_held_against_its_digest(files, caplog):
    files.checkpoints(3, 1).save(at(1))
    other = files.checkpoints(4, 1)
    other.save(at(2))
    files.checkpoint_store.put_bytes("trial-3/1-00001-0.npz", files.checkpoint_store.read("trial-4/1-00002-0.npz"))
    assert files.checkpoints(3, 2).latest() is None
    assert "the digest of weights/0 is another than was noted" in caplog.text


@pytest.mark.parametrize("size", [1, 3000], ids=["small", "larger than what is read at once"])
def test_whatever_bit_of_a_file_is_changed_its_arrays_are_right_or_the_checkpoint_before_is_used(tmp_path, size):
    files = StudyFiles(tmp_path)
    checkpoints = files.checkpoints(3, 1)
    saved = {epoch: Checkpoint(epoch, 0, {"a": np.full(size, epoch)}, {}) for epoch in (1, 2)}
    for checkpoint in saved.values():
        checkpoints.save(checkpoint)
    path = tmp_path / "checkpoints" / "trial-3" / "1-00002-0.npz"
    whole, used = path.read_bytes(), set()
    for place in (*range(200), *range(8 * size + 200, len(whole))):  # all around the numbers
        for bit in range(0, 8, 1 if size > 1 else 3):
            changed = bytearray(whole)
            changed[place] ^= 1 << bit
            path.write_bytes(changed)
            found = files.checkpoints(3, 2).latest()
            assert_equal(found, saved[found.epoch])
            used.add(found.epoch)
    assert used == {1, 2}  # of some fields nothing is read


def test_objects_are_neither_written_nor_read(files, tmp_path):
    with pytest.raises(ValueError, match="Object arrays"):
        files.checkpoints(3, 1).save(Checkpoint(1, 0, {"a": np.asarray([{}])}, {}))
    assert files.checkpoint_store.sizes() == {}


def test_a_compressed_file_is_passed_over_even_with_the_right_digest(files, tmp_path):
    files.checkpoints(3, 1).save(at(1))
    packed = tmp_path / "packed"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", b"0" * 1000)
    digest = {"size": packed.stat().st_size, "sha256": hashlib.sha256(packed.read_bytes()).hexdigest()}
    files.checkpoint_store.put_bytes("trial-3/1-00001-0.npz", packed.read_bytes())
    rewrite_marker(files, "trial-3/1-00001-0", lambda marker: marker["files"].update({"1-00001-0": digest}))
    assert files.checkpoints(3, 1).latest() is None


def test_removing_a_trials_checkpoints_leaves_those_of_others(files, tmp_path):
    for number, attempt in ((3, 1), (3, 2), (30, 1)):
        files.checkpoints(number, attempt).save(at(1))
    assert checkpoint_numbers(files.checkpoint_store) == [3, 30]
    files.checkpoints(3, 2).remove()
    assert checkpoint_numbers(files.checkpoint_store) == [30]
    assert not (tmp_path / "checkpoints" / "trial-3").exists()
