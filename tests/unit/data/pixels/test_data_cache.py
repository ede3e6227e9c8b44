"""Decoded images on disk: made once, shared, and never trusted blindly."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hpo.data.files import file_images, survey
from hpo.data.pixels import cache as cache_module
from hpo.data.pixels import sources
from hpo.data.pixels.cache import Cache
from hpo.data.pixels.resizing import Resizing
from hpo.data.pixels.sources import ResizedPixels
from hpo.data.sets.digits import Digits
from hpo.data.sets.folder import Folder

SHAPE = (4, 3, 3, 1)


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("HPO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one with every file that is decoded."""
    seen: list[int] = []
    for module in (survey, sources):
        original = module.open_image
        monkeypatch.setattr(
            module, "open_image", lambda *a, original=original, **k: seen.append(1) or original(*a, **k)
        )
    return seen


def filled(cache: Cache, key: str, value: int, shape: tuple[int, ...] = SHAPE) -> None:
    writer = cache.writer(key, shape)
    writer.append(np.full(shape, value, np.uint8))
    cache.adopt(key, writer)


def entries(root: Path) -> set[str]:
    return {path.stem for path in root.glob("images/*.npy")}


# What is kept


def test_files_are_decoded_once_and_then_mapped(two_classes: Path, decoded: list[int]):
    first = Folder(path=two_classes).load(0)
    assert len(decoded) == 20
    second = Folder(path=two_classes).load(0)
    assert len(decoded) == 20
    np.testing.assert_array_equal(first.train.images, second.train.images)
    assert first.fingerprint == second.fingerprint
    assert first.notes == second.notes


def test_another_size_is_decoded_anew_and_what_is_known_of_the_files_is_not(
    two_classes: Path, decoded: list[int], root
):
    for size in (5, 7):
        for _ in range(2):
            Folder(path=two_classes, image_size=size).load(0)
    assert len(decoded) == 40
    assert len(entries(root)) == 2


def test_a_copy_of_the_folder_shares_the_entry(two_classes: Path, tmp_path: Path, root: Path):
    Folder(path=two_classes).load(0)
    Folder(path=shutil.copytree(two_classes, tmp_path / "copy")).load(0)
    assert len(entries(root)) == 1


@pytest.mark.parametrize("options", [{"resize": "pad"}, {"resize": "crop"}, {"color": "grey"}, {"image_size": 5}])
def test_all_that_decides_pixels_decides_the_entry(two_classes: Path, options: dict[str, object], root: Path):
    Folder(path=two_classes, image_size=6).load(0)
    Folder(path=two_classes, **{"image_size": 6, **options}).load(0)
    assert len(entries(root)) == 2


def test_a_file_that_changed_is_read_again_even_with_its_old_size_and_time(two_classes: Path):
    before = Folder(path=two_classes).load(0)
    file = two_classes / "cat/0.png"
    status, size = file.stat(), file.stat().st_size
    Image.new("RGB", (6, 6), (200, 0, 0)).save(file)
    file.write_bytes(file.read_bytes().ljust(size, b"\0"))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    after = Folder(path=two_classes).load(0)
    assert after.fingerprint != before.fingerprint
    assert 200 in np.concatenate([after.train.images, after.test.images])


def test_arrays_that_are_resized_are_kept_too_and_others_are_not(root: Path):
    plain = Digits().load(0)
    assert entries(root) == set()
    Digits(image_size=12).load(0)
    result = entries(root)
    again = Digits(image_size=12).load(0)
    assert entries(root) == result
    assert len(result) == 2
    np.testing.assert_array_equal(again.train.labels, plain.train.labels)


@pytest.mark.parametrize("cache", ["auto", "memory", "disk", "stream"])
@pytest.mark.parametrize("options", [{}, {"image_size": 9, "resize": "crop"}, {"color": "grey"}])
def test_the_same_images_come_from_wherever_they_are_kept(wild_folder: Path, cache: str, options: dict[str, object]):
    common = {"path": wild_folder, "image_size": 8, "damaged": "skip", "empty_classes": "ignore"}
    expected = Folder(**{**common, **options, "cache": "memory"}).load(3)
    result = Folder(**{**common, **options, "cache": cache}).load(3)
    for name, part in expected.parts().items():
        np.testing.assert_array_equal(result.parts()[name].images, part.images)
        np.testing.assert_array_equal(result.parts()[name].labels, part.labels)
    assert result.fingerprint == expected.fingerprint


