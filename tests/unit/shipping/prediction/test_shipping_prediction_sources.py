"""Which images are meant."""

from __future__ import annotations

import os

import pytest
from PIL import Image

from hpo.errors import UserError
from hpo.shipping.prediction import find_images


@pytest.fixture
def photos(tmp_path):
    for name in ("photos/a.png", "photos/b/c.jpg", "photos/b/d.png", "without_ending"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(tmp_path / name, format="PNG")
    (tmp_path / "photos/notes.txt").write_text("none")
    (tmp_path / "table.csv").write_text("path,label\nphotos/a.png,cat\ngone.png,dog\n")
    return tmp_path


def names(photos, *sources):
    return [image.path.relative_to(photos).as_posix() for image in find_images(photos / source for source in sources)]


def test_files_folders_patterns_and_tables_are_image_files(photos):
    assert names(photos, "photos") == ["photos/a.png", "photos/b/c.jpg", "photos/b/d.png"]
    assert names(photos, "photos/**/*.png") == ["photos/a.png", "photos/b/d.png"]
    assert names(photos, "photos/notes.txt", "without_ending") == ["photos/notes.txt", "without_ending"]
    assert names(photos, "table.csv") == ["photos/a.png", "gone.png"]
    assert [image.label for image in find_images([photos / "table.csv"])] == ["cat", "dog"]
    assert names(photos, "photos/b/d.png", "photos") == ["photos/b/d.png", "photos/a.png", "photos/b/c.jpg"]


def test_a_source_that_leads_nowhere_is_named(photos):
    (photos / "empty").mkdir()
    os.mkfifo(photos / "empty/pipe.png")  # which is no image file, and would be read for ever
    (photos / "header.csv").write_text("path,label\n")
    for source, text in {
        "empty": "empty: a folder of images has image files in it",
        "header.csv": "header.csv: a table lists files. Received none below its header",
        "none/*.png": r"\*.png: a pattern matches image files. Received one that matches none",
        "none.png": "none.png: it is an image file, a folder, a pattern, or a CSV table of paths. Received a path",
        "none.csv": "none.csv: it is an image file, .* where nothing is",
    }.items():
        with pytest.raises(UserError, match=text):
            find_images([photos / "photos", photos / source])
