"""The application: what is answered at `/predict`, `/health` and `/metadata`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from hpo.data import UndecodableError
from hpo.processes.machine import core_count
from hpo.processes.visitors import find_foreign, is_authorized
from hpo.shipping.prediction import Classifier
from hpo.shipping.serving.batching import Batcher
from hpo.shipping.serving.limits import ServingLimits
from hpo.shipping.serving.requests import Body, drain, read_images

_SHOWN_CLASSES = 3
_RETRY_S = 1
_TIMED_OUT = 408
_DESCRIBED = ("color_mode", "dtype", "image_size", "resize", "range", "bits", "transparency", "made_with")


def make_application(
    classifier: Classifier, limits: ServingLimits, batch_size: int, hosts: Collection[str], token: str | None
) -> ASGIApp:
    """Make the application of a model.

    Args:
        classifier: what predicts.
        limits: what is refused.
        batch_size: the most images that the model is given at a time.
        hosts: names of this server, beside `localhost` and addresses; others are refused where there is no token.
        token: what a request has to bring, but one to `/health`; None for nothing.
    """
    service = _Service(classifier, limits, batch_size)
    routes = [
        Route("/predict", service.predict, methods=["POST"]),
        Route("/health", service.health, methods=["GET"]),
        Route("/metadata", service.metadata, methods=["GET"]),
    ]
    handlers = {HTTPException: service.refuse, Exception: _answer_failure}
    application = Starlette(routes=routes, exception_handlers=handlers, lifespan=service.run)  # type: ignore[arg-type]
    return _Gate(application, {host.lower() for host in hosts}, token, limits)


class _Service:
    """What is behind the routes, while the server runs."""

    def __init__(self, classifier: Classifier, limits: ServingLimits, batch_size: int) -> None:
        self._classifier, self._limits, self._batch_size = classifier, limits, batch_size
        self._reader = replace(classifier.reader, most_pixels=limits.pixels)
        self._waiting = 0

    @asynccontextmanager
    async def run(self, application: Starlette) -> AsyncIterator[None]:
        """Hold the threads that decode and predict."""
        self._batcher = Batcher(self._classifier.predict_pixels, self._batch_size)
        with ThreadPoolExecutor(core_count(), "hpo decoding") as self._decoding:
            yield
        await asyncio.to_thread(self._batcher.close)

    async def health(self, request: Request) -> Response:
        """Say that the model is there, and how many requests are worked on."""
        return JSONResponse({"status": "ok", "waiting": self._waiting})

    async def metadata(self, request: Request) -> Response:
        """Say what the model is, what it takes, and what is refused; nothing of the machine that trained it."""
        about, limits = self._classifier.about, self._limits
        return JSONResponse(
            {
                "model": self._classifier.name,
                "runtime": self._classifier.runtime,
                "classes": list(self._classifier.classes),
                **{key: about[key] for key in _DESCRIBED if key in about},
                "test_accuracy": (about.get("test") or {}).get("accuracy"),
                "limits": {
                    "request_bytes": limits.request_bytes,
                    "images": limits.images,
                    "pixels": limits.pixels,
                    "waiting": limits.waiting,
                },
            }
        )

    async def predict(self, request: Request) -> Response:
        """Classify the images of a request."""
        top = self._read_top(request)
        if self._waiting >= self._limits.waiting:
            raise HTTPException(
                503,
                f"server: it works on {self._limits.waiting} requests at once. Received one more. Try again.",
                {"Retry-After": str(_RETRY_S)},
            )
        self._waiting += 1
        try:
            images = await read_images(request, self._limits)
            if not images:
                raise HTTPException(400, "request: it has an image, as a file of the form. Received none.")
            results = await asyncio.gather(*(self._classify(content) for _, content in images))
        finally:
            self._waiting -= 1
        predictions = [
            {"image": name, **self._describe(result, top)} for (name, _), result in zip(images, results, strict=True)
        ]
        is_readable = any(not isinstance(result, str) for result in results)
        return JSONResponse(
            {"model": self._classifier.name, "predictions": predictions}, 200 if is_readable else 422
        )  # fmt: skip

    async def refuse(self, request: Request, error: HTTPException) -> Response:
        """Answer a request that is refused, once it has arrived."""
        if error.status_code != _TIMED_OUT:
            await drain(request, self._limits)
        detail = error.detail
        if error.status_code in {404, 405}:  # raised by the router, which says no more than what the number means
            asked = f"{request.method} {request.url.path[:100]}"
            detail = f"request: it is POST /predict, GET /metadata or GET /health. Received {asked}."
        return JSONResponse({"error": detail}, error.status_code, error.headers)

    def _read_top(self, request: Request) -> int:
        text, most = request.query_params.get("top", str(_SHOWN_CLASSES)), len(self._classifier.classes)
        if not (text.isascii() and text.isdecimal() and len(text) < 9 and int(text) >= 1):  # noqa: PLR2004 - digits
            raise HTTPException(400, f"top: it is a whole number, 1 to {most}. Received {text[:20]!r}.")
        return min(int(text), most)

    async def _classify(self, content: bytes) -> NDArray[np.float32] | str:
        """Give the probabilities of an image, or say why it cannot be read."""
        try:
            pixels = await asyncio.get_running_loop().run_in_executor(self._decoding, self._reader.read, content)
        except UndecodableError as error:
            return error.detail
        return await asyncio.wrap_future(self._batcher.submit(pixels))

    def _describe(self, result: NDArray[np.float32] | str, top: int) -> Mapping[str, Any]:
        if isinstance(result, str):
            return {"error": f"an image file can be read. Received: {result}."}
        ranked = [{"class": name, "probability": value} for name, value in self._classifier.rank(result[None], top)[0]]
        return {**ranked[0], "top": ranked}


class _Gate:
    """Stands in front of the application, and lets through who may ask."""

    def __init__(self, application: ASGIApp, hosts: Collection[str], token: str | None, limits: ServingLimits) -> None:
        self._application, self._hosts, self._token, self._limits = application, hosts, token, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; see the ASGI specification."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        body, refusal = Body(receive), self._refuse(scope)
        try:
            if refusal is not None:
                await drain(Request(scope, body), self._limits)
            await (refusal or self._application)(scope, body, send)
        except asyncio.CancelledError:  # uvicorn does not wait for ever, once it is to end
            await JSONResponse({"error": "server: it ends. Received a request that is not done."}, 503)(
                scope, body, send
            )

    def _refuse(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if self._token is not None:
            if scope["path"] == "/health" or is_authorized(headers.get("authorization", ""), self._token):
                return None
            text = "token: a request brings it, as the header Authorization: Bearer TOKEN. Received another or none."
            return JSONResponse({"error": text}, 401, {"WWW-Authenticate": "Bearer"})
        foreign = find_foreign(headers, scope["method"], self._hosts)
        if foreign == "host":
            text = "host: a request names the server as `hpo serve` has told it. Received another name. Set a token."
            return JSONResponse({"error": text}, 403)
        if foreign == "origin":
            text = "origin: pages of other sites may not ask. Received a request of one. Set a token."
            return JSONResponse({"error": text}, 403)
        return None


async def _answer_failure(request: Request, error: Exception) -> Response:
    # Starlette raises the error after this, and uvicorn logs it.
    return JSONResponse({"error": "server: the model predicts. Received an error, which its log tells."}, 500)
