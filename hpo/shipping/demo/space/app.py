"""A page on which a person classifies pictures, with the model beside it: `python app.py`."""

from __future__ import annotations

import hmac
import ipaddress
import json
import os
import tempfile
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

_UPLOADS = tempfile.TemporaryDirectory(prefix="demo-")  # pictures of visitors go when the page does
os.environ.setdefault("GRADIO_TEMP_DIR", _UPLOADS.name)
os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_DISABLE_TELEMETRY="1", DISABLE_TELEMETRY="1")

import gradio as gr  # noqa: E402 - it reads its settings from the environment
import numpy as np  # noqa: E402
from image_model import ABOUT, HERE, ImageModel, UnreadableError, show_heat, show_pixels  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402
from starlette.responses import PlainTextResponse  # noqa: E402

PAGE: dict[str, Any] = json.loads((HERE / "page.json").read_text(encoding="utf-8"))
TOKEN = "DEMO_TOKEN"  # noqa: S105 - the name of a variable
TOP = 5
LEAST_SIDE = 384
_NAMED = 12
"""Classes that are named above the page, at most."""
_FONT = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
"""Of the visitor's machine: Gradio's own themes fetch theirs from another host."""
_MONO = ["ui-monospace", "Consolas", "monospace"]
_STYLE = """
.gradio-container { max-width: 1080px !important; margin: 0 auto !important; }
#mistakes .grid-wrap { max-height: none; overflow: visible; }
#mistakes .caption-label { position: static; max-width: none; padding: .3rem .4rem; border: 0; border-radius: 0;
  font-size: .8rem; line-height: 1.25; text-align: left; white-space: normal; box-shadow: none; }
#mistakes .thumbnail-item { aspect-ratio: auto; height: auto; }
#mistakes .thumbnail-item img { aspect-ratio: 1; width: 100%; height: auto; }
#mistakes .grid-container { grid-template-columns: repeat(auto-fill, minmax(132px, 1fr)) !important; }
#picture img, #seen img, #mistakes img { image-rendering: pixelated; object-fit: contain; }
#note { font-size: .9rem; opacity: .8; }
#note p, #lead p { margin: 0; }
"""
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self' data: blob:; worker-src 'self' blob:"
)
"""What the page may fetch, by its browser's leave: nothing of another host."""


def make_page(model: ImageModel | None = None) -> gr.Blocks:
    """Make the page."""
    model = model or ImageModel()
    mistakes = _read_mistakes()
    title = PAGE["title"]

    def classify(path: str | None) -> tuple[dict[str, float] | None, Any, str]:
        if path is None:
            return None, None, ""
        try:
            pixels = model.read(path)
        except UnreadableError as error:
            raise gr.Error(str(error)) from error
        probabilities = model.predict(pixels)
        best = int(probabilities.argmax())
        heat = model.explain(pixels, best)
        shown = show_pixels(pixels, LEAST_SIDE) if heat is None else show_heat(pixels, heat, LEAST_SIDE)
        return dict(zip(model.classes, map(float, probabilities), strict=True)), shown, _explain(model, best, heat)

    with gr.Blocks(title=title, analytics_enabled=False, delete_cache=(600, 3600)) as page:
        gr.Markdown(f"# {title}\n\n{_describe(model)}", elem_id="lead")
        with gr.Row(equal_height=False):
            with gr.Column(min_width=300):
                picture = gr.Image(
                    label="Picture",
                    show_label=False,
                    sources=["upload", "webcam", "clipboard"],
                    type="filepath",
                    image_mode=None,
                    format="png",
                    height=340,
                    elem_id="picture",
                    buttons=[],
                )
                picture.preprocess = _explain_failures(picture.preprocess)
                answer = gr.Label(
                    label="Classes", elem_id="classes", show_label=False, num_top_classes=min(TOP, len(model.classes))
                )
            with gr.Column(min_width=300):
                seen = gr.Image(
                    label="Where the model looks",
                    show_label=False,
                    interactive=False,
                    format="png",
                    height=340,
                    elem_id="seen",
                    buttons=["download", "fullscreen"],
                )
                note = gr.Markdown(elem_id="note")
        if mistakes:
            gr.Markdown(f"### Its worst mistakes\n\n{PAGE['mistakes']}")
            gallery = gr.Gallery(
                [(show_pixels(pixels, 128), caption) for pixels, caption in mistakes],
                show_label=False,
                columns=6,
                height="auto",
                object_fit="contain",
                allow_preview=False,
                interactive=False,
                format="png",
                buttons=[],
                elem_id="mistakes",
            )

            def choose(event: gr.SelectData) -> NDArray[Any]:
                pixels: NDArray[Any] = mistakes[event.index][0]
                return pixels[:, :, 0] if pixels.shape[-1] == 1 else pixels

            gallery.select(choose, None, picture, show_progress="hidden", api_visibility="private")
        picture.change(classify, picture, [answer, seen, note], show_progress="minimal", api_visibility="private")
    return page