@pytest.mark.parametrize("cache", ["memory", "stream"])
def test_pixels_go_to_the_disk_only_where_the_file_says_so(two_classes: Path, cache: str, root: Path):
    Folder(path=two_classes, cache=cache).load(0)
    assert entries(root) == set()


def test_mapped_images_cannot_be_written_to(two_classes: Path):
    source: Any = Folder(path=two_classes).load(0).train._source
    with pytest.raises(ValueError, match="read-only"):
        source.array[0] = 0


# What goes wrong


@pytest.mark.parametrize("damage", ["cut off", "a bit", "zeros at the end", "no record", "half a record", "empty"])
def test_a_damaged_entry_is_noticed_and_made_again(two_classes: Path, damage: str, root: Path, decoded: list[int]):
    expected = Folder(path=two_classes).load(0).train.images.copy()
    (entry,) = root.glob("images/*.npy")
    record, content = entry.with_suffix(".json"), bytearray(entry.read_bytes())
    content[-100] ^= damage == "a bit"
    if damage == "zeros at the end":
        content[-300:] = bytes(300)
    entry.unlink()
    entry.write_bytes({"cut off": content[:-50], "empty": b""}.get(damage, content))
    if damage == "no record":
        record.unlink()
    elif damage == "half a record":
        record.write_text(record.read_text()[:8])
    np.testing.assert_array_equal(Folder(path=two_classes).load(0).train.images, expected)
    assert len(decoded) == 40
    Folder(path=two_classes).load(0)
    assert len(decoded) == 40


def test_damaged_knowledge_of_files_is_no_knowledge(two_classes: Path, root: Path):
    expected = Folder(path=two_classes).load(0).fingerprint
    (survey_file,) = root.glob("surveys/*.json")
    for text in ("", "{}", "[]", '{"fingerprint": "x", "records": [], "findings": {}}', survey_file.read_text()[:50]):
        survey_file.write_text(text)
        assert Folder(path=two_classes).load(0).fingerprint == expected


def test_a_cache_that_cannot_be_written_leaves_images_in_memory(two_classes: Path, root: Path, caplog):
    root.write_text("no folder")
    images = Folder(path=two_classes).load(0)
    assert images.train.images.shape == (16, 6, 6, 3)
    assert "images are kept in this worker's memory: " in caplog.text
    assert "cannot be written" in caplog.text


def test_what_is_too_large_for_memory_streams_then(root: Path, caplog):
    root.write_text("no folder")
    source = ResizedPixels(Digits().load(0).test, Resizing(9))
    assert sources.store_pixels(source, "key", "auto", memory_bytes=100) is source
    assert "images are decoded anew in every epoch: " in caplog.text


@pytest.mark.parametrize("when", ["while files are surveyed", "later"])
def test_a_disk_that_fills_up_leaves_images_in_memory_and_nothing_behind(
    two_classes: Path, when: str, root: Path, caplog, monkeypatch: pytest.MonkeyPatch
):
    def full(self, images):
        raise OSError(errno.ENOSPC, "No space left on device")

    if when == "later":
        Folder(path=two_classes, cache="stream").load(0)
    monkeypatch.setattr(cache_module.Writer, "append", full)
    assert len(Folder(path=two_classes).load(0).train) == 16
    assert "No space left on device" in caplog.text
    assert not list((root / "images").iterdir())


def test_the_cache_may_be_named_from_the_users_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HPO_CACHE", "~/images")
    assert Cache().root == tmp_path / "images"


def test_what_does_not_fit_into_the_cache_streams(two_classes: Path, monkeypatch: pytest.MonkeyPatch, caplog):
    monkeypatch.setenv("HPO_CACHE_GB", "1e-6")
    assert Folder(path=two_classes).load(0).train.is_slow
    assert "do not fit into the 0.001 MB of the cache (HPO_CACHE_GB)" in caplog.text


def test_sizes_that_differ_leave_no_half_entry_behind(images_folder: Path, write, root: Path):
    from hpo.errors import DataError

    for name, size in (("train/a/1.png", (6, 6)), ("train/b/1.png", (7, 7))):
        write(name, size=size)
    with pytest.raises(DataError, match="images have one size"):
        Folder(path=images_folder).load(0)
    assert not list((root / "images").iterdir())


# MemoryBudget


