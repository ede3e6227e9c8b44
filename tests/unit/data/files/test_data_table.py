"""A CSV table of files and labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hpo.data.sets.folder import Folder
from hpo.errors import DataError

NAMES = [f"{letter}{number}.png" for letter in "ab" for number in range(6)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve images in one folder, each of another grey."""
    (tmp_path / "img").mkdir()
    for grey, name in enumerate(NAMES):
        Image.new("L", (4, 4), grey).save(tmp_path / "img" / name)
    return tmp_path


def table(folder: Path, text: str | bytes) -> Folder:
    path = folder / "labels.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Folder(path=path)


def rows(*, separator: str = ",", parts: tuple[str, ...] | None = None) -> str:
    lines = []
    for number, name in enumerate(NAMES):
        fields = [f"img/{name}", name[0], *([parts[number % len(parts)]] if parts else [])]
        lines.append(separator.join(fields))
    return "\n".join(lines) + "\n"


def greys(part) -> set[int]:
    return set(np.unique(part.images).tolist())


@pytest.mark.parametrize("separator", [",", ";", "\t", ", "])
@pytest.mark.parametrize("header", ["", "file{0}label\n", "Image{0}Class\n", "was{0}immer\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte-order mark"])
def test_a_table_may_be_written_in_many_ways(folder: Path, separator: str, header: str, mark: bytes):
    text = header.format(separator) + rows(separator=separator)
    images = table(folder, mark + text.encode()).load(0)
    assert images.classes == ("a", "b")
    assert (len(images.train), len(images.test)) == (9, 3)
    assert greys(images.train) | greys(images.test) == set(range(12))


def test_a_third_column_says_what_is_in_which_part(folder: Path):
    images = table(folder, rows(parts=("train", "val", "TEST"))).load(0)
    assert {name: greys(part) for name, part in images.parts().items()} == {
        "train": {0, 3, 6, 9},
        "validation": {1, 4, 7, 10},
        "test": {2, 5, 8, 11},
    }
    assert images.train.labels.tolist() == [0, 0, 1, 1]


def test_columns_with_a_header_may_stand_in_any_order_among_others(folder: Path):
    lines = [f"{number},{name[0]},train,img/{name}" for number, name in enumerate(NAMES)]
    images = table(folder, "\n".join(["id,label,split,filename", *lines])).load(0)
    assert (images.classes, len(images.train), images.test) == (("a", "b"), 12, None)


def test_labels_that_are_numbers_are_in_the_order_of_their_values(folder: Path):
    lines = [f"img/{name},{10 if name[0] == 'a' else 9}" for name in NAMES]
    assert table(folder, "\n".join(lines)).load(0).classes == ("9", "10")


@pytest.mark.parametrize("written", [("1.0", "0.0"), ("1e0", "0"), ("1", "0.0")])
def test_whole_numbers_that_are_written_as_floats_are_whole(folder: Path, written: tuple[str, str]):
    lines = [f"img/{name},{written[name[0] == 'a']}" for name in NAMES]
    images = table(folder, "\n".join(["file,label", *lines])).load(0)
    assert images.classes == ("0", "1")
    assert greys(images.train) | greys(images.test) == set(range(12))


def test_numbers_among_other_labels_stay_as_they_are_written(folder: Path):
    lines = [f"img/{name},{'1.0' if name[0] == 'a' else '0.5'}" for name in NAMES]
    assert table(folder, "\n".join(lines)).load(0).classes == ("0.5", "1.0")


def test_files_may_be_quoted_nested_or_written_on_windows(folder: Path):
    (folder / "img/a0.png").rename(folder / "img/a, 0.png")
    text = rows().replace("img/a0.png", '"img/a, 0.png"').replace("img/b1.png", "img\\b1.png").replace("\n", "\r\n\r\n")
    assert len(table(folder, text).load(0).train) == 9


def test_the_fingerprint_has_labels_and_parts_in_it(folder: Path):
    texts = [rows(), rows().replace("b5.png,b", "b5.png,a"), rows(parts=("train",)), rows(parts=("train", "test"))]
    prints = [table(folder, text).load(0).fingerprint for text in texts]
    assert len(set(prints)) == 4
    assert table(folder, "file;label\n" + rows(separator=";")).load(0).fingerprint == prints[0]