def open_page(
    page: gr.Blocks,
    *,
    host: str | None = None,
    port: int | None = None,
    token: str | None = None,
    waits: bool = True,
) -> None:
    """Serve the page.

    Args:
        page: as `make_page` makes it.
        host: where it is reached: by default what `GRADIO_SERVER_NAME` says, else this machine alone.
        port: by default what `GRADIO_SERVER_PORT` says, else a free one from 7860 on.
        token: what visitors have to know; None for nothing.
        waits: whether to return only when the page is closed.
    """
    name = host or os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1"
    is_local = token is None and name in ("127.0.0.1", "localhost", "::1")
    theme = gr.themes.Soft(primary_hue="indigo", neutral_hue="slate", font=_FONT, font_mono=_MONO)
    page.launch(
        server_name=host,
        server_port=port,
        auth=None if token is None else (lambda _, given: hmac.compare_digest(given.encode(), token.encode())),
        auth_message="Any name, and as the password the token of this demo.",
        share=False,
        quiet=True,
        prevent_thread_lock=True,
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        max_file_size="25mb",
        theme=theme,
        css=_STYLE,
        app_kwargs={"middleware": [Middleware(_Restriction, is_local=is_local)]},
    )
    if waits:
        print(f"The demo is at {page.local_url}", flush=True)
        page.block_thread()


def _explain_failures(preprocess: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Have a file that Gradio itself cannot open be told as one that the model cannot read: it shows no reason."""

    def explain(payload: Any) -> Any:  # noqa: ANN401 - Gradio's
        try:
            return preprocess(payload)
        except Exception as error:
            raise gr.Error("This file is no picture that can be read.") from error

    return explain


class _Restriction:
    """Has a visitor's browser fetch nothing of another host; on this machine, answers no other site's pages either."""

    def __init__(self, app: Any, *, is_local: bool) -> None:  # noqa: ANN401 - ASGI's
        self._app, self._is_local = app, is_local
        self._policy = f"{_POLICY}; frame-ancestors 'self'" if is_local else _POLICY

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's
        async def send_restricted(message: Any) -> None:  # noqa: ANN401
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"content-security-policy", self._policy.encode())]
            await send(message)

        if self._is_local and scope["type"] in ("http", "websocket"):
            host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
            if not _is_own_name(host):  # another site's name that was made to lead here
                await PlainTextResponse("The page is reached as 127.0.0.1 or localhost.", 403)(scope, receive, send)
                return
        await self._app(scope, receive, send_restricted)


def _is_own_name(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _describe(model: ImageModel) -> str:
    count = len(model.classes)
    names = ", ".join(map(_escape, model.classes[:_NAMED]))
    listed = names if count <= _NAMED else f"{names} and {count - _NAMED:,} more"
    accuracy = ABOUT.get("validation", {}).get("accuracy")
    score = (
        "" if accuracy is None else f" Of its answers on images that it was not trained on, {accuracy:.1%} are right."
    )
    return f"Tells {count:,} classes apart: {listed}. It answers with one of them, whatever it is shown.{score}"


def _explain(model: ImageModel, index: int, heat: NDArray[Any] | None) -> str:
    height, width = ABOUT["image_size"]
    seen = f"The picture as the network sees it, {width} x {height} pixels"
    if heat is not None:
        name = _escape(model.classes[index])
        return (
            f"**Where the model looks.** {seen}. Bright places speak for *{name}*: Grad-CAM (Selvaraju et al., 2017) "
            f"at the layer `{model.saliency_layer}`."
        )
    reason = "has no feature maps" if model.saliency_layer is None else "sees nothing that speaks for the class"
    return f"{seen}. There is no map of where it looks: it {reason}."


def _escape(name: str) -> str:
    """Make a class's name one that Markdown leaves as it is."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>()#+-.!|~$&" else letter for letter in name)


def _read_mistakes() -> list[tuple[NDArray[Any], str]]:
    path = HERE / "mistakes.npz"
    if not path.is_file():
        return []
    with np.load(path, allow_pickle=False) as arrays:
        return list(zip(arrays["images"], map(str, arrays["captions"]), strict=True))


if __name__ == "__main__":
    open_page(make_page(), token=os.environ.get(TOKEN) or None)