@pytest.fixture
def small(root: Path) -> Cache:
    """MemoryBudget for two entries."""
    header, images = 128, 36
    return Cache(root, limit=2 * (header + images) + 20)


def test_what_was_used_longest_ago_makes_budget(small: Cache, root: Path):
    filled(small, "a", 1)
    filled(small, "b", 2)
    for key, second in (("a", 100), ("b", 200)):
        os.utime(root / f"images/{key}.json", (second, second))
    assert small.pixels("a") is not None  # used now
    filled(small, "c", 3)
    assert entries(root) == {"a", "c"}


def test_features_and_images_share_what_the_cache_may_take(small: Cache, root: Path):
    features = Cache(root, small.limit, "features")
    filled(small, "a", 1)
    filled(small, "b", 2)
    os.utime(root / "images/a.json", (100, 100))
    with features.lock("f"):
        writer = features.writer("f", (2, 3), "float32")
        writer.append(np.ones((2, 3), np.float32))
        features.adopt("f", writer)
    assert entries(root) == {"b"}
    np.testing.assert_array_equal(features.array("f"), np.ones((2, 3), np.float32))
    assert features.array("b") is None


def test_who_waits_for_another_process_may_stop_waiting(small: Cache):
    def stop() -> None:
        raise KeyboardInterrupt

    with small.lock("a"), pytest.raises(KeyboardInterrupt), small.lock("a", while_waiting=stop):
        pass


def test_what_is_in_use_is_never_dropped(small: Cache, root: Path):
    filled(small, "a", 1)
    mapped = small.pixels("a")
    filled(small, "b", 2)
    os.utime(root / "images/a.json", (100, 100))
    filled(small, "c", 3)
    assert entries(root) == {"a", "c"}
    assert np.unique(mapped).tolist() == [1]
    del mapped
    os.utime(root / "images/a.json", (100, 100))
    filled(small, "d", 4)
    assert entries(root) == {"c", "d"}


def test_what_a_killed_process_left_is_swept_away(root: Path, two_classes: Path):
    left = root / "images/deadbeef.tmp"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half an entry")
    Folder(path=two_classes).load(0)
    assert not left.exists()


# Several processes

READ = """
import sys
from hpo.data.pixels import sources
from hpo.data.files import survey
from hpo.data.sets.folder import Folder
decoded = []
for module in (survey, sources):
    module.open_image = lambda *a, original=module.open_image, **k: decoded.append(1) or original(*a, **k)
print(flush=True)
sys.stdin.readline()
images = Folder(path=sys.argv[1], image_size=8).load(0)
print(len(decoded), images.fingerprint, int(images.train.images.sum()))
"""


def start_reading(folder: Path, code: str = READ) -> subprocess.Popen[str]:
    """A process that reads the images once it is told to; its first line says that it has begun."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    process.stdout.readline()
    return process


@pytest.mark.thorough
def test_of_processes_that_begin_together_one_decodes_and_the_other_waits(
    two_classes: Path, root: Path, decoded: list[int]
):
    other = start_reading(two_classes)
    other.stdin.write("go\n")
    other.stdin.flush()
    images = Folder(path=two_classes, image_size=8).load(0)
    its_count, *its_images = other.communicate()[0].split()
    assert sorted((int(its_count), len(decoded))) == [0, 20]
    assert its_images == [images.fingerprint, str(images.train.images.sum())]
    assert len(entries(root)) == 1


@pytest.mark.thorough
def test_a_process_that_is_killed_while_it_decodes_is_no_obstacle(two_classes: Path, root: Path):
    stopped = "survey.open_image = lambda content: print(flush=True) or sys.stdin.read()"
    process = start_reading(two_classes, READ.replace("print(flush=True)\nsys.stdin.readline()", stopped))
    # Its line says that it decodes, and holds the lock.
    process.kill()
    process.communicate()
    assert len(Folder(path=two_classes, image_size=8).load(0).train) == 16
    assert len(entries(root)) == 1
    assert not list(root.glob("images/*.tmp"))


def test_files_of_the_survey_are_looked_up_by_their_stamps_alone(two_classes: Path, monkeypatch: pytest.MonkeyPatch):
    Folder(path=two_classes).load(0)
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail(f"{path} was read"))
    assert file_images.find_survey(Folder(path=two_classes).listing()) is not None
    assert len(Folder(path=two_classes).load(0).train) == 16
