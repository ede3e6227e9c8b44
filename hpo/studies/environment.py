"""What a study ran on: versions, machine, and code of the user's own; no engine is imported, and none of the code."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from hpo.own_code import PATTERN, digest
from hpo.spaces import StudySpec, Value

ENGINE_PACKAGES = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}


def describe_environment(spec: StudySpec) -> dict[str, str | int]:
    """Versions of what decides a result, and the machine; plain values for the storage.

    Code that the file names `module:function` has the SHA-256 of its module's file, under `code NAME`.
    """
    packages = ("hpo", "keras", ENGINE_PACKAGES[spec.engine], "optuna", "numpy")
    digests = {name: digest(name) for name in code_names(spec)}
    return {
        "python": platform.python_version(),
        **{package: _version(package) for package in packages},
        "platform": platform.platform(),
        "host": platform.node(),
        "cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        **{f"code {name}": found for name, found in digests.items() if found is not None},
    }


def code_names(spec: StudySpec) -> list[str]:
    """The code that a study names, as `module:function`, which runs with it."""
    named = sorted({text for key in ("data", "model") for text in _texts(spec.document.get(key))})
    return [name for name in named if re.match(PATTERN, name)]


def _texts(value: Value) -> Iterator[str]:
    """Every text of a plain value, keys among them."""
    match value:
        case str():
            yield value
        case list():
            yield from (text for item in value for text in _texts(item))
        case dict():
            yield from value
            yield from (text for item in value.values() for text in _texts(item))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "a checkout" if package == "hpo" else "not installed"
