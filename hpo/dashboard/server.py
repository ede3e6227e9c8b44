"""The server of a dashboard: where it listens, and until when."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterable, Sequence
from socketserver import TCPServer, ThreadingMixIn
from threading import Thread
from typing import Any, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from hpo.dashboard.access import AccessGate
from hpo.errors import MissingExtraError
from hpo.processes.loopback import LOOPBACK
from hpo.processes.visitors import check_token, explain_binding, make_url
from hpo.studies import StudyAddress

TOKEN_VARIABLE = "HPO_DASHBOARD_TOKEN"  # noqa: S105 - the name of a variable
DEFAULT_PORT = 8080
ShownStudies = Sequence[StudyAddress] | Callable[[], Sequence[StudyAddress]]


class Dashboard:
    """Optuna's dashboard of some studies; use it in a `with` statement, or call `close`."""

    def __init__(
        self,
        studies: ShownStudies,
        *,
        host: str = LOOPBACK,
        port: int = DEFAULT_PORT,
        token: str | None = None,
        allowed_hosts: Iterable[str] = (),
    ) -> None:
        """Open a port, on which nothing is answered before `start` or `serve`.

        Args:
            studies: what it shows, or a function that lists it, which is asked again and again.
            host: the name or the address by which it is reached; others than this machine's own need a token.
            port: 0 for one that is free.
            token: what its visitors have to know; None for nothing.
            allowed_hosts: other names by which it is reached, as through a proxy.

        Raises:
            MissingExtraError: Optuna's dashboard is not installed.
            UserError: the host is not this machine's, the port is not free, or a token is missing or too short.
            HpoError: a study cannot be opened.
        """
        try:
            import optuna_dashboard
        except ImportError as error:
            raise MissingExtraError(
                "dashboard: it is that of the package optuna-dashboard. Received an installation without it. Type: "
                'pip install "hpo[dashboard]"'
            ) from error
        check_token(host, token, server="dashboard", variable=TOKEN_VARIABLE, port=DEFAULT_PORT)
        self.host, self._token = host, token
        application = make_application(optuna_dashboard, studies)
        self._server = _listen(host, port)
        self._server.set_app(AccessGate(application, {host, socket.gethostname(), *allowed_hosts}, token))
        self._thread: Thread | None = None

    def __repr__(self) -> str:
        return f"<Dashboard {self.url}>"

    @property
    def port(self) -> int:
        """The port on which it listens."""
        return self._server.server_port

    @property
    def url(self) -> str:
        """Where a browser finds it; without the token."""
        return make_url(self.host, self.port)

    def serve(self) -> None:
        """Answer requests until this thread is interrupted, or another one calls `close`."""
        self._server.serve_forever()

    def start(self) -> Self:
        """Answer requests in a thread, until `close` is called or this process ends."""
        if self._thread is None:
            self._thread = Thread(target=self.serve, name="hpo dashboard", daemon=True)
            self._thread.start()
        return self

    def close(self) -> None:
        """Answer no more requests."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.close()


def make_application(optuna_dashboard: Any, studies: ShownStudies) -> Any:  # noqa: ANN401 - it has no types
    """Make Optuna's dashboard of some studies, which refuses all that would change them."""
    from hpo.dashboard.collection import StudyCollection
    from hpo.dashboard.pictures import PictureStore
    from hpo.dashboard.routes import RouteGuard
    from hpo.studies.store.storage import quieten

    quieten()
    logging.getLogger("optuna_dashboard").setLevel(logging.ERROR)
    collection = StudyCollection(studies if callable(studies) else lambda: studies)
    application = optuna_dashboard.wsgi(collection, artifact_store=PictureStore(collection.find_trial))
    application.install(RouteGuard(collection))
    return application


def _listen(host: str, port: int) -> WSGIServer:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    server_class: type[_Server] = type("_Server", (_Server,), {"address_family": family})
    with explain_binding(host, port):
        return server_class((host, port), _RequestHandler)


class _Server(ThreadingMixIn, WSGIServer):
    """Answers each request in a thread of its own; those end with the process."""

    daemon_threads = True
    request_queue_size = 64

    def server_bind(self) -> None:
        """Bind, without asking a name server for the machine's name."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore what happens to a connection: a browser closes many before their end."""


class _RequestHandler(WSGIRequestHandler):
    """Logs nothing, since URLs may hold a token, and gives up clients that send nothing."""

    timeout = 60

    def log_message(self, *arguments: object) -> None:
        """Log nothing."""
