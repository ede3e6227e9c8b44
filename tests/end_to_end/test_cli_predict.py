"""`hpo predict`: the classes of image files."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from e2e_command import FinishedStudy
from PIL import Image

from hpo.data.sets.digits import Digits

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def test_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The test part of `digits` as files, in a folder a class."""
    root, part = tmp_path_factory.mktemp("digits"), Digits().load(0).test
    for number, (pixels, label) in enumerate(zip(part.images, part.labels, strict=True)):
        (root / str(label)).mkdir(exist_ok=True)
        Image.fromarray(pixels[:, :, 0]).save(root / str(label) / f"{number:04}.png")
    return root


def test_over_the_files_of_the_test_part_it_has_the_accuracy_that_the_study_reports(finished, test_folder):
    done = finished.hpo("predict", "e2e", test_folder, "--json", "--top", 20)
    assert (done.returncode, done.stderr) == (0, "")
    result, score = json.loads(done.stdout), json.loads(finished.hpo("show", "e2e", "--json").stdout)["test"]
    assert result["accuracy"] == pytest.approx(score["accuracy"], abs=1e-12)
    assert result["labelled"] == len(result["predictions"]) == len(Digits().load(0).test)
    assert result["classes"] == list("0123456789")
    first = result["predictions"][0]
    assert first["image"] == str(test_folder / "0" / sorted(path.name for path in (test_folder / "0").iterdir())[0])
    assert (first["class"], first["probability"], first["label"]) == (*first["top"][0].values(), "0")
    assert sum(place["probability"] for place in first["top"]) == pytest.approx(1, abs=1e-5)
    assert len(first["top"]) == 10
    (model,) = (finished.folder / "studies/e2e/artifacts").glob("*.keras")
    alone = finished.hpo("predict", model, test_folder / "*/*.png", "--csv", "--top", 2)
    rows = list(csv.DictReader(io.StringIO(alone.stdout)))
    assert list(rows[0]) == ["image", "class", "probability", "class_2", "probability_2", "label"]
    for row, prediction in zip(rows, result["predictions"], strict=True):
        assert row["image"] == prediction["image"]
        assert row["class"] == prediction["class"]
        assert float(row["probability"]) == pytest.approx(prediction["probability"], abs=1e-6)


def test_damaged_files_are_named_and_passed_over(finished: FinishedStudy, tmp_path: Path):
    (tmp_path / "text.png").write_text("no image")
    Image.fromarray(np.full((40, 30, 3), 200, np.uint8)).save(tmp_path / "a_photo_with_a_long_name_of_its_own.jpg")
    (tmp_path / "table.csv").write_text("path\ntext.png\na_photo_with_a_long_name_of_its_own.jpg\ngone.png\n")
    done = finished.hpo("predict", "e2e", tmp_path / "table.csv")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["image", "class", "probability", "then"]
    assert len(lines) == 2
    assert lines[1].startswith("…")
    assert "photo_with_a_long_name_of_its_own.jpg"[4:] in lines[1]
    assert max(map(len, lines)) <= 80
    assert done.stderr.splitlines() == [
        "2 images could not be read:",
        f"  {tmp_path / 'text.png'}: no image that Pillow knows",
        f"  {tmp_path / 'gone.png'}: No such file or directory",
    ]
    short = finished.hpo("predict", "e2e", tmp_path / "text.png", "--top", 1)
    assert (short.returncode, short.stdout) == (1, "")


def test_a_wrong_request_is_one_clear_line(finished: FinishedStudy, tmp_path: Path):
    (tmp_path / "other.keras").write_bytes(b"PK")
    for arguments, text in {
        ("e2e", "none.png"): "hpo: none.png: it is an image file, a folder, a pattern, or a CSV table of paths.",
        ("e2", "none.png"): "hpo: study e2: a study is a folder in studies. Received a name that is not there;",
        (tmp_path / "other.keras", "none.png"): f"hpo: {tmp_path / 'other.keras'}: a model that hpo has written has",
        ("e2e", "none.png", "--json", "--csv"): "hpo: --json, --csv: one format at a time. Received both. Drop one.",
    }.items():
        done = finished.hpo("predict", *arguments)
        assert done.returncode == 2
        assert done.stderr.startswith(text)
        assert len(done.stderr.splitlines()) == 1
