"""What `hpo check` says of spaces is true: what it calls sound is trained, and what it calls broken cannot be built."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hpo.data import Part, TrialData
from hpo.spaces import Params, StudySpec, bundled_spaces, load

pytestmark = pytest.mark.engine

IMAGES = 8


def corners(spec: StudySpec) -> list[Params]:
    return list({tuple(params.items()): params for _, params in spec.space.corners(spec.admits)}.values())


def train_one_step(spec: StudySpec, params: Params) -> float:
    """The loss of the first step, on random images of the shape that the config's trials see."""
    import keras

    from hpo.checking.network import Networks
    from hpo.data.layers.batches import Batches
    from hpo.training.memory import free_memory_afterwards
    from hpo.training.network.model import build_model

    config = spec.config(params)
    outline = Networks(spec).outline(config)
    keras.utils.set_random_seed(0)
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (IMAGES, *outline.shape), dtype=np.uint8)
    part = Part(images, generator.integers(0, outline.classes, IMAGES, dtype=np.int32))
    data = TrialData(tuple(str(number) for number in range(outline.classes)), part, part)
    with free_memory_afterwards():
        built = build_model(config, data)
        fitted = built.model.fit(Batches(part, config.training.batch_size, seed=0), epochs=1, verbose=0)
        return fitted.history["loss"][-1]


@pytest.fixture
def folder_of_images(tmp_path: Path) -> Path:
    """Two classes of ten images each, of different sizes."""
    from PIL import Image

    for name in ("cat", "dog"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(10):
            Image.new("RGB", (90 + number, 80), (number, 20, 200)).save(tmp_path / "photos" / name / f"{number}.png")
    return tmp_path / "photos"


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", bundled_spaces())
def test_every_corner_of_a_bundled_space_that_is_called_sound_is_trained(name: str, folder_of_images: Path):
    from hpo.checking.network import Networks

    overrides = [f"data.path={folder_of_images}"] if name == "own_images.yaml" else []
    spec = load(name, overrides)
    if spec.document["model"].get("weights") == "imagenet":
        spec = load(name, [*overrides, "model.weights=none"])  # as large; the weights would be downloaded
    networks = Networks(spec)
    for params in corners(spec):
        assert networks.why(params) == "", params
        assert np.isfinite(train_one_step(spec, params)), params


def test_what_is_called_broken_cannot_be_built_and_what_is_called_sound_can(tmp_path: Path):
    from hpo.checking.network import Networks

    path = tmp_path / "space.yaml"
    path.write_text(
        "data: {dataset: digits, image_size: {choice: [8, 16]}}\n"
        "model: {family: simple_cnn, depth: {int: [1, 5]}, filters: 4, dense_units: {choice: [0, 8]}}\n"
        "training: {batch_size: 8, optimizer: {choice: [adam, sgd]}}\n"
    )
    spec = load(path)
    networks = Networks(spec)
    reasons = {tuple(params.items()): networks.why(params) for params in corners(spec)}
    assert set(map(bool, reasons.values())) == {True, False}
    for items, reason in reasons.items():
        if reason:
            with pytest.raises(ValueError, match="poolings of 2 x 2") as raised:
                train_one_step(spec, dict(items))
            assert str(raised.value) == reason
        else:
            assert np.isfinite(train_one_step(spec, dict(items)))
