"""MLflow's client as hpo uses it: silent, soon done with a server that does not answer, its errors in one line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from hpo.errors import WorkError

_DEFAULTS = {
    # MLflow's own are 7 retries and 120 s: a call to a server that is gone then takes four minutes (3.17).
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "15",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}
_UNAUTHORIZED = ("UNAUTHENTICATED", "PERMISSION_DENIED", "CUSTOMER_UNAUTHORIZED")
os.environ.update(_DEFAULTS | os.environ)  # MLflow reads some of them when it is imported

from mlflow.entities import Metric, Param, Run, RunTag  # noqa: E402 - after its environment
from mlflow.exceptions import MlflowException  # noqa: E402
from mlflow.tracking.client import MlflowClient  # noqa: E402

__all__ = ["Metric", "MlflowClient", "MlflowException", "Param", "Run", "RunTag", "translate_errors"]


@contextmanager
def translate_errors(uri: str) -> Iterator[None]:
    """Have what MLflow raises say what is wrong, and what to do.

    Raises:
        WorkError: in the place of any error of the client.
    """
    try:
        yield
    except MlflowException as error:
        raise _translate(uri, error) from error


def _translate(uri: str, error: MlflowException) -> WorkError:
    text = str(error)
    if error.error_code in _UNAUTHORIZED or "error code 401" in text or "error code 403" in text:
        return WorkError(
            f"{uri} does not take the credentials: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or "
            "MLFLOW_TRACKING_TOKEN"
        )
    if text.startswith("API request to http"):
        return WorkError(f"{uri} does not answer: {_find_cause(text)}")
    return WorkError(f"{uri}: {text.partition(chr(10))[0]}")


def _find_cause(text: str) -> str:
    """Return the innermost of the errors that the client writes into one another."""
    if "timed out" in text or "timeout" in text:
        return f"no response within {os.environ['MLFLOW_HTTP_REQUEST_TIMEOUT']} s"
    if "Connection refused" in text:
        return "it refuses the connection"
    status = re.search(r"too many (\d+) error", text)
    return f"error {status[1]}" if status is not None else text