def test_its_outline_is_that_of_what_is_loaded(folder: Path):
    dataset = table(folder, rows(parts=("train", "train", "val")))
    outline, images = dataset.outline(0), dataset.load(0)
    assert (outline.shape, outline.train_images, outline.validation_images) == (
        images.train.shape,
        len(images.train),
        len(images.validation),
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text + "img/a0.png,a\n", r"labels\.csv:13: a file stands in one line.*is in line 1 too"),
        (lambda text: text + "img/../img/a0.png,a\n", r"labels\.csv:13: a file stands in one line"),
        (lambda text: text + "img/c.png\n", r"labels\.csv:13: a line has a file, a label\. Received \['img/c\.png'\]"),
        (lambda text: text + "img/c.png,\n", r"labels\.csv:13: a line has a file and a label"),
        (lambda text: text + "img/c.png,a\n", r"1 that cannot.*\n.*img/c\.png: line 13 of labels\.csv: there is no"),
        (
            lambda text: text.replace(",b", ",a"),
            r"labels\.csv: a table lists images of two classes or more\. Received 1",
        ),
        (lambda text: "", r"labels\.csv: a table lists files and their labels\. Received an empty one"),
        (lambda text: "file,label\n", r"labels\.csv: a table lists images of two classes or more\. Received 0"),
        (lambda text: text.encode("utf-16"), r"labels\.csv: a table of files and labels is CSV text in UTF-8"),
        (lambda text: text.replace("img/a", "a").replace("img/b", "b"), r"Received none of them"),
    ],
)
def test_what_a_table_says_wrongly_is_named_with_its_line(folder: Path, change, message: str):
    for read in (Folder.load, Folder.outline):
        with pytest.raises(DataError, match=message):
            read(table(folder, change(rows())), 0)


def test_a_part_that_there_is_not_is_named(folder: Path):
    with pytest.raises(DataError, match=r"labels\.csv:2: a part is train, validation or test\. Received 'dev'"):
        table(folder, rows(parts=("train", "dev"))).load(0)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("", r"the third column says the part: .*Received 31, 47\. Begin with a header, file,label,"),
        (
            "photo,diagnosis,age\n",
            r"Received the header photo,diagnosis,age, and 31, 47 below age\. Call the first two",
        ),
        ("file,label,split\n", r"the column split says the part: train, validation or test\. Received 31, 47"),
    ],
)
def test_a_column_that_says_no_part_is_told_once_with_the_header(folder: Path, header: str, message: str):
    with pytest.raises(DataError, match=rf"labels\.csv:1: .*{message}") as caught:
        table(folder, header + rows(parts=("31", "47"))).load(0)
    assert len(str(caught.value).splitlines()) == 1


def test_a_further_column_with_a_header_is_passed_over(folder: Path):
    assert len(table(folder, "file,label,age\n" + rows(parts=("31", "47"))).load(0).train) == 9


def test_a_class_that_is_not_trained_on_is_named(folder: Path):
    text = "\n".join(f"img/{name},{name[0]},{'train' if name[0] == 'a' else 'test'}" for name in NAMES)
    with pytest.raises(
        DataError, match=r"a class has images to train on\. Received none of b \(\d+ in the test part\)"
    ):
        table(folder, text).load(0)


def test_missing_files_can_be_skipped(folder: Path):
    dataset = table(folder, rows() + "img/gone.png,a\n").model_copy(update={"damaged": "skip"})
    images = dataset.load(0)
    assert len(images.train) + len(images.test) == 12
    assert images.notes == (
        "files that cannot be decoded are left out, 1 in all: "
        "img/gone.png (line 13 of labels.csv: there is no such file)",
    )


def test_copies_are_named_by_their_files_as_the_table_has_them(folder: Path):
    (folder / "img/a0.png").write_bytes((folder / "img/b0.png").read_bytes())
    (note,) = table(folder, rows()).load(0).notes
    assert "img/b0.png (the same pixels as img/a0.png, in another class)" in note
