"""The folder of a demo, and the model in it: what it reads, predicts and shows."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hpo.errors import MissingExtraError, UserError
from hpo.shipping import find_model
from hpo.shipping.demo import run_demo, write_demo
from hpo.shipping.prediction import Classifier

pytestmark = pytest.mark.engine


EXPLAIN = """\
import json, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
from image_model import ImageModel
model = ImageModel()
pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 1), np.uint8)
heats = [model.explain(pixels, index) for index in range(10)]
print(json.dumps([None if heat is None else heat.tolist() for heat in heats]))
"""


@pytest.fixture(scope="module")
def folder(trained_studies, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "folder"
    write_demo(find_model("digits", studies=trained_studies), path)
    return path


@pytest.fixture(scope="module")
def code(folder) -> Any:
    """The module `image_model` of the folder."""
    spec = importlib.util.spec_from_file_location("image_model_of_a_test", folder / "image_model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def model(code) -> Any:
    return code.ImageModel()


def save_pictures(folder: Path) -> list[Path]:
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (90, 60, 3), np.uint8)
    turned = Image.fromarray(pixels)
    turned.getexif()[274] = 6
    turned.save(folder / "turned.jpg", exif=turned.getexif())
    Image.fromarray(pixels).save(folder / "colour.png")
    Image.fromarray(pixels).quantize(16).save(folder / "palette.png")
    Image.fromarray(pixels[..., 0]).save(folder / "grey.png")
    Image.fromarray(random.integers(0, 256, (90, 60, 4), np.uint8)).save(folder / "clear.png")
    Image.fromarray(random.integers(0, 65536, (90, 60), np.uint16)).save(folder / "deep.png")
    return sorted(folder.iterdir())


def test_pictures_of_every_kind_are_read_and_classified_as_hpo_does(model, trained_studies, tmp_path):
    classifier = Classifier(find_model("digits", studies=trained_studies))
    for path in save_pictures(tmp_path):
        pixels = model.read(path)
        assert np.array_equal(pixels, classifier.reader.read(path)), path.name
        np.testing.assert_allclose(model.predict(pixels), classifier.predict(path)[0], atol=1e-6)


def test_what_is_no_picture_or_too_large_is_refused_in_a_sentence(code, model, tmp_path, monkeypatch):
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(code.UnreadableError, match=r"^This file is no picture that can be read\.$"):
        model.read(tmp_path / "text.png")
    Image.new("L", (300, 200)).save(tmp_path / "large.png")
    Image.fromarray(np.ones((9, 9), np.float32)).save(tmp_path / "floats.tif")
    with pytest.raises(code.UnreadableError, match="which of its values are black and white"):
        model.read(tmp_path / "floats.tif")
    monkeypatch.setattr(code, "MOST_PIXELS", 59_999)
    with pytest.raises(code.UnreadableError, match="300 x 200 pixels, which is too many"):
        model.read(tmp_path / "large.png")


def test_a_map_weighs_feature_maps_by_the_slope_of_the_score_before_the_softmax(model):
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 1), np.uint8)
    maps = pixels[np.newaxis]
    for part in model._first:
        maps = part(maps, training=False)
    maps = np.asarray(maps)
    step, (_, height, width, channels) = 0.002, maps.shape  # pooling and ReLUs have kinks
    for index in (2, 7):
        slopes = []
        for channel in range(channels):
            shift = np.zeros_like(maps)
            shift[..., channel] = step
            ends = [float(model._score_of(maps + sign * shift, index)) for sign in (1, -1)]
            slopes.append((ends[0] - ends[1]) / (2 * step) / (height * width))
        expected = np.maximum((maps[0] * np.array(slopes)).sum(axis=-1), 0)
        heat = model.explain(pixels, index)
        if expected.max() <= 0:
            assert heat is None
            continue
        assert heat.shape == (8, 8)
        resized = np.asarray(Image.fromarray(expected / expected.max()).resize((8, 8), Image.Resampling.BILINEAR))
        np.testing.assert_allclose(heat, resized, atol=0.02)
        assert 0 <= heat.min() <= heat.max() <= 1 + 1e-6
    assert model.saliency_layer is not None


@pytest.mark.engines
@pytest.mark.parametrize("engine", ["jax", "torch"])
def test_other_engines_show_the_map_that_tensorflow_does(engine, folder, model):
    if importlib.util.find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed")
    environment = {**os.environ, "KERAS_BACKEND": engine}
    command = [sys.executable, "-c", EXPLAIN, str(folder)]
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 1), np.uint8)
    heats = [model.explain(pixels, index) for index in range(10)]
    for here, there in zip(heats, json.loads(printed), strict=True):
        assert (here is None) == (there is None)
        if here is not None:
            np.testing.assert_allclose(here, there, atol=1e-4)


def test_the_folder_has_pinned_packages_the_front_matter_of_a_space_and_no_images_where_none_are_asked_for(
    folder, trained_studies, tmp_path
):
    assert {path.name for path in folder.iterdir()} - {"__pycache__"} == {
        "README.md", "app.py", "image_model.py", "mistakes.npz", "model.keras", "page.json", "requirements.txt",
    }  # fmt: skip
    lines = (folder / "requirements.txt").read_text().splitlines()
    names = [line.partition("==")[0] for line in lines]
    assert names == ["keras", "tensorflow", "numpy", "gradio", "pillow"]
    assert all(line.partition("==")[2][0].isdigit() for line in lines)
    assert int(lines[-1].partition("==")[2].partition(".")[0]) <= 12
    front = (folder / "README.md").read_text().split("---")[1]
    assert 'sdk: "gradio"' in front
    assert 'app_file: "app.py"' in front
    with np.load(folder / "mistakes.npz", allow_pickle=False) as mistakes:
        assert mistakes["images"].shape[1:] == (8, 8, 1)
        assert ", taken for " in str(mistakes["captions"][0])
    kept = find_model("digits", studies=trained_studies)
    assert "mistakes.npz" not in write_demo(kept, tmp_path / "none", shows_mistakes=False)
    with pytest.raises(UserError, match="a demo is written to an empty folder"):
        write_demo(kept, tmp_path / "none")


def test_what_keeps_a_demo_from_being_shown_is_told_before_anything_starts(trained_studies, monkeypatch):
    kept = find_model("digits", studies=trained_studies)
    with pytest.raises(UserError, match=r"--host: a demo that other machines reach needs a token"):
        run_demo(kept, host="0.0.0.0")  # noqa: S104 - refused
    with pytest.raises(UserError, match=r"16 characters or more\. Received 4"):
        run_demo(kept, token="hush")  # noqa: S106 - of no account
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UserError, match="--port: it is free"):
        run_demo(kept, port=taken.getsockname()[1])
    monkeypatch.setenv("KERAS_BACKEND", "nonsense")
    with pytest.raises(UserError, match=r"KERAS_BACKEND: it is tensorflow, jax or torch. Received 'nonsense'"):
        run_demo(kept, port=0)
    monkeypatch.delenv("KERAS_BACKEND")
    if importlib.util.find_spec("gradio") is None:
        with pytest.raises(MissingExtraError, match=r'pip install "hpo\[demo\]"'):
            run_demo(kept, port=0)
    assert "gradio" not in sys.modules
