"""The demo of a model on this machine: a page in a process of its own, until it is interrupted."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from hpo.errors import Fault, MissingExtraError, UserError, WorkError
from hpo.processes.loopback import LOOPBACK
from hpo.processes.parent import ProcessEndedError, ask
from hpo.processes.visitors import check_token, find_port, make_url
from hpo.shipping.demo.folder import write_demo
from hpo.shipping.demo.page import READY
from hpo.shipping.kept_model import KeptModel
from hpo.shipping.prediction.engine import ENGINES, choose_engine

TOKEN_VARIABLE = "HPO_DEMO_TOKEN"  # noqa: S105 - the name of a variable
DEFAULT_PORT = 7860


def run_demo(
    kept: KeptModel,
    *,
    host: str = LOOPBACK,
    port: int = DEFAULT_PORT,
    token: str | None = None,
    shows_mistakes: bool = True,
    listen: Callable[[str], object] = str,
    tell_url: Callable[[str], object] = str,
) -> None:
    """Show a model as a page on which a person classifies pictures, until Ctrl-C.

    Args:
        kept: the model.
        host: where it is reached; others than this machine's own need a token.
        port: 0 for one that is free.
        token: what visitors have to know; None for nothing.
        shows_mistakes: whether images of the validation part are shown that the model gets wrong.
        listen: called with what is being done.
        tell_url: called with its address, once it answers.

    Raises:
        MissingExtraError: Gradio is not installed.
        UserError: KERAS_BACKEND names no engine that trains, the port is not free, the host is none of this machine's,
            or a token is missing or too short.
        WorkError: the process that serves it ended.
        KeyboardInterrupt: Ctrl-C; it has ended.
    """
    check_token(host, token, server="demo", variable=TOKEN_VARIABLE, port=DEFAULT_PORT)
    port = find_port(host, port)
    engine = choose_engine(kept)
    if engine not in ENGINES:
        rule, remedy = "a page that shows where the model looks takes tensorflow, jax or torch", "unset it"
        raise UserError(Fault(rule, engine, remedy, subject="KERAS_BACKEND"))
    if find_spec("gradio") is None:
        raise MissingExtraError(
            "demo: the page is made with the package gradio. Received an installation without it. Type: "
            'pip install "hpo[demo]"'
        )

    def hear(doing: str) -> None:
        if doing == READY:
            tell_url(make_url(host, port))
        else:
            listen(doing)

    with tempfile.TemporaryDirectory(prefix="hpo-demo-") as parent:
        folder, uploads = Path(parent) / "demo", Path(parent) / "uploads"
        write_demo(kept, folder, shows_mistakes=shows_mistakes)
        listen(f"loading {engine}")
        try:
            ask(
                "hpo.shipping.demo.page:serve_page",
                {"folder": str(folder), "host": host, "port": port, "token": token},
                engine=engine,
                silence_s=math.inf,
                listen=hear,
                variables={"GRADIO_TEMP_DIR": str(uploads), "KERAS_BACKEND": engine},
            )
        except ProcessEndedError as error:
            raise WorkError(f"demo: the process that serves the page {error}.") from error
