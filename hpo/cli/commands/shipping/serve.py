"""`hpo serve`: a model behind HTTP."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer

from hpo.cli.options import Debug, Files, ModelTrial, RunnableModel, Storage, Studies, parse_path
from hpo.cli.terminal.interrupts import allow_interrupts
from hpo.cli.terminal.output import tell, write
from hpo.cli.terminal.quiet_engine import quiet_engine
from hpo.processes.loopback import LOOPBACK, is_loopback
from hpo.processes.visitors import find_port
from hpo.shipping.serving.limits import ServingLimits
from hpo.studies.address import DEFAULT_STUDIES

_LIMITS = ServingLimits()
_MEGABYTE = 1_000_000


def serve(
    model: RunnableModel,
    trial: ModelTrial = None,
    host: Annotated[
        str, typer.Option("--host", metavar="HOST", help="Where it listens; others than this machine need a token.")
    ] = LOOPBACK,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 for one that is free.")] = 8000,
    batch_size: Annotated[
        int, typer.Option("--batch-size", min=1, metavar="N", help="The most images that the model is given at a time.")
    ] = 64,
    max_megabytes: Annotated[
        int, typer.Option("--max-megabytes", min=1, metavar="N", help="The most of a request, in MB.")
    ] = _LIMITS.request_bytes // _MEGABYTE,
    max_images: Annotated[
        int, typer.Option("--max-images", min=1, metavar="N", help="The most images of a request.")
    ] = _LIMITS.images,
    max_pixels: Annotated[
        int, typer.Option("--max-pixels", min=1, metavar="N", help="The most pixels of an image.")
    ] = _LIMITS.pixels,
    max_waiting: Annotated[
        int, typer.Option("--max-waiting", min=1, metavar="N", help="Requests at once; more get status 503.")
    ] = _LIMITS.waiting,
    dockerfile: Annotated[
        Path | None,
        typer.Option(
            "--dockerfile",
            parser=parse_path,
            metavar="DIR",
            help="Serve nothing: write the model and a Dockerfile there.",
        ),
    ] = None,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    debug: Debug = False,
) -> None:
    """Serve a model over HTTP: images in, classes out.

    POST /predict takes images as a multipart form, and gives JSON; GET /metadata describes the model, GET /health says
    whether it is there. Ctrl-C ends the server, once what was asked is answered.

    Other machines reach it with --host, and need a token: that of the environment variable HPO_SERVE_TOKEN, or one that
    is shown here. What is sent is not encrypted: a proxy with TLS does that.
    """
    from hpo.shipping import find_model
    from hpo.shipping.prediction import Classifier, choose_engine
    from hpo.shipping.serving import ModelServer, write_image_folder
    from hpo.shipping.serving.server import TOKEN_VARIABLE, check_serving

    takes_exports = dockerfile is None
    source = find_model(model, trial=trial, studies=studies, storage=storage, files=files, takes_exports=takes_exports)
    if dockerfile is not None:
        write(f"{write_image_folder(source, dockerfile)}")
        return
    token = os.environ.get(TOKEN_VARIABLE) or None
    is_new = token is None and sys.stderr.isatty() and not is_loopback(host)
    if is_new:
        token = secrets.token_urlsafe(32)
    check_serving(host, token)
    find_port(host, port)  # before a model is loaded, which takes a while
    limits = ServingLimits(max_megabytes * _MEGABYTE, max_images, max_pixels, max_waiting)
    try:
        with allow_interrupts():
            tell(f"Loading {source.name}.")
            with quiet_engine(choose_engine(source)):
                classifier = Classifier(source)
                classifier.warm_up(batch_size)
            server = ModelServer(
                classifier, host=host, port=port, token=token, limits=limits, batch_size=batch_size
            )  # fmt: skip
            tell(f"{classifier.name} is served at {server.url} on {classifier.runtime}; Ctrl-C ends it.")
            bearer = "" if token is None else '-H "Authorization: Bearer TOKEN" '
            tell(f"Try: curl {bearer}-F image=@photo.jpg {server.url}predict")
            if is_new:
                tell(f"The token: {token}")
            server.serve()
    except KeyboardInterrupt:
        tell("The server has ended.")
