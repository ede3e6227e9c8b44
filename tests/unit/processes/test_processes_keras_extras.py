"""What Keras imports where it is installed is kept from it, and from nobody else."""

from __future__ import annotations

import sys
from types import FunctionType, ModuleType

import pytest

from hpo.processes import keras_extras


@pytest.fixture
def extra(tmp_path, monkeypatch):
    (tmp_path / "extra_of_keras").mkdir()
    for name in ("__init__", "part"):
        (tmp_path / "extra_of_keras" / f"{name}.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(keras_extras, "_EXTRAS", {"extra_of_keras"})
    keras_extras.hide_extras()
    yield
    for name in ("extra_of_keras", "extra_of_keras.part"):
        sys.modules.pop(name, None)


def ask():
    import extra_of_keras.part  # type: ignore[import-not-found]

    return extra_of_keras.part


def ask_as(name: str) -> ModuleType:
    """Import it in a module of another name."""
    return FunctionType(ask.__code__, {"__name__": name, "__builtins__": __builtins__})()


def test_keras_does_not_find_it_and_others_do(extra):
    with pytest.raises(ModuleNotFoundError, match="extra_of_keras is kept from Keras"):
        ask_as("keras.src.trainers.fit")
    for name in ("keras_of_my_own", "sklearn.utils", "__main__"):
        assert ask_as(name).__name__ == "extra_of_keras.part"


def test_it_is_hidden_once(extra):
    before = list(sys.meta_path)
    keras_extras.hide_extras()
    assert sys.meta_path == before
