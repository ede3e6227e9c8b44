"""What a database holds of a study, as plain data."""

from __future__ import annotations

import pytest

from hpo.errors import StorageError
from hpo.studies.store.stored import Attributes


def test_attributes_are_parsed_when_they_are_asked_for_and_a_damaged_one_is_told_by_its_name():
    attributes = Attributes({"attempts": "2", "cause": '"nan_loss"', "history": '{"loss": [1.0'})
    assert (attributes["attempts"], attributes.get("cause"), attributes.get("worker")) == (2, "nan_loss", None)
    assert "history" in attributes
    assert list(attributes) == ["attempts", "cause", "history"]
    with pytest.raises(StorageError, match=r"attribute history of a study's database: it is JSON\. Received"):
        attributes["history"]
