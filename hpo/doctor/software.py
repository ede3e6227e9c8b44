"""Python, hpo, engines and what optional features need: what is installed, without importing it."""

from __future__ import annotations

import platform
import sys
import webbrowser
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import hpo
from hpo.doctor.diagnosis import Diagnosis

ENGINES = ("tensorflow", "jax", "torch")
_EXTRAS = {
    "dashboard": "optuna_dashboard",
    "demo": "gradio",
    "hf": "datasets",
    "keras-tuner": "keras_tuner",
    "mysql": "pymysql",
    "pandas": "pandas",
    "postgres": "psycopg",
    "ray": "ray",
    "s3": "s3fs",
    "tfds": "tensorflow_datasets",
    "wandb": "wandb",
}
"""The extras of hpo's, `pip install "hpo[NAME]"`, and what can be imported where they are installed."""


def installed_version(package: str) -> str | None:
    """Look up the version of a package; None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def examine_software(cuda: str | None = None) -> Iterator[Diagnosis]:
    """Say what is installed.

    Args:
        cuda: the newest version of CUDA that the driver runs; None on a machine without a GPU.
    """
    yield Diagnosis("python", "ok", f"{platform.python_version()}, {sys.executable}")
    yield Diagnosis("hpo", "ok", f"{hpo.__version__}, {Path(hpo.__file__).parent}")
    versions = {engine: installed_version(engine) for engine in ENGINES}
    installed = {engine: number for engine, number in versions.items() if number is not None}
    if installed:
        names = [f"{engine} {number}" for engine, number in installed.items()]
        missing = [engine for engine in ENGINES if engine not in installed]
        rest = f"; not installed: {', '.join(missing)}" if missing else ""
        yield Diagnosis("engines", "ok", f"keras {installed_version('keras')} on {', '.join(names)}{rest}")
    else:
        remedy = "pip install tensorflow, or jax, or torch"
        yield Diagnosis("engines", "error", "none of tensorflow, jax and torch is installed", remedy)
    if cuda is not None:
        yield from (problem for engine in installed if (problem := _without_cuda(engine, installed[engine], cuda)))
    extras = {name: find_spec(package) is not None for name, package in _EXTRAS.items()}
    absent = [name for name, is_there in extras.items() if not is_there]
    present = ", ".join(name for name, is_there in extras.items() if is_there) or "none"
    rest = f'; others come by `pip install "hpo[NAME]"`: {", ".join(absent)}' if absent else ""
    yield Diagnosis("extras", "ok", f"{present}{rest}")
    yield _examine_browser()


def _without_cuda(engine: str, number: str, cuda: str) -> Diagnosis | None:
    """Say that an engine is installed without what it needs for a GPU, as far as its packages tell."""
    if engine == "torch" and "+cpu" in number:
        text, remedy = f"torch {number} is the build for CPUs", "install the one for CUDA, from pytorch.org/get-started"
    elif engine == "jax" and not any(installed_version(f"jax-cuda{major}-plugin") for major in (12, 13)):
        text = "jax is installed without its plug-in for CUDA"
        remedy = f'pip install "jax[cuda{"13" if int(cuda.partition(".")[0]) > 12 else "12"}]"'  # noqa: PLR2004
    elif engine == "tensorflow" and not installed_version("nvidia-cudnn-cu12"):
        text = "tensorflow is installed without NVIDIA's libraries; it sees a GPU only where the system has them"
        remedy = 'pip install "hpo[cuda]"'
    else:
        return None
    return Diagnosis("engines", "warning", text, f"{remedy}; `hpo doctor --engines` asks the engine what it sees")


def _examine_browser() -> Diagnosis:
    try:
        webbrowser.get()
    except webbrowser.Error:
        text = "none here: reports are single files, to be opened on a machine that has one"
        return Diagnosis("browser", "ok", text)
    return Diagnosis("browser", "ok", "opens the reports of studies")
