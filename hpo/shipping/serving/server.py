"""The server of a model: where it listens, and until when."""

from __future__ import annotations

import socket
import threading
import time
from importlib.util import find_spec
from typing import Self

from hpo.errors import MissingExtraError, WorkError
from hpo.processes.loopback import LOOPBACK
from hpo.processes.visitors import check_token, explain_binding, make_url
from hpo.shipping.prediction import Classifier
from hpo.shipping.serving.limits import ServingLimits

TOKEN_VARIABLE = "HPO_SERVE_TOKEN"  # noqa: S105 - the name of a variable
DEFAULT_PORT = 8000
_BACKLOG = 256
_CONNECTIONS = 1000
"""At once; more are refused before they are read."""
_START_S = 30.0
_LAST_REQUESTS_S = 20


class ModelServer:
    """A model behind HTTP; use it in a `with` statement, or call `serve`, or `start` and `close`."""

    def __init__(
        self,
        classifier: Classifier,
        *,
        host: str = LOOPBACK,
        port: int = DEFAULT_PORT,
        token: str | None = None,
        limits: ServingLimits | None = None,
        batch_size: int = 64,
    ) -> None:
        """Open a port, on which nothing is answered before `start` or `serve`.

        Args:
            classifier: what predicts.
            host: the name or the address by which it is reached; others than this machine's own need a token.
            port: 0 for one that is free.
            token: what its clients have to know; None for nothing.
            limits: what is refused.
            batch_size: the most images that the model is given at a time.

        Raises:
            MissingExtraError: the web framework is not installed.
            UserError: the host is not this machine's, the port is not free, or a token is missing or too short.
        """
        check_serving(host, token)
        import uvicorn

        from hpo.shipping.serving.application import make_application

        self.host = host
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with explain_binding(host, port):
            self._socket = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        # Connections have it from there. asyncio sets it only where the socket names its protocol, which this one does
        # not; an answer would wait 40 ms for the client to acknowledge its headers.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        hosts = {host, socket.gethostname()}
        application = make_application(classifier, limits or ServingLimits(), batch_size, hosts, token)
        self._server = uvicorn.Server(
            uvicorn.Config(
                application,
                log_config=None,  # what goes wrong is logged; requests are not
                log_level="warning",
                access_log=False,
                server_header=False,
                ws="none",
                lifespan="on",
                limit_concurrency=_CONNECTIONS,
                timeout_graceful_shutdown=_LAST_REQUESTS_S,
            )
        )
        self._thread: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"<ModelServer {self.url}>"

    @property
    def port(self) -> int:
        """The port on which it listens."""
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        """Where clients find it."""
        return make_url(self.host, self.port)

    def serve(self) -> None:
        """Answer requests until this process is asked to end, or another thread calls `close`; those at work are done.

        Raises:
            KeyboardInterrupt: Ctrl-C.
        """
        try:
            self._server.run([self._socket])
        finally:
            self._socket.close()

    def start(self) -> Self:
        """Answer requests in a thread, until `close` is called or this process ends.

        Raises:
            WorkError: the server did not start.
        """
        self._thread = threading.Thread(target=self.serve, name="hpo serve", daemon=True)
        self._thread.start()
        until = time.monotonic() + _START_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > until:
                raise WorkError("server: it starts. Received an end, or nothing for too long.")
            time.sleep(0.01)
        return self

    def close(self) -> None:
        """Answer what has been asked, and no more."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()
        self._socket.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.close()


def check_serving(host: str, token: str | None) -> None:
    """Hold that a server can listen there, before a model is loaded for it.

    Raises:
        MissingExtraError: the web framework is not installed.
        UserError: a token is missing or too short, or there is no such host.
    """
    missing = [name for name in ("starlette", "uvicorn", "python_multipart") if find_spec(name) is None]
    if missing:
        packages = ", ".join(missing).replace("_", "-")
        raise MissingExtraError(
            f"serve: it needs the packages starlette, uvicorn and python-multipart. Received an installation without "
            f'{packages}. Type: pip install "hpo[serve]"'
        )
    check_token(host, token, server="server", variable=TOKEN_VARIABLE, port=DEFAULT_PORT)
