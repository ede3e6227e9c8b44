"""Image files on disk, as users have them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from image_files import png_header, png_of_16_bits
from PIL import Image

Write = Callable[..., Path]

ORIENTATION = 0x0112


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


@pytest.fixture(scope="session")
def wild_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `train` and `test` that has every defect of folders in the wild; not to be changed.

    Of `train/cat`: eleven images of all modes and sizes, of which `copy.png` is `test/cat/copy.png` too. Of
    `train/dog`: four images. Damaged are the nine files that `WILD_DAMAGE` names; `train/emu` and `test/emu` are empty.
    """
    root = tmp_path_factory.mktemp("wild")
    cat, dog, test = root / "train/cat", root / "train/dog", root / "test"
    for folder in (cat / "nested", dog, root / "train/emu", test / "cat", test / "dog", test / "emu"):
        folder.mkdir(parents=True)
    _write_modes(cat)
    _write_damage(dog)
    for number in range(4):
        _noise(10 + number, (30 + number, 20)).save(dog / f"{number}.PNG")
    _noise(1, (9, 9)).save(cat / "copy.png")
    _noise(1, (9, 9)).save(test / "cat/copy.png")
    _noise(2, (12, 8)).save(test / "dog/1.jpg")
    for litter in (".DS_Store", "Thumbs.db", "._cat.jpg", "notes.txt"):
        (cat / litter).write_bytes(b"no image")
    (root / ".cache").mkdir()
    (root / "stray.png").write_bytes(b"no image")
    (cat / "round").symlink_to(root, target_is_directory=True)
    return root


WILD_DAMAGE = {
    "bomb.png": "decompression bomb",
    "corrupt.png": "broken",
    "deep.tif": "32 bits",
    "empty.png": "an empty file",
    "html.jpg": "no image that Pillow knows",
    "itself.png": "a link to itself.png, where there is no file",
    "gone.png": "a link to nowhere.png, where there is no file",
    "truncated.jpg": "truncated",
    "locked.png": "Input/output error",
}
"""The files of `train/dog` in `wild_folder` that cannot be read, and what is said of them."""


@pytest.fixture(scope="session")
def wild_damage() -> dict[str, str]:
    """See `WILD_DAMAGE`."""
    return WILD_DAMAGE


def _write_modes(folder: Path) -> None:
    image = _noise(0, (20, 16))
    image.convert("L").save(folder / "grey.png")
    image.convert("P").save(folder / "palette.gif")
    image.convert("RGBA").save(folder / "transparent.PNG")
    image.convert("CMYK").save(folder / "cmyk.JPG")
    Image.fromarray(np.linspace(0, 65535, 40 * 30).reshape(30, 40).astype(np.uint16)).save(folder / "deep.png")
    (folder / "deep_rgb.png").write_bytes(png_of_16_bits((3, 2), (0x1234, 0x80FF, 0xFFFF)))
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    image.save(folder / "rotated.jpeg", exif=exif)
    image.save(folder / "animated.gif", save_all=True, append_images=[_noise(3, (20, 16))])
    image.save(folder / "pages.tiff", save_all=True, append_images=[_noise(4, (20, 16))])
    image.save(folder / "nested/web.webp")


def _write_damage(folder: Path) -> None:
    (folder / "bomb.png").write_bytes(png_header(50_000, 50_000))
    sound = folder / "sound.jpg"
    _noise(5, (60, 60)).save(sound)
    (folder / "truncated.jpg").write_bytes(sound.read_bytes()[: sound.stat().st_size // 2])
    _noise(5, (60, 60)).save(folder / "corrupt.png")
    content = bytearray((folder / "corrupt.png").read_bytes())
    content[41:45] = b"\xff\xff\xff\xff"
    (folder / "corrupt.png").write_bytes(content)
    sound.unlink()
    Image.fromarray(np.ones((6, 6), np.float32)).save(folder / "deep.tif")
    (folder / "empty.png").write_bytes(b"")
    (folder / "html.jpg").write_text("<html>404</html>")
    (folder / "itself.png").symlink_to("itself.png")
    (folder / "gone.png").symlink_to("nowhere.png")
    (folder / "locked.png").symlink_to("/proc/self/mem")  # no process reads its first bytes, root's neither


def _noise(seed: int, size: tuple[int, int]) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), np.uint8))
