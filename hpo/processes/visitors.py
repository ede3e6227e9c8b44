"""Who may talk to a server of hpo's: from where, by which name of it, and with which token."""

from __future__ import annotations

import errno
import hmac
import ipaddress
import os
import socket
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Literal
from urllib.parse import urlsplit

from hpo.errors import UserError
from hpo.processes.loopback import is_loopback

_SHORTEST_TOKEN = 16


def check_token(host: str, token: str | None, *, server: str, variable: str, port: int) -> None:
    """Hold that a server which other machines reach has a token, and that a token is long.

    Args:
        host: where it listens.
        token: what its visitors have to know; None for nothing.
        server: what it is: `dashboard`.
        variable: of the environment, which sets the token.
        port: where a tunnel would lead.

    Raises:
        UserError: it is not so, or there is no such host.
    """
    if token is None and not is_loopback(host):
        raise UserError(
            f"--host: a {server} that other machines reach needs a token. Received {host} without one. Set "
            f"{variable}, or leave --host out and reach it through a tunnel: ssh -L {port}:localhost:{port} MACHINE"
        )
    if token is not None and len(token) < _SHORTEST_TOKEN:
        raise UserError(
            f"{variable}: a token has {_SHORTEST_TOKEN} characters or more. Received {len(token)}. Make one: "
            "openssl rand -hex 16"
        )


@contextmanager
def explain_binding(host: str, port: int) -> Iterator[None]:
    """Let what the system says of a port that cannot be had be a `UserError`."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UserError(
                f"--port: it is free. Received {port}, on which another program listens at {host}. Name another, or "
                "--port 0 for any that is free."
            ) from error
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise UserError(f"--host: it is an address of this machine. Received {host}, port {port}: {reason}.") from error


def find_port(host: str, port: int) -> int:
    """Check that a port is free, or find one that is for 0.

    Raises:
        UserError: it is not, or the host is none of this machine's.
    """
    with explain_binding(host, port):
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.create_server((host, port), family=family) as listener:
            return int(listener.getsockname()[1])


def make_url(host: str, port: int) -> str:
    """Write where a server is found that listens there."""
    name = socket.gethostname() if host in ("", "0.0.0.0", "::") else host  # noqa: S104 - compared
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/"


def find_foreign(headers: Mapping[str, str], method: str, hosts: Collection[str]) -> Literal["host", "origin"] | None:
    """Find what shows that a page of another site may have made a request.

    Args:
        headers: of the request, by their names in lower case.
        method: of the request.
        hosts: names of the server in lower case, beside numeric addresses and `localhost`: a page of another site can
            have its own name lead here, but not one of these.

    Returns:
        `host`: the request names the server in another way; `origin`: another site's page has made it; None: neither.
    """
    host = headers.get("host", "")
    name = _host_name(host)
    if not (name == "localhost" or name in hosts or _is_address(name)):
        return "host"
    origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
    is_visit = method in ("GET", "HEAD") and headers.get("sec-fetch-mode") == "navigate"
    is_foreign = (origin is not None and urlsplit(origin).netloc.lower() != host.lower()) or (
        site not in ("none", "same-origin") and not is_visit
    )
    return "origin" if is_foreign else None


def is_authorized(authorization: str, token: str) -> bool:
    """Say whether the header `Authorization` of a request brings the token, as a bearer."""
    scheme, _, credentials = authorization.partition(" ")
    return scheme.lower() == "bearer" and is_same_secret(credentials.strip(), token)


def is_same_secret(given: str, expected: str) -> bool:
    """Compare texts in a time that says nothing of where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _host_name(host: str) -> str:
    """Give the name in a `Host` header, without its port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
