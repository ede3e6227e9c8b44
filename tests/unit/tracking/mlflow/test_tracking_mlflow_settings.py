"""How a file asks for MLflow, and that no password is kept or shown."""

from __future__ import annotations

import pytest

from hpo.errors import SpaceError, WorkError
from hpo.spaces import load
from hpo.tracking.mlflow.settings import MlflowTracking

SPACE = {"study": "s", "data": "digits", "model": "simple_cnn"}


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def test_the_uri_alone_is_enough_and_may_come_from_the_environment(monkeypatch):
    for tracking in ("http://host:5000", {"uri": "http://host:5000"}):
        settings = load({**SPACE, "tracking": {"mlflow": tracking}}).trackers["mlflow"]
        assert settings.find_uri() == "http://host:5000"
        assert settings.find_obstacle() is None
    settings = load({**SPACE, "tracking": {"mlflow": True}}).trackers["mlflow"]
    assert "set MLFLOW_TRACKING_URI" in settings.find_obstacle()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:////runs/mlflow.db")
    assert settings.find_uri() == "sqlite:////runs/mlflow.db"
    assert settings.find_obstacle() is None


@pytest.mark.parametrize(
    "uri",
    [
        "http://somebody:hush@host:5000",
        "http://hush@host",
        "https://host/?token=hush",
        "https://host/#token",
        "postgresql://somebody:hush@host/mlflow",
    ],
)
@pytest.mark.parametrize("overrides", [(), ("tracking.mlflow={uri}",)])
def test_a_password_in_the_uri_is_refused_and_not_shown(uri, overrides):
    space = {**SPACE, "tracking": {"mlflow": uri}} if not overrides else SPACE
    with pytest.raises(SpaceError, match="set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD") as caught:
        load(space, [override.format(uri=uri) for override in overrides])
    assert "hush" not in str(caught.value)


def test_a_password_in_the_variable_is_refused_and_not_shown(monkeypatch):
    from hpo.tracking.mlflow.tracker import MlflowTracker

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://somebody:hush@host:5000")
    with pytest.raises(WorkError, match="MLFLOW_TRACKING_URI: the URI holds no password") as caught:
        MlflowTracker(MlflowTracking(), None)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("uri", ["mlruns", "/runs", "file:///runs", "databricks", "host:5000", ""])
def test_what_no_client_can_send_to_is_refused_with_what_can_be_written(uri):
    with pytest.raises(SpaceError, match="it is the URL of a tracking server, http://HOST:PORT, or an SQLite file"):
        load({**SPACE, "tracking": {"mlflow": {"uri": uri}}})
