"""The cores of this machine, and the environment of a process that carries an engine."""

from __future__ import annotations

import os
import site
import sysconfig
from pathlib import Path


def core_count() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def engine_environment(threads: int, engine: str | None = None) -> dict[str, str]:
    """Give the environment of a process: its engine, its threads, and where it imports `hpo` from.

    Variables that are set already stay as they are, so that a user's own settings win.

    Args:
        threads: how many the engine may use for one operation.
        engine: what Keras runs on; it is chosen before the first import of Keras.
    """
    environment = {
        "OMP_NUM_THREADS": str(threads),
        "TF_NUM_INTRAOP_THREADS": str(threads),
        "TF_NUM_INTEROP_THREADS": str(threads),
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "PYTHONUNBUFFERED": "1",
        **os.environ,
        **({} if engine is None else {"KERAS_BACKEND": engine}),
    }
    source = str(Path(__file__).resolve().parents[2])
    if source not in (sysconfig.get_path("purelib"), site.getusersitepackages()):  # a checkout
        environment["PYTHONPATH"] = os.pathsep.join([source, *filter(None, [os.environ.get("PYTHONPATH")])])
    return environment
