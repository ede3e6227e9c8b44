"""`hpo datasets`: what there is, and what is in one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from e2e_command import Hpo
from PIL import Image


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Forty noisy cats and dogs."""
    for label, name in enumerate(("cat", "dog")):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(20):
            pixels = np.random.default_rng(100 * label + number).integers(0, 256, (8, 8, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / f"pets/{name}/{number}.png")
    return tmp_path / "pets"


def size_of(picture: Path) -> tuple[int, int]:
    with Image.open(picture) as opened:
        return opened.size


def test_data_sets_are_listed_and_one_is_described(hpo: Hpo):
    listed = hpo("datasets", "--json")
    assert {"cifar100", "digits", "folder", "mnist", "npz"} <= {each["name"] for each in json.loads(listed.stdout)}
    described = hpo("datasets", "cifar100")
    assert "coarse" in described.stdout
    unknown = hpo("datasets", "cifar1000")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "Did you mean 'cifar100'?" in unknown.stderr


def test_a_folder_is_inspected_and_drawn_beside_the_terminal(hpo: Hpo, pets: Path, tmp_path: Path):
    shown = hpo("datasets", "inspect", "pets")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "images     40 images, " in shown.stdout
    assert "size       8 x 8, all of them" in shown.stdout
    assert "problems   none" in shown.stdout
    assert "picture    pets-samples.png, 40 images to train on" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80
    assert size_of(tmp_path / "pets-samples.png") == (1048, 36 + 8 + 4 * 130)


def test_what_a_run_would_refuse_ends_with_status_1_and_names_the_files(hpo: Hpo, pets: Path, tmp_path: Path):
    (pets / "dog/broken.png").write_bytes(b"")
    shown = hpo("datasets", "inspect", "pets", "--no-picture")
    assert shown.returncode == 1
    assert "refused    cannot be decoded: 1 file. Repair or remove them" in shown.stdout
    assert "- dog/broken.png: an empty file" in shown.stdout
    assert not list(tmp_path.glob("*.png"))
    skipped = hpo("datasets", "inspect", "pets", "--no-picture", "--set", "data.damaged=skip")
    assert skipped.returncode == 0


def test_json_has_all_of_it(hpo: Hpo, pets: Path, tmp_path: Path):
    (pets / ".hidden").write_bytes(b"")
    shown = hpo("datasets", "inspect", "pets", "--json", "--picture", "drawn.png")
    found = json.loads(shown.stdout)
    assert found["parts"] == {"train": [20, 20]}
    assert found["remarks"][0]["items"] == [".hidden"]
    assert (found["is_refused"], found["picture"]) == (False, "drawn.png")
    assert (tmp_path / "drawn.png").is_file()


@pytest.mark.engine
def test_a_space_s_data_is_drawn_before_and_after_its_augmentation(hpo: Hpo, pets: Path, tmp_path: Path):
    (tmp_path / "own.yaml").write_text(
        "data: {dataset: folder, path: pets, normalization: standardize, augmentation: {crop: {int: [0, 3]}}}\n"
        "model: simple_cnn\n"
    )
    shown = hpo("datasets", "inspect", "own.yaml")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "before and after augmentation (crop 3)" in " ".join(shown.stdout.split())
    assert "normalized standardize: mean 0 and deviation 1, pixels from -1." in shown.stdout
    with Image.open(tmp_path / "own-samples.png") as opened:
        picture = np.asarray(opened.convert("L"))
    left, right = picture[36:, :1048], picture[36:, 1048 + 40 :]
    assert left.shape == right.shape
    assert (right == 0).sum() > (left == 0).sum() + 10_000, "black is what is cut in from outside"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "it is a folder, a file, or the name of a data set. Received 'nowhere'"),
        (["digit"], "Did you mean 'digits'?"),
        (["nowhere.yaml"], "nowhere.yaml"),
        (["digits", "--augment", "{rotatio: 20}"], "Did you mean 'rotation'?"),
        (["nowhere", "--picture", "nowhere/a.png"], "--picture: it is an image file that can be written"),
        (["nowhere", "--picture", "a.words"], "--picture: it is an image file that can be written"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_as_asked_ends_with_status_2(hpo: Hpo, arguments: list[str], message: str, tmp_path: Path):
    shown = hpo("datasets", "inspect", *arguments)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert message in shown.stderr
