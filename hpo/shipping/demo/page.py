"""Serves the page of a demo: called in a process of its own, which imports the engine and Gradio."""

from __future__ import annotations

import importlib
import logging
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

READY = "ready"


def serve_page(request: Mapping[str, Any], tell: Callable[[str], object]) -> NoReturn:
    """Serve the page of a demo's folder until this process is ended.

    Args:
        request: `folder`, `host`, `port` and `token`, which may be None.
        tell: called with `READY` once it answers.
    """
    logging.getLogger("httpx").setLevel(logging.WARNING)
    tell("loading the model")
    sys.path.insert(0, request["folder"])
    app = importlib.import_module("app")
    options = {name: request[name] for name in ("host", "port", "token")}
    app.open_page(app.make_page(), **options, waits=False)
    tell(READY)
    while True:
        threading.Event().wait()
