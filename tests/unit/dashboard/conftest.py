"""Dashboards of studies without training, asked without a network."""

from __future__ import annotations

import json
from io import BytesIO, StringIO
from types import SimpleNamespace

import optuna_dashboard
import pytest
from large_study import make_large_study

from hpo.dashboard.server import make_application


def ask_application(application, method, path, body=None, **environ):
    """What a WSGI application answers: `status`, `headers` with small names, `body`, and its `json`."""
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    path, _, query = path.partition("?")
    answer = SimpleNamespace(errors=StringIO())

    def start(status, headers, error=None):
        answer.status, answer.headers = int(status.split()[0]), {name.lower(): value for name, value in headers}

    request = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8080",
        "HTTP_HOST": "localhost:8080",
        "HTTP_ACCEPT_ENCODING": "gzip",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(data)),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(data),
        "wsgi.errors": answer.errors,
    }
    chunks = application({**request, **environ}, start)
    answer.body = b"".join(chunks)
    getattr(chunks, "close", lambda: None)()
    is_json = answer.headers.get("content-type", "").startswith("application/json")
    answer.json = json.loads(answer.body) if is_json and answer.body else None
    return answer


@pytest.fixture
def ask():
    """`ask(application, method, path, body)`, with parts of the environment of WSGI by their names."""
    return ask_application


@pytest.fixture(scope="session")
def shown(tmp_path_factory):
    """The address of a study of thirty trials, which no test changes."""
    return make_large_study(tmp_path_factory.mktemp("shown"), 30)


@pytest.fixture
def address(tmp_path):
    """The address of a study of ten trials."""
    return make_large_study(tmp_path, 10)


@pytest.fixture
def open_app():
    """Makes the application of a dashboard of some studies, without what guards it against other sites."""
    return lambda *addresses: make_application(optuna_dashboard, addresses)
