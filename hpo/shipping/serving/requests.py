"""The images of a request, read within limits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from hpo.shipping.serving.limits import ServingLimits

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_DRAIN_S = 5.0
_FIELDS = 16
"""Of a form, beside the images: they are passed over."""


async def read_images(request: Request, limits: ServingLimits) -> list[tuple[str, bytes]]:
    """Read the names and the contents of the images of a request: a multipart form, or the bytes of one image.

    Raises:
        HTTPException: it is none of that, beyond a limit, or does not arrive.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data" and not kind.startswith("image/"):
        rule = "content-type: images come as multipart/form-data, or one alone as image/jpeg, image/png, ..."
        raise HTTPException(415, f"{rule} Received {kind or 'none'}.")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limits.request_bytes:
        raise _too_long(limits, f"{int(length):,}")
    bounded = Request(request.scope, _bound(request.receive, limits))
    try:
        async with asyncio.timeout(limits.read_s):
            if kind != "multipart/form-data":
                return [("", await bounded.body())]
            return await _read_form(bounded, limits)
    except TimeoutError as error:
        raise HTTPException(408, f"request: it arrives within {limits.read_s:g} s. Received a part of it.") from error
    except ClientDisconnect as error:
        raise HTTPException(400, "request: it arrives as a whole. Received a part of it.") from error


class Body:
    """What is received of a request, which knows whether all of it was: waiting for more would last for ever."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.is_received = False

    async def __call__(self) -> MutableMapping[str, Any]:
        """Receive the next part; see the ASGI specification."""
        message = await self._receive()
        self.is_received = not message.get("more_body", False)
        return message


async def drain(request: Request, limits: ServingLimits) -> None:
    """Read and forget what a client still sends, so that it gets to read why it is refused; a large rest is left.

    A client that asks first (`Expect: 100-continue`) is answered before it sends anything.
    """
    body = request.receive
    if "expect" not in request.headers and isinstance(body, Body):
        with suppress(HTTPException, TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                receive = _bound(body, limits)
                while not body.is_received:
                    await receive()


async def _read_form(request: Request, limits: ServingLimits) -> list[tuple[str, bytes]]:
    try:
        # One more than are taken, so that it is said how many are.
        async with request.form(max_files=limits.images + 1, max_fields=_FIELDS) as form:
            files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
            if len(files) > limits.images:
                raise _too_many(limits)
            return [(file.filename or "", await file.read()) for file in files]
    except HTTPException as error:
        if error.status_code == 400 and "Too many files" in error.detail:  # noqa: PLR2004 - Starlette's
            raise _too_many(limits) from error
        if error.status_code == 400:  # noqa: PLR2004 - of Starlette's parser
            raise HTTPException(400, f"request: it is a valid multipart form. Received: {error.detail}") from error
        raise


def _bound(receive: Receive, limits: ServingLimits) -> Receive:
    """Count what is received, and refuse more than is taken, whatever the request has said of its length."""
    received = 0

    async def receive_bounded() -> MutableMapping[str, Any]:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limits.request_bytes:
            raise _too_long(limits, "more")
        return message

    return receive_bounded


def _too_long(limits: ServingLimits, received: str) -> HTTPException:
    return HTTPException(413, f"request: it has at most {limits.request_bytes:,} bytes. Received {received}.")


def _too_many(limits: ServingLimits) -> HTTPException:
    return HTTPException(413, f"request: it has at most {limits.images} images. Received more.")
