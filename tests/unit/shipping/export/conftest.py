"""Fixtures of the tests of exports: what a process of its own does is done in this one, which has an engine already."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

import hpo
from hpo.shipping import find_model


@pytest.fixture(scope="module")
def engine_here() -> Iterator[None]:
    """A process for an engine takes seven seconds."""

    def ask(function: str, request: object, *, listen: Callable[[str], object], **_: object) -> Any:
        from hpo.shipping.export.conversion import convert_model

        assert function == "hpo.shipping.export.process:make_export"
        return json.loads(json.dumps(convert_model(json.loads(json.dumps(request)), listen)))

    with patch("hpo.shipping.export.export.ask", ask):
        yield


@pytest.fixture(scope="module")
def study(trained_studies: Path, engine_here: None) -> hpo.Study:
    return hpo.open_study("digits", studies=trained_studies)


@pytest.fixture(scope="module")
def kept(trained_studies: Path, engine_here: None) -> Any:
    return find_model("digits", studies=trained_studies)
