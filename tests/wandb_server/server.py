"""The server itself: requests come in, faults meet them, operations answer them."""

from __future__ import annotations

import gzip
import json
import re
import socket
import sys
import threading
import time
import traceback
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from . import account, artifacts, public_api, runs, scheduler, sweeps
from .faults import Fault
from .runs import find_streamed_run, stream_files
from .state import Json, Refusal, State

_OPERATIONS = {
    **account.OPERATIONS,
    **artifacts.OPERATIONS,
    **public_api.OPERATIONS,
    **runs.OPERATIONS,
    **scheduler.OPERATIONS,
    **sweeps.OPERATIONS,
}


class WandbServer(State):
    """A server on a free port of the loopback, in threads of this process.

    Attributes:
        counts: how often each operation was asked for, those that a fault met included; `file_stream` and `storage`
            are operations too.
        requests: each operation of GraphQL that was answered, with its variables.
        unknown: names of operations that the server has no answer to.
        errors: tracebacks of what the server itself has failed by.
        keys: the API keys that clients sent.
    """

    def __init__(self) -> None:
        self._place = socket.socket()  # keeps the port while nobody listens at it
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._place.bind(("127.0.0.1", 0))
        self.port: int = self._place.getsockname()[1]
        super().__init__(f"http://127.0.0.1:{self.port}")
        self.lock = threading.RLock()
        self._listener: _Listener | None = None
        self.forget()
        self.listen()

    def forget(self) -> None:
        """Remember nothing of what was: runs, sweeps, faults, requests."""
        with self.lock:
            super().__init__(self.url)
            self.faults: list[Fault] = []
            self.counts: Counter[str] = Counter()
            self.requests: list[tuple[str, Json]] = []
            self.unknown: list[str] = []
            self.errors: list[str] = []
            self.keys: set[str] = set()

    def listen(self) -> None:
        """Take connections, if none are taken."""
        if self._listener is None:
            self._listener = _Listener(self)

    def refuse(self) -> None:
        """Cut all connections, and refuse new ones, as a machine does on which no server runs."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Refuse connections while the block lasts."""
        self.refuse()
        try:
            yield
        finally:
            self.listen()

    def close(self) -> None:
        """End the server, and give its port back."""
        self.refuse()
        self._place.close()

    def fail(
        self,
        *operations: str,
        status: int | None = None,
        delay: float = 0.0,
        is_cut: bool = False,
        count: int | None = None,
        retry_after: int | None = None,
    ) -> Fault:
        """Have these operations fail, or all of them, until the fault's `end()`: see `Fault`."""
        fault = Fault(operations, status=status, delay=delay, is_cut=is_cut, count=count, retry_after=retry_after)
        self.faults.append(fault)
        return fault

    def find_faults(self, operation: str) -> list[Fault]:
        """Count a request, and return what is to happen to it."""
        with self.lock:
            self.counts[operation] += 1
            return [fault for fault in self.faults if fault.meets(operation)]

    def ask(self, operation: str, variables: Json) -> Json:
        """Return the answer to an operation of GraphQL."""
        with self.lock:
            self.requests.append((operation, variables))
            if operation not in _OPERATIONS:
                self.unknown.append(operation)
                return {"errors": [{"message": f"unknown operation {operation}"}]}
            return {"data": _OPERATIONS[operation](self, variables)}


class _Listener(ThreadingHTTPServer):
    """One time of taking connections; what is connected is cut when it ends."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, server: WandbServer) -> None:
        handler = type("Handler", (_Handler,), {"wandb": server})
        super().__init__(("127.0.0.1", server.port), handler)
        self._server = server
        self._connections: set[socket.socket] = set()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def process_request(self, request: Json, client_address: Json) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Json) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Json, client_address: Json) -> None:
        """Remember what is no fault of clients that went away."""
        if not isinstance(sys.exception(), OSError):
            self._server.errors.append(traceback.format_exc())

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    wandb: ClassVar[WandbServer]
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def _read(self) -> bytes:
        if (self.headers.get("Transfer-Encoding") or "").lower() == "chunked":
            data = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        encoding = (self.headers.get("Content-Encoding") or "").lower()
        return {"gzip": gzip.decompress, "deflate": zlib.decompress}.get(encoding, bytes)(data)

    def _send(
        self, status: int, data: bytes, content: str = "application/json", retry_after: int | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content)
        self.send_header("Content-Length", str(len(data)))
        if retry_after is not None:
            self.send_header("Retry-After", str(retry_after))
        self.end_headers()
        self.wfile.write(data)

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        data = self._read()
        body = json.loads(data) if path == "/graphql" else None
        if body is not None:
            # Python's own queries carry no name beside the text
            named = re.search(r"(?:query|mutation)\s+(\w+)", body.get("query") or "")
            operation = body.get("operationName") or (named[1] if named else "?")
        else:
            operation = "file_stream" if find_streamed_run(path) else path.split("/")[1]
        self.wandb.keys.add(self.headers.get("Authorization") or "")
        for fault in self.wandb.find_faults(operation):
            time.sleep(fault.delay)
            if fault.is_cut:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            if fault.status is not None:
                message = json.dumps({"error": f"a fault of the test: {fault.status}"}).encode()
                self._send(fault.status, message, retry_after=fault.retry_after)
                return
        try:
            self._send(200, *self._find_answer(path, operation, body, data))
        except Refusal as refusal:
            self._send(refusal.status, json.dumps({"errors": [{"message": str(refusal)}]}).encode())

    def _find_answer(self, path: str, operation: str, body: Json, data: bytes) -> tuple[bytes, str]:
        if body is not None:
            return json.dumps(self.wandb.ask(operation, body.get("variables") or {})).encode(), "application/json"
        with self.wandb.lock:
            if (run := find_streamed_run(path)) is not None:
                return json.dumps(stream_files(self.wandb, run, json.loads(data))).encode(), "application/json"
            place = path.removeprefix("/storage/")
            if operation == "storage" and self.command == "PUT":
                self.wandb.files[place] = data
                return b"", "text/plain"
            if operation == "storage" and place in self.wandb.files:
                return self.wandb.files[place], "application/octet-stream"
        raise Refusal(404, f"no {path}")  # as for /sdk/otel/v1/metrics, the client's telemetry, which does not mind

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _answer  # noqa: N815 - names of http.server
