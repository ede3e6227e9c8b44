"""Which engine a model is run on."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpo.errors import MissingExtraError, UserError
from hpo.shipping import KeptModel
from hpo.shipping.prediction import choose_engine

KEPT = KeptModel(Path("model.keras"), {"classes": ["a", "b"], "made_with": {"keras": "3", "tensorflow": "2"}})


def test_the_engine_of_the_environment_is_taken_where_it_can_be(monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert choose_engine(KEPT) == "tensorflow"
    monkeypatch.setenv("KERAS_BACKEND", "nonsense")
    with pytest.raises(UserError, match=r"KERAS_BACKEND: it is tensorflow, jax or torch. Received 'nonsense'"):
        choose_engine(KEPT)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setattr("hpo.shipping.prediction.engine.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r'Received jax, which is not. Type: pip install "hpo\[jax\]"'):
        choose_engine(KEPT)
