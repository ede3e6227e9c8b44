"""What a study ran on: versions and machine, without importing an engine."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

from hpo.spaces import Engine

ENGINE_PACKAGES = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}


def describe_environment(engine: Engine) -> dict[str, str | int]:
    """Versions of what decides a result, and the machine; plain values for the storage."""
    packages = ("hpo", "keras", ENGINE_PACKAGES[engine], "optuna", "numpy")
    return {
        "python": platform.python_version(),
        **{package: _version(package) for package in packages},
        "platform": platform.platform(),
        "host": platform.node(),
        "cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "a checkout" if package == "hpo" else "not installed"
