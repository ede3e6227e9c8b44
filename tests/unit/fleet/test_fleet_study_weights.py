"""Two studies, the second of which starts from the best model of the first."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

import hpo
from hpo.errors import WorkError
from hpo.fleet import TrialStarted

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("thread_launcher")]

SPACE = """\
study: {name}
data: {{dataset: folder, path: images, image_size: 8, validation: 0.5}}
model: {{family: simple_cnn, depth: 1, filters: 2, weights: '{weights}', dense_units: 2}}
training: {{batch_size: 8, {training}}}
search: {{trials: 1, sampler: random, pruner: none}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with sixteen images of two classes, where space files are written."""
    random = np.random.default_rng(0)
    for name, brightness in (("dark", 0), ("light", 128)):
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in range(8):
            pixels = (random.integers(0, 128, (8, 8, 3)) + brightness).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "images" / name / f"{number}.png")
    return tmp_path


def test_a_frozen_base_has_the_weights_of_the_best_trial_of_the_other_study(folder: Path, studies: Path):
    import keras

    def base_of(name: str, weights: str, training: str) -> list[np.ndarray]:
        """Run a study; the base's weights in its best model."""
        (folder / f"{name}.yaml").write_text(SPACE.format(name=name, weights=weights, training=training))
        events: list[object] = []
        study = hpo.run(folder / f"{name}.yaml", launcher="threads", studies=studies, listen=lambda _: events.append)
        assert [event.epochs for event in events if isinstance(event, TrialStarted)] == [2]  # of all phases
        assert study.best is not None
        model = keras.models.load_model(study.folder.models.path(study.best.number), compile=False)
        base = [layer for layer in model.get_layer("simple_cnn").layers if layer.name.startswith("block1")]
        return [weight for layer in base for weight in layer.get_weights()]

    first = base_of("first", "none", "epochs: 2, learning_rate: 1e-4")
    second = base_of(
        "second", "study:first", "phases: [{epochs: 1, frozen_layers: all}, {epochs: 1, frozen_layers: 5}]"
    )
    assert len(first) == len(second) == 5  # of a convolution without bias, and of batch normalization
    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


def test_weights_that_do_not_fit_every_network_of_a_space_end_a_run_before_its_first_trial(folder: Path, studies: Path):
    with h5py.File(folder / "one.weights.h5", "w") as file:
        layer = file.create_group("layers/dense/vars")
        layer.attrs["name"] = "dense"
        layer["0"] = [1.0]
    (folder / "late.yaml").write_text(SPACE.format(name="late", weights="none", training="epochs: 2"))
    with pytest.raises(WorkError, match="without layer block1_convolution"):
        hpo.run(
            folder / "late.yaml",
            trials=4,
            overrides=[f"model.weights={{choice: {{none: , {folder}/one.weights.h5: }}}}"],
            launcher="threads",
            studies=studies,
        )
    assert hpo.open_study("late", studies).trials() == []
