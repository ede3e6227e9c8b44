"""A Dockerfile that serves a model, beside the model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import hpo
from hpo.errors import Fault, UserError
from hpo.shipping.folders import fill_folder
from hpo.shipping.kept_model import KeptModel
from hpo.shipping.privacy import copy_model

DOCKERFILE = "Dockerfile"
_MODEL = "model.keras"
_PORT = 8000
_TEXT = """\
# Serves the model that lies beside this file, on port {port}; docs/serving.md of hpo tells how it is asked.
#
#     docker build --tag my-model .
#     docker run --rm --publish 127.0.0.1:{port}:{port} --env HPO_SERVE_TOKEN="$(openssl rand -hex 16)" my-model

FROM python:3.12-slim

# What is installed: a release of hpo, or what --build-arg HPO=... names, such as a wheel's URL or git+https://...
ARG HPO="hpo[{extras}]=={version}"
RUN pip install --no-cache-dir "${{HPO}}"

RUN useradd --create-home server
USER server
WORKDIR /home/server
{copies}

EXPOSE {port}
HEALTHCHECK CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:{port}/health')"]
# Other machines reach it, so it does not start without the token.
CMD {command}
"""


def write_dockerfile(folder: Path, model: str, files: Sequence[str], extra: str | None = None) -> Path:
    """Write a Dockerfile into a folder in which a model lies.

    Args:
        folder: which has all the files.
        model: what `hpo serve` is given: the name of a file in it, or `.` for the export that the folder is.
        files: the names of what the model consists of, files or folders.
        extra: of hpo, which brings what runs the model, where hpo itself does not.

    Returns:
        Its path.

    Raises:
        UserError: a file is not there.
    """
    missing = [name for name in files if not (folder / name).exists()]
    if missing:
        rule, received = "a Dockerfile copies files that are there", f"none called {missing[0]}"
        raise UserError(Fault(rule, received, subject=str(folder)))
    extras = ",".join(["serve", *([extra] if extra else [])])
    command = json.dumps(["hpo", "serve", model, "--host", "0.0.0.0", "--port", str(_PORT)])  # noqa: S104 - a container
    copies = "\n".join(f"COPY {name} ./{name}" for name in files)
    text = _TEXT.format(port=_PORT, extras=extras, version=hpo.__version__, copies=copies, command=command)
    path = folder / DOCKERFILE
    path.write_text(text, encoding="utf-8")
    return path


def write_image_folder(kept: KeptModel, folder: Path) -> Path:
    """Write a folder that Docker builds an image of: a copy of the model, and a Dockerfile that serves it.

    Returns:
        The path of the Dockerfile.

    Raises:
        UserError: there is one in the folder, or another model, or it cannot be written to.
    """
    for name in (DOCKERFILE, _MODEL):
        if (folder / name).exists():
            rule, received = f"it is a folder without a {name}", f"{folder}, in which there is one"
            raise UserError(Fault(rule, received, "name another folder, or remove the file", subject="--dockerfile"))
    with fill_folder(folder) as partial:
        with kept.open_local() as local:
            copy_model(local, partial / _MODEL)
        return folder / write_dockerfile(partial, _MODEL, [_MODEL]).name
