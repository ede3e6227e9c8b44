"""Who may see a dashboard: requests to its own name, from its own pages, and where it is asked for with a token."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection, Iterable
from http.cookies import CookieError, SimpleCookie
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlencode

from hpo.processes.visitors import find_foreign, is_authorized, is_same_secret

WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_MOST_BYTES = 1_000_000
"""Of a request: notes are much shorter."""
_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),  # with `no-referrer`, a browser hides the origin of its own form
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
_DROPPED = {"access-control-allow-origin"}
"""Optuna's dashboard lets pages of every origin read artifacts (0.21)."""
_SIGN_IN = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>hpo dashboard</title><style>body{font:16px system-ui,sans-serif;max-width:24rem;margin:15vh auto;padding:0 1rem}
input,button{font:inherit;padding:.4rem;width:100%;box-sizing:border-box;margin-top:.5rem}</style></head>
<body><form method="post" action="/sign-in"><label for="token">The token that <code>hpo dashboard</code> has shown
</label><input id="token" name="token" type="password" autocomplete="off" autofocus><button>Sign in</button></form>
</body></html>"""
_SIGN_IN_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"


class AccessGate:
    """Stands in front of an application, and lets through what may pass."""

    def __init__(self, application: WSGIApplication, hosts: Collection[str], token: str | None) -> None:
        """Guard an application.

        Args:
            application: what answers the requests that pass.
            hosts: names by which it is reached, beside numeric addresses and `localhost`: a page of another site can
                have its own name lead here, but not one of these.
            token: what a request needs; None for no token.
        """
        self._application = application
        self._hosts = {host.lower() for host in hosts}
        self._token = token
        self._session = secrets.token_urlsafe(32)
        """What the cookie holds in place of the token."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request; see PEP 3333."""

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:  # noqa: ANN401 - WSGI's
            passed = [(name, value) for name, value in headers if name.lower() not in _DROPPED]
            return start_response(status, [*passed, *_HEADERS, ("Cache-Control", "no-cache")], *error)

        refusal = _read_body(environ) or self._check_origin(environ)
        if refusal is not None:
            return _answer(start, *refusal)
        if self._token is not None and not self._is_signed_in(environ):
            return self._sign_in(environ, start)
        return self._application(environ, start)

    def _check_origin(self, environ: dict[str, Any]) -> tuple[str, str] | None:
        names = ("HOST", "ORIGIN", "SEC_FETCH_SITE", "SEC_FETCH_MODE")
        given = {name: environ[f"HTTP_{name}"] for name in names if f"HTTP_{name}" in environ}
        headers = {name.lower().replace("_", "-"): value for name, value in given.items()}
        foreign = find_foreign(headers, environ["REQUEST_METHOD"], self._hosts)
        if foreign == "host":
            return (
                "403 Forbidden",
                "host: a request names the dashboard as the command line does. Received another name. Open the address "
                "that `hpo dashboard` has shown, or allow the name: --allow-host NAME",
            )
        if foreign == "origin":
            return "403 Forbidden", "origin: the dashboard's own pages talk to it. Received another site's request."
        return None

    def _is_signed_in(self, environ: dict[str, Any]) -> bool:
        try:
            cookie = SimpleCookie(environ.get("HTTP_COOKIE", "")).get(_cookie_name(environ))
        except CookieError:
            cookie = None
        if cookie is not None and is_same_secret(cookie.value, self._session):
            return True
        return self._token is not None and is_authorized(environ.get("HTTP_AUTHORIZATION", ""), self._token)

    def _is_token(self, text: str) -> bool:
        return self._token is not None and is_same_secret(text.strip(), self._token)

    def _sign_in(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path, query = environ.get("PATH_INFO", "/"), parse_qs(environ.get("QUERY_STRING", ""))
        given = query.pop("token", [""])[0]
        if environ["REQUEST_METHOD"] == "POST" and path == "/sign-in":
            given = parse_qs(environ["wsgi.input"].read().decode("utf-8", "replace")).get("token", [""])[0]
            path, query = "/dashboard", {}
        elif environ["REQUEST_METHOD"] != "GET":
            given = ""
        if not self._is_token(given):
            headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", _SIGN_IN_POLICY)]
            start("401 Unauthorized", headers)
            return [_SIGN_IN]
        rest = urlencode(query, doseq=True)
        cookie = f"{_cookie_name(environ)}={self._session}; HttpOnly; SameSite=Lax; Path=/"
        location = f"/{path.lstrip('/')}{f'?{rest}' if rest else ''}"
        start("303 See Other", [("Location", location), ("Set-Cookie", cookie), ("Content-Length", "0")])
        return []


def _read_body(environ: dict[str, Any]) -> tuple[str, str] | None:
    """Read the body of a request, so that a refusal reaches a client that still sends; say what is wrong with it."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if "HTTP_TRANSFER_ENCODING" in environ or not length.isdecimal():
        return "411 Length Required", "request: its length is said before. Received one without."
    if int(length) > _MOST_BYTES:
        return "413 Content Too Large", f"request: it has at most {_MOST_BYTES:,} bytes. Received {int(length):,}."
    environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(int(length)))
    return None


def _answer(start: Callable[..., Any], status: str, reason: str) -> list[bytes]:
    start(status, [("Content-Type", "application/json")])
    return [json.dumps({"reason": reason}).encode()]


def _cookie_name(environ: dict[str, Any]) -> str:
    """Name the cookie after the port: a browser gives one program's cookies to another on the same machine."""
    return f"hpo-dashboard-{environ['SERVER_PORT']}"
