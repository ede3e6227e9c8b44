"""Files of which nobody has to know the class."""

from __future__ import annotations

import pytest

from hpo.data import ImageFile, list_images, list_table_images
from hpo.errors import DataError


def test_a_folder_gives_its_images_at_any_depth_in_their_order(two_classes, write):
    write("cat/nested/deep/1.jpg")
    write("stray.png")
    (two_classes / "notes.txt").write_text("none")
    (two_classes / ".hidden").mkdir()
    write(".hidden/1.png")
    (two_classes / "cat/round").symlink_to(two_classes, target_is_directory=True)
    listed = [path.relative_to(two_classes).as_posix() for path in list_images(two_classes)]
    assert listed == sorted(listed)
    assert len(listed) == 22
    with pytest.raises(DataError, match="folders of images can be listed"):
        list(list_images(two_classes / "none"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.png\nb/c.jpg\n", [("a.png", None), ("b/c.jpg", None)]),
        ("a.png,cat\nb.png,dog\n", [("a.png", "cat"), ("b.png", "dog")]),
        ("path\na.png\n\nb.png\n", [("a.png", None), ("b.png", None)]),
        ("label;width;Filename\ncat;3;a.png\n;4;b.png\n", [("a.png", "cat"), ("b.png", None)]),
        ("anything,other\na.png,3\nshort\n", [("a.png", None), ("short", None)]),
        ("\ufeffimage\tclass\nb\\a.png\tcat\n", [("b/a.png", "cat")]),
    ],
)
def test_a_table_gives_its_column_of_files_and_that_of_classes(tmp_path, text, expected):
    (tmp_path / "b").mkdir()
    table = tmp_path / "images.csv"
    table.write_text(text, encoding="utf-8")
    assert list_table_images(table) == [ImageFile(tmp_path / name, label) for name, label in expected]


@pytest.mark.parametrize(("content", "text"), [(b"", "an empty one"), (b"path\n", "none below its header path"),
                                               (b"\xff\xfe", "CSV text in UTF-8")])  # fmt: skip
def test_a_table_without_files_is_refused(tmp_path, content, text):
    (tmp_path / "images.csv").write_bytes(content)
    with pytest.raises(DataError, match=text):
        list_table_images(tmp_path / "images.csv")
