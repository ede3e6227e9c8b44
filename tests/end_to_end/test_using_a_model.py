"""The lines of the README that use a model: plain Keras, one file, and the accuracy that the study reports."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from e2e_command import Hpo
from PIL import Image

ROOT = Path(__file__).parents[2]
SPACE = """\
study: textures
data: {dataset: folder, path: images, image_size: 16, resize: crop, validation: 0.25}
model: {family: simple_cnn, depth: 1, filters: 4, dense_units: 4}
training: {epochs: 2, batch_size: 8, learning_rate: 3e-3}
search: {trials: 1}
"""
PREDICTING = """\
import contextlib, functools, io, json, keras, sys
keras.models.load_model = functools.cache(keras.models.load_model)  # the lines load it for each image
predicted = []
for path in json.loads(sys.argv[2]):
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(sys.argv[1].replace("image.png", path))
    predicted.append(printed.getvalue().split()[-1])
assert "hpo" not in sys.modules
print(json.dumps(predicted))
"""


def draw(folder: Path) -> None:
    """Two classes of noise, fine and coarse, that overlap; no two images have one size."""
    random = np.random.default_rng(0)
    for part, count in (("train", 24), ("test", 8)):
        for name, grain in (("coarse", 3), ("fine", 2)):
            (folder / part / name).mkdir(parents=True)
            for number in range(count):
                height, width = random.integers(20, 70, 2)
                noise = random.integers(0, 256, (height // grain + 1, width // grain + 1, 3), np.uint8)
                pixels = noise.repeat(grain, axis=0).repeat(grain, axis=1)[:height, :width]
                image = Image.fromarray(pixels)
                (image.convert("L") if number % 5 == 0 else image).save(folder / part / name / f"{number}.png")


@pytest.mark.engine
@pytest.mark.usefixtures("engine_here")
def test_the_lines_of_the_readme_give_the_accuracy_that_the_study_reports(hpo: Hpo, tmp_path: Path):
    (lines,) = [block for block in re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
                if "image.png" in block]  # fmt: skip
    assert lines in (ROOT / "docs" / "using-a-model.md").read_text()
    assert len(ast.parse(lines).body) == 5
    draw(tmp_path / "images")
    (tmp_path / "textures.yaml").write_text(SPACE)
    done = hpo("run", "textures.yaml", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "model.keras").write_bytes((tmp_path / result["model"]).read_bytes())
    paths = sorted((tmp_path / "images" / "test").glob("*/*.png"))
    ran = subprocess.run(
        [sys.executable, "-c", PREDICTING, lines, json.dumps([str(path) for path in paths])],
        cwd=elsewhere, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    predicted = json.loads(ran.stdout.splitlines()[-1])
    assert set(predicted) == {"coarse", "fine"}, "for the accuracy to say anything"
    right = np.mean([name == path.parent.name for name, path in zip(predicted, paths, strict=True)])
    assert right == pytest.approx(result["test"]["accuracy"])

    artifacts = tmp_path / "studies" / "textures" / "artifacts"
    suffixes = ("json", "keras", "test.npz", "validation.npz")
    assert sorted(path.name for path in artifacts.iterdir()) == [f"trial-0.{suffix}" for suffix in suffixes]
    described = json.loads((artifacts / "trial-0.json").read_text())
    assert described["test"]["accuracy"] == result["test"]["accuracy"]
    assert described["test"]["classes"] == result["test"]["classes"]
    assert described["validation"]["classes"] == result["best"]["classes"]
    for part, count in (("validation", 12), ("test", 16)):
        with np.load(artifacts / f"trial-0.{part}.npz", allow_pickle=False) as stored:
            right = stored["probabilities"].argmax(axis=1) == stored["labels"]
            assert right.mean() == pytest.approx(described[part]["accuracy"])
            assert len(set(stored["images"])) == len(right) == count
    assert described["metrics"]["val_accuracy"] == result["best"]["values"][0]

    done = hpo("predict", "textures", "images/test", "--json")
    classified = json.loads(done.stdout)
    assert classified["accuracy"] == pytest.approx(result["test"]["accuracy"], abs=1e-12)
    with np.load(artifacts / "trial-0.test.npz") as stored:
        probabilities = dict(zip(stored["images"].tolist(), stored["probabilities"].tolist(), strict=True))
    for image in classified["predictions"]:
        place = classified["classes"].index(image["class"])
        expected = probabilities[Path(image["image"]).relative_to("images").as_posix()][place]
        assert image["probability"] == pytest.approx(expected, abs=1e-6)
