"""The page of a demo, as `hpo demo` serves it and as its folder does: in an environment with Gradio, by a browser."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import hpo
from hpo.shipping import find_model
from hpo.shipping.demo import write_demo

pytestmark = pytest.mark.engine

PYTHON = Path(os.environ.get("HPO_DEMO_PYTHON", Path(hpo.__file__).parents[1] / ".venv-demo" / "bin" / "python"))
VISIT = Path(__file__).with_name("visit.py")
ALONE = """\
import sys
sys.modules["hpo"] = None
sys.path.insert(0, sys.argv[1])
import app
classify = next(function.fn for function in app.make_page().fns.values() if function.fn.__name__ == "classify")
probabilities, seen, note = classify(sys.argv[2])
import json
print(json.dumps([probabilities, seen.size, note]))
"""
READ = """\
import sys
from pathlib import Path
from hpo.data import ImageReader
reader = ImageReader.from_description({"image_size": [64, 64], "color_mode": "rgb", "resize": "pad"})
for path in sorted(Path(sys.argv[1]).iterdir()):
    print(path.name, __import__("hashlib").sha256(reader.read(path).tobytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def python() -> Path:
    """The interpreter of an environment with Gradio."""
    if not PYTHON.exists():
        pytest.skip(f"{PYTHON} is not there, which `make test` installs; $HPO_DEMO_PYTHON names another")
    return PYTHON


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A coloured photograph, larger than what the network sees."""
    path = tmp_path_factory.mktemp("pictures") / "one.png"
    pixels = np.zeros((90, 70, 3), np.uint8)
    pixels[10:80, 30:40] = 230
    Image.fromarray(pixels).save(path)
    return path


def run(*command: str | Path, **options: Any) -> str:
    """Run a program to its end, in an environment where it compiles nothing anew; give what it prints."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    result = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, timeout=240, check=False, env=environment, **options
    )
    assert result.returncode == 0, result.stderr[-4000:]
    return result.stdout


def test_a_visitor_without_a_network_uploads_a_picture_and_tries_a_mistake(python, picture, trained_studies):
    alone = ["unshare", "--net", "--map-root-user", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    try:
        subprocess.run([*alone, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        alone = []  # this machine gives no network namespace; what the page asks for is listed all the same
    visit = [sys.executable, VISIT, python.with_name("hpo"), trained_studies, "digits", picture]
    seen = json.loads(run(*alone, *visit))
    assert seen["told"], seen
    assert (seen["title"], seen["errors"], seen["hosts"]) == ("digits", [], ["127.0.0.1"])
    assert seen["answer"] in "0123456789"
    # Which of the two depends on the weights, of which two epochs on another machine make others.
    assert re.search(r"Grad-CAM \(Selvaraju et al., 2017\)|it sees nothing that speaks for the class", seen["note"])
    truth, _, rest = seen["caption"].partition(", taken for ")
    assert seen["mistaken"] == rest.partition(" (")[0] != truth
    assert 0 < seen["mistakes"] <= 21
    assert not seen["is_too_wide"]  # on a phone
    assert seen["strangers"] == [200, 403]
    assert (seen["status"], seen["told"][-1]) == (0, "The demo has ended.")
    assert seen["reaches_others"] is False or not alone


def test_the_folder_of_a_demo_classifies_without_hpo_as_hpo_does(python, picture, trained_studies, tmp_path):
    write_demo(find_model("digits", studies=trained_studies), tmp_path / "folder")
    probabilities, size, note = json.loads(run(python, "-c", ALONE, tmp_path / "folder", picture))
    expected = hpo.open_study("digits", studies=trained_studies).best.load().predict(picture)[0]
    assert list(probabilities) == list("0123456789")
    np.testing.assert_allclose(list(probabilities.values()), expected, atol=1e-5)
    assert min(size) >= 300
    assert "8 x 8 pixels" in note


def test_images_have_the_same_pixels_with_the_pillow_that_gradio_takes(python, tmp_path):
    random = np.random.default_rng(0)
    for name, shape in {"wide.png": (60, 200, 3), "tall.png": (300, 200, 3), "grey.png": (90, 70)}.items():
        Image.fromarray(random.integers(0, 256, shape, np.uint8)).save(tmp_path / name)
    Image.fromarray(random.integers(0, 256, (80, 50, 4), np.uint8)).save(tmp_path / "clear.png")
    Image.fromarray(random.integers(0, 65536, (80, 50), np.uint16)).save(tmp_path / "deep.png")
    turned = Image.fromarray(random.integers(0, 256, (80, 50, 3), np.uint8))
    turned.getexif()[274] = 6
    turned.save(tmp_path / "turned.jpg", exif=turned.getexif())
    turned.quantize(16).save(tmp_path / "palette.png")
    digests = [run(interpreter, "-c", READ, tmp_path) for interpreter in (python, Path(sys.executable))]
    assert digests[0] == digests[1]
    assert len(digests[0].splitlines()) == 7
    assert run(python, "-c", "import PIL; print(PIL.__version__)").startswith("12.")
