"""Conformance tests for extensions: a class per port, of which a subclass gives fixtures, and pytest runs the tests."""

import pytest

pytest.register_assert_rewrite(
    *(f"hpo.testing.{name}" for name in ("dataset", "launcher", "model_family", "search_backend", "section", "tracker"))
)

from hpo.testing.dataset import DatasetContract  # noqa: E402 - after pytest knows of them
from hpo.testing.launcher import LauncherContract  # noqa: E402
from hpo.testing.model_family import ModelFamilyContract  # noqa: E402
from hpo.testing.search_backend import SearchBackendContract, SeveralObjectivesContract  # noqa: E402
from hpo.testing.tracker import TrackerContract  # noqa: E402

__all__ = [
    "DatasetContract",
    "LauncherContract",
    "ModelFamilyContract",
    "SearchBackendContract",
    "SeveralObjectivesContract",
    "TrackerContract",
]
