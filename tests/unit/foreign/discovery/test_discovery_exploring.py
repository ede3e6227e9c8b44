"""All hyperparameters of a model are met by building it a few times."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hpo.errors import OwnCodeError
from hpo.foreign.discovery.discovery import discover

pytestmark = pytest.mark.engine


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The hyperparameters that are found where a function has that body; it gives a model of no layers."""
    from hpo.foreign.discovery.exploration import explore

    monkeypatch.setattr(sys, "path", list(sys.path))

    def names(body: str) -> list[str]:
        text = f"import keras\n\n\ndef build(hp):\n    {body}\n    return keras.Sequential()\n"
        (tmp_path / "explored.py").write_text(text)
        return [item["config"]["name"] for item in explore(f"{tmp_path}/explored.py:build", str)["space"]]

    yield names
    sys.modules.pop("explored", None)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("hp.Int('a', 1, 3); hp.Choice('b', [1, 2])", ["a", "b"]),
        ("for i in range(hp.Int('layers', 1, 4)): hp.Int(f'units_{i}', 1, 9)",
         ["layers", "units_0", "units_1", "units_2", "units_3"]),
        ("for i in range(hp.Int('layers', 0, 2)): hp.Boolean(f'drop_{i}') and hp.Float(f'rate_{i}', 0, 1)",
         ["layers", "drop_0", "drop_1", "rate_0", "rate_1"]),
        ("if hp.Choice('kind', ['a', 'b', 'c']) == 'b': hp.Int('of_b', 1, 3)", ["kind", "of_b"]),
        ("a, b = hp.Boolean('a'), hp.Boolean('b')\n    if a and b: hp.Int('of_both', 1, 3)", ["a", "b", "of_both"]),
        ("with hp.conditional_scope(hp.Choice('kind', ['a', 'b']) and 'kind', ['b']):\n"
         "        if hp.get('kind') == 'b': hp.Int('layers', 1, 2) == 2 and hp.Int('deep', 1, 2)",
         ["kind", "layers", "deep"]),
        ("if hp.Int('size', 1, 9) > 4: raise ValueError('too large')\n    hp.Int('after', 1, 3)", ["size", "after"]),
        ("", []),
    ],
)  # fmt: skip
def test_every_hyperparameter_is_met(names, body, expected):
    assert sorted(names(body)) == sorted(expected)


def test_a_model_that_no_values_give_is_told(names):
    with pytest.raises(OwnCodeError, match=r"values of its hyperparameters. Received KeyError: 'gpu' \(explored.py, l"):
        names("hp.Int('a', 1, 3); raise KeyError('gpu')")


def test_the_death_of_the_process_that_builds_the_model_is_an_error_of_its_code(tmp_path: Path):
    (tmp_path / "ending.py").write_text("import os\n\n\ndef build(hp):\n    os.kill(os.getpid(), 9)\n")
    event = r"died \(signal 9, SIGKILL; the machine may be out of memory\): "
    with pytest.raises(OwnCodeError, match=f"ending.py:build: the process that builds the model .*{event}"):
        discover(f"{tmp_path}/ending.py:build", "tensorflow")


def test_what_the_code_prints_is_no_answer(tmp_path: Path):
    text = "import keras\n\n\ndef build(hp):\n    print('{}', hp.Int('a', 1, 3))\n    return keras.Sequential()\n"
    (tmp_path / "printing.py").write_text(text)
    (hyperparameter,) = discover(f"{tmp_path}/printing.py:build", "tensorflow").hyperparameters
    assert hyperparameter.name == "a"
