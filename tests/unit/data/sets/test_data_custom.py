"""What a function of the user's own may give as a data set, and what it is told where it gives something else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hpo.data import DataStore
from hpo.data.sets.custom import CustomDataset
from hpo.errors import DataError, OwnCodeError


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`dataset(body, **config)`, whose function has that body; it counts its calls in a file."""
    monkeypatch.setattr(sys, "path", list(sys.path))

    def make(body: str, **config: object) -> CustomDataset:
        text = "import numpy as np\nX, y = np.zeros((20, 4, 4), np.uint8), np.arange(20) % 2\n\n\ndef load(config):\n"
        text += f"    with open({str(tmp_path / 'calls')!r}, 'a') as calls:\n        calls.write('x')\n    {body}\n"
        (tmp_path / "own_data.py").write_text(text)
        return CustomDataset(dataset=f"{tmp_path}/own_data.py:load", **config)

    yield make
    sys.modules.pop("own_data", None)


def test_train_and_test_may_come_as_keras_gives_them(dataset):
    images = dataset("return (X, y), (X[:6], y[:6])").load(0)
    assert {name: len(part) for name, part in images.parts().items()} == {"train": 20, "test": 6}


def test_parts_and_classes_may_come_by_name(dataset):
    own = dataset("return {'train': (X, y), 'validation': (X[:4], y[:4]), 'classes': ['no', 'yes']}", test=0.3)
    images = own.load(0)
    assert images.classes == ("no", "yes")
    assert {name: len(part) for name, part in images.parts().items()} == {"train": 14, "validation": 4, "test": 6}
    assert len(DataStore(0).prepare(own).trial.validation) == 4


def test_the_function_is_given_the_other_keys(dataset):
    own = dataset("return X[:config['n']], y[:config['n']]", n=10, image_size=8)
    assert len(own.load(0).train) == 8
    assert own.load(0).train.images.shape[1:] == (8, 8, 1)


def test_outlines_at_all_sizes_call_the_function_once(dataset, tmp_path):
    own = dataset("return X, y")
    for size in (None, 8, 16):
        shape = own.model_copy(update={"image_size": size}).outline(0).shape
        assert shape == ((size, size, 1) if size else (4, 4, 1))
    assert (tmp_path / "calls").read_text() == "x"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("pass", r"own_data.py:load: it returns \{'train': .* Received None; is a `return` missing"),
        ("return X", r"Received a ndarray of shape \[20, 4, 4\]"),
        ("return {'train': X}", r"Received a ndarray of shape \[20, 4, 4\] for train"),
        ("return {'training': (X, y)}", "has the part train, .* Received training"),
        ("return {'train': (X, y), 'classes': 'ab'}", "classes is a list of names. Received a str"),
        ("return X, y[:3]", r"own_data.py:load: train: labels are one an image.* Received shape \[3\] for 20 images"),
        ("return config['path']", r"it returns images. Received KeyError: 'path' \(own_data.py, line 8\)"),
    ],
)
def test_what_is_no_data_set_is_told(dataset, body, message):
    with pytest.raises(DataError, match=message):
        dataset(body).load(0)


def test_a_module_that_is_missing_is_told():
    with pytest.raises(OwnCodeError, match="own_nowhere: a module is on the Python path"):
        CustomDataset(dataset="own_nowhere:load").load(0)


def test_the_images_decide_the_fingerprint_and_the_code_does_not(dataset):
    fingerprints = []
    for body in ("return X, y", "return X.copy(), y", "return X + np.uint8(1), y"):
        sys.modules.pop("own_data", None)
        fingerprints.append(dataset(body).load(0).fingerprint)
    assert fingerprints[0] == fingerprints[1] != fingerprints[2]
