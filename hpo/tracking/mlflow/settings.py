"""How a file asks for MLflow."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from hpo.shown import hide_password
from hpo.spaces.sections.tracking import TrackerSettings

_SCHEMES = ("http", "https", "sqlite")


def _check_uri(uri: str) -> str:
    parts = urlsplit(uri)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(
            "the URI holds no password and no token: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or "
            "MLFLOW_TRACKING_TOKEN, in the environment"
        )
    if parts.scheme not in _SCHEMES:
        raise ValueError(
            "it is the URL of a tracking server, http://HOST:PORT, or an SQLite file, sqlite:////FOLDER/mlflow.db"
        )
    return uri


class MlflowTracking(TrackerSettings):
    """MLflow: a run for each trial, with curves, parameters, config and example images.

    Credentials are read as MLflow reads them: from `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`, from
    `MLFLOW_TRACKING_TOKEN`, or from `~/.mlflow/credentials`.
    """

    implementation: ClassVar[str] = "hpo.tracking.mlflow.tracker:MlflowTracker"
    packages: ClassVar[Mapping[str, str]] = {"mlflow": "mlflow-skinny"}
    shorthand: ClassVar[str] = "uri"

    uri: Annotated[str, AfterValidator(_check_uri)] | None = None
    """The tracking server, `http://HOST:PORT`, or an SQLite file, `sqlite:////FOLDER/mlflow.db`; that of
    `MLFLOW_TRACKING_URI` when left out."""
    experiment: Annotated[str, Field(min_length=1, max_length=250)] | None = None
    """The experiment that the runs belong to, created if need be; that of `MLFLOW_EXPERIMENT_NAME`, or one with the
    study's name, when left out."""
    model: bool = False
    """Whether the model of each trial that the study keeps is uploaded, as an artifact."""

    @property
    def wants_model(self) -> bool:
        """Whether the tracker is given the model of a trial at its end."""
        return self.model

    def find_uri(self) -> str | None:
        """Return the tracking URI, of the file or of the environment; None where neither has one."""
        return self.uri or os.environ.get("MLFLOW_TRACKING_URI")

    def find_obstacle(self) -> str | None:
        """Return what keeps runs from being sent, and what to do; None where nothing is known to."""
        uri = self.find_uri()
        if uri is None:
            return "MLflow has no tracking server: set MLFLOW_TRACKING_URI, or tracking.mlflow.uri"
        try:
            _check_uri(uri)
        except ValueError as error:
            return f"MLFLOW_TRACKING_URI: {error}"
        return None

    def describe_place(self, folder: str, study: str) -> str | None:
        """Name the server and the experiment."""
        experiment = self.experiment or os.environ.get("MLFLOW_EXPERIMENT_NAME") or study
        return f"MLflow, {hide_password(self.find_uri() or 'no server')}, experiment {experiment}"
