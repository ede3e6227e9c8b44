"""A study with alerts, and a server to which they are sent."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import load
from hpo.studies import ActiveStudy, StudyAddress, create_study
from hpo.training import Cause, Completed, EpochReport, Failed, Learned

SPACE = {
    "study": "watched",
    "data": "digits",
    "model": {"family": "simple_cnn", "filters": 4, "dense_units": 8},
    "training": {"epochs": 9, "learning_rate": {"float": [1e-4, 1e-2], "log": True}},
    "search": {"trials": 20, "sampler": "random", "pruner": "none"},
}


class WebhookServer:
    """A server that takes alerts, with faults that are told before."""

    def __init__(self) -> None:
        self.alerts: list[dict[str, Any]] = []
        self.statuses: list[int] = []
        """Of the next answers; 200 when there are no more."""
        self.headers: dict[str, str] = {}
        """Of answers."""
        self.delay = 0.0
        """Seconds between two bytes of an answer."""
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = server.statuses.pop(0) if server.statuses else 200
                if status == 200:
                    server.alerts.append(json.loads(body))
                if server.delay:
                    for byte in b"HTTP/1.0 200 OK\r\n" * 20:
                        self.wfile.write(bytes([byte]))
                        time.sleep(server.delay)
                    return
                self.send_response(status)
                for name, value in server.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def do_GET(self) -> None:
                raise AssertionError("an alert is no GET")

            def log_message(self, *arguments: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # of a client that has gone

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks/s3cret"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def titles(self) -> list[str]:
        return [alert["title"] for alert in self.alerts]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def webhook() -> Iterator[WebhookServer]:
    server = WebhookServer()
    yield server
    server.close()


class WatchedTrials:
    """Trains nothing, and tells what training would."""

    def __init__(self, study: ActiveStudy) -> None:
        self.study = study
        self._search = OptunaSearch(study, "host:1")

    def complete(self, *values: float | None) -> int:
        """Run a trial with a value of each epoch, the best of which is its own."""
        trial = self._search.ask()
        numbers = [float("nan") if value is None else value for value in values]
        for epoch, value in enumerate(numbers, start=1):
            trial.report(EpochReport(epoch, 9, value, 10.0, {"val_accuracy": value, "loss": 1.0}, 1.0))
        best = max(value for value in values if value is not None)
        history = {"val_accuracy": numbers, "loss": [1.0] * len(numbers)}
        learned = Learned(best, numbers.index(best) + 1, best, {"parameters": 100}, 10.0, history)
        trial.tell(Completed(learned, (best,), save_model=lambda path: None))
        return trial.number

    def fail(self, message: str = "it has no memory of it", kind: str = "error") -> int:
        trial = self._search.ask()
        trial.tell(Failed(Cause(kind, message)))
        return trial.number


@pytest.fixture(params=["sqlite"])
def address(request, studies) -> StudyAddress:
    """Of the study; a test may ask for the database by indirect parameters."""
    if request.param == "sqlite":
        return StudyAddress.in_folder(studies / "watched")
    return StudyAddress.named("watched", studies, request.getfixturevalue("postgres_url"))


@pytest.fixture
def watch(address) -> Iterator[Any]:
    """Creates the study with a section `alerts`, and other changes to its file; gives its trials."""
    studies = []

    def create(alerts: dict[str, Any], **changes: Any) -> WatchedTrials:
        send = {"send": [{"command": ["true"]}]} if "send" not in alerts else {}
        study = create_study(load({**SPACE, **changes, "alerts": {**alerts, **send}}), address)
        studies.append(study)
        return WatchedTrials(study)

    yield create
    for study in studies:
        study.close()
