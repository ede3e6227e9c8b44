"""Exports of each format: run by their own runtimes, on images of any size, without a line of ours."""

from __future__ import annotations

import contextlib
import io
import json
import re
import zipfile

import keras
import numpy as np
import pytest
from PIL import Image

from hpo.data import split_at_network
from hpo.data.sets.digits import Digits
from hpo.errors import UserError, WorkError
from hpo.shipping import find_model
from hpo.shipping.export import export_model
from hpo.shipping.export.models import load_model, make_exportable
from hpo.shipping.export.verification import TOLERANCE
from hpo.shipping.formats import TRAITS
from hpo.shipping.runtimes import import_openvino, load_export

pytestmark = pytest.mark.engine
FORMATS = ("keras", "onnx", "saved_model", "litert", "openvino")
SIZES = ((8, 8), (17, 5), (30, 41))


def read_onnx(path):
    import onnx

    return {item.key: json.loads(item.value) for item in onnx.load(path).metadata_props}


def read_openvino(path):
    found = import_openvino().Core().read_model(path).get_rt_info(["hpo"]).value
    return {key: json.loads(value) for key, value in found.items()}


def read_zip(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("hpo.json"))


READERS = {
    "keras": read_zip,
    "onnx": read_onnx,
    "saved_model": lambda path: json.loads((path / "assets.extra" / "hpo.json").read_text()),
    "litert": read_zip,
    "openvino": read_openvino,
}


@pytest.fixture(scope="module", params=FORMATS)
def export(request, study):
    return study.export(request.param)


@pytest.fixture(scope="module")
def model(kept):
    return keras.models.load_model(kept.path, compile=False)


def test_an_export_says_how_it_was_verified(export, kept):
    folder = kept.study.files.path / "exports"
    assert export.path == folder / f"trial-{kept.trial}-{export.format}"
    assert not list(folder.glob(".*")), "nothing is left half written"
    about = json.loads((export.path / "model.json").read_text())
    assert about == export.about
    assert about["classes"] == list("0123456789")
    assert about["config"] == kept.about["config"]
    assert about["input"] == {"name": "images", "dtype": "uint8", "shape": ["batch", "height", "width", 1]}
    verification = about["verification"]
    traits = TRAITS[export.format]
    assert verification["runtime"] == f"{traits.runtime} {traits.runtime_version}"
    assert (verification["images"], verification["of"]) == (64, "validation images of digits")
    assert verification["largest_difference"] < TOLERANCE
    assert verification["top1_agreement"] == 1
    assert len(verification["sizes"]) == 3
    assert verification["largest_difference_resized"] < verification["tolerance_resized"] / 2
    assert 0 < verification["reaction_to_a_level"] < verification["tolerance_resized"] < 0.05
    assert "How this export was verified" in (export.path / "README.md").read_text()


def test_its_runtime_gives_the_probabilities_of_the_model_for_images_of_any_size(export, model):
    loaded = load_export(export.format, export.model)
    random = np.random.default_rng(0)
    for size in SIZES:
        images = random.integers(0, 256, (5, *size, 1), np.uint8)
        np.testing.assert_allclose(loaded.predict(images), model.predict(images, verbose=0), atol=TOLERANCE)


def test_the_file_itself_says_what_it_is(export, kept):
    about = READERS[export.format](export.model)
    for key in ("classes", "color_mode", "config", "dtype", "image_size"):
        assert about[key] == kept.about[key]


def test_the_lines_of_its_page_classify_a_picture(export, model, tmp_path, monkeypatch):
    (lines,) = re.findall(r"```(?:python)?\n(.*?image\.png.*?)```", (export.path / "README.md").read_text(), re.S)
    assert "hpo" not in lines
    pixels = Digits().load(0).test.images[3].repeat(3, axis=0).repeat(2, axis=1)
    Image.fromarray(pixels[:, :, 0]).save(tmp_path / "image.png")
    monkeypatch.chdir(export.path)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(lines.replace("image.png", str(tmp_path / "image.png")), {})  # noqa: S102 - as a user would
    (probabilities,) = model.predict(pixels[None], verbose=0)
    name, probability = printed.getvalue().split()
    assert int(name) == probabilities.argmax()
    assert float(probability) == pytest.approx(probabilities.max(), abs=TOLERANCE)


def test_an_earlier_export_is_replaced_and_nothing_else_is(study, tmp_path):
    folder = tmp_path / "here"
    for _ in range(2):
        assert study.export("keras", folder).path == folder
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years")
    with pytest.raises(UserError, match=r"mine: an export is a new folder.*Received something else"):
        study.export("keras", tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_a_file_alone_is_verified_on_noise_and_says_so(kept, tmp_path):
    path = tmp_path / "mine.keras"
    path.write_bytes(kept.path.read_bytes())
    export = export_model(find_model(path), "keras")
    assert export.path == tmp_path / "mine-keras"
    assert export.verification["of"] == "images of noise (NumPy's, seed 0)"
    assert "the study of the model is not known" in export.words[-1]


@pytest.mark.parametrize("name", ["onnx", "litert"])
def test_int8_keeps_the_accuracy_and_takes_images_of_any_size(name, study, kept, model):
    export = study.export(name, quantize="int8")
    assert export.path.name == f"trial-{kept.trial}-{name}-int8"
    verification = export.verification
    assert verification["accuracy_images"] == 288
    assert abs(verification["accuracy_before"] - verification["accuracy_after"]) < 0.05
    assert f"{verification['accuracy_before']:.4f} before" in " ".join(export.words)
    assert verification["largest_difference"] > 1e-4, "or nothing has 8 bits"
    images = Digits().load(0).test.images.repeat(3, axis=1).repeat(2, axis=2)
    same = load_export(name, export.model).predict(images).argmax(1) == model.predict(images, verbose=0).argmax(1)
    assert same.mean() > 0.9


def test_an_export_that_predicts_something_else_is_refused_and_removed(study, tmp_path, monkeypatch):
    def spoil(path, model):
        exported = make_exportable(path, load_model(path))
        exported.set_weights([weights / 2 for weights in exported.get_weights()])
        return exported

    monkeypatch.setattr("hpo.shipping.export.conversion.make_exportable", spoil)
    with pytest.raises(WorkError, match=r"onnx: an export predicts what its model does to within 0.002. Received prob"):
        study.export("onnx", tmp_path / "onnx")
    assert not list(tmp_path.iterdir())


def test_an_export_that_resizes_in_another_way_is_refused(study, tmp_path, monkeypatch):
    def spoil(path, model):
        _, network = split_at_network(load_model(path))
        images = keras.Input((None, None, 1), dtype="uint8", name="images")
        pixels = keras.ops.image.resize(keras.ops.cast(images, "float32"), (8, 8), antialias=False)
        return keras.Model(images, network(pixels, training=False))

    monkeypatch.setattr("hpo.shipping.export.conversion.make_exportable", spoil)
    refused = (
        r"an export predicts .* to within 0\.002 where it resizes images\. Received .* resized images that differ by 0"
    )
    with pytest.raises(WorkError, match=refused):
        study.export("saved_model", tmp_path / "model")
