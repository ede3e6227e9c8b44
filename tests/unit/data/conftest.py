"""Image files on disk, as users have them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

Write = Callable[..., Path]


@pytest.fixture
def images_folder(tmp_path: Path) -> Path:
    """Where the images of a test go."""
    folder = tmp_path / "images"
    folder.mkdir()
    return folder


@pytest.fixture
def write(images_folder: Path) -> Write:
    """Writes one image, by default 6 x 6 of one colour, at a path below the folder."""

    def write_image(name: str, colour: tuple[int, int, int] = (10, 20, 30), size: tuple[int, int] = (6, 6)) -> Path:
        path = images_folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, colour).save(path)
        return path

    return write_image


@pytest.fixture
def two_classes(images_folder: Path, write: Write) -> Path:
    """Ten cats and ten dogs in class folders; each image is of another colour."""
    for number in range(10):
        write(f"cat/{number}.png", (number, 0, 0))
        write(f"dog/{number}.png", (0, number, 0))
    return images_folder
