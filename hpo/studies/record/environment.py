"""What a study ran on: versions, machine, and code of the user's own; no engine is imported, and none of the code."""

from __future__ import annotations

import hmac
import os
import platform
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from hpo.own_code import PATTERN, digest
from hpo.processes.environment import LEFT_TO_TENSORFLOW, engine_environment, onednn_use, thread_count
from hpo.processes.machine import core_count
from hpo.spaces import StudySpec, Value

_PLACE = frozenset({"host", "machine", "platform", "cpus"})
"""Of a session: where it was, which changes no result by itself."""


def describe_environment(spec: StudySpec) -> dict[str, str | int]:
    """Versions of what decides a result, and the machine; plain values for the storage.

    Code that the file names `module:function` has the SHA-256 of its module's file, under `code NAME`.
    """
    machine = machine_id()
    digests = {name: digest(name) for name in code_names(spec)}
    return {
        "python": platform.python_version(),
        **package_versions("hpo", "keras", spec.engine, "optuna", "numpy", "pillow"),
        "platform": platform.platform(),
        "host": platform.node(),
        **({} if machine is None else {"machine": machine}),
        "cpus": core_count(),
        **{f"code {name}": sha256 for name, sha256 in digests.items() if sha256 is not None},
    }


def deciding_environment(spec: StudySpec, device: str) -> dict[str, str | int]:
    """Describe what decides the digits of a training in this process besides its config, data and seed.

    Args:
        spec: the study.
        device: that it trains on, by its name.
    """
    versions = {name: value for name, value in describe_environment(spec).items() if name not in _PLACE}
    kernels = _describe_kernels(spec, os.environ)
    return {**versions, **kernels, "device": device, "threads": thread_count(spec.engine)}


def describe_workers(spec: StudySpec) -> dict[str, str | int]:
    """Give `describe_environment`, and what decides digits of the environment in which workers are started here."""
    return {**describe_environment(spec), **_describe_kernels(spec, engine_environment(1))}


def _describe_kernels(spec: StudySpec, environment: Mapping[str, str]) -> dict[str, str]:
    """Say which kernels the engine of a process with such variables uses, where it can be told: TensorFlow's."""
    return {"onednn": onednn_use(environment)} if spec.engine == "tensorflow" else {}


def find_differences(first: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Compare two sessions, as `describe_environment` has them: what may change results, `[was, is]` by name.

    A session of an earlier version, which says nothing of oneDNN, left it to TensorFlow.
    """
    first = {"onednn": LEFT_TO_TENSORFLOW, **first}
    compared = [name for name in now if name in first and name not in _PLACE]
    return {name: [first[name], now[name]] for name in compared if first[name] != now[name]}


def package_versions(*packages: str) -> dict[str, str]:
    """Look up the version of each package; of others, the words that say what there is."""
    versions = {}
    for package in packages:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "a checkout" if package == "hpo" else "not installed"
    return versions


@cache
def machine_id() -> str | None:
    """Give what tells this machine from others, whatever they are called; None where nothing does.

    The identifier itself is not for others (`man 5 machine-id`), so it is hashed.
    """
    for file in (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id")):
        with suppress(OSError):
            if identifier := file.read_bytes().strip():
                return hmac.new(identifier, b"hpo", "sha256").hexdigest()[:16]
    address = uuid.getnode()
    is_drawn = bool(address >> 40 & 1)  # `getnode` draws one where it finds no network card
    return None if is_drawn else hmac.new(str(address).encode(), b"hpo", "sha256").hexdigest()[:16]


def is_of_this_machine(session: Mapping[str, Any]) -> bool:
    """Whether a session of a study, as `describe_environment` has it, was one on this machine."""
    if "machine" in session:
        return bool(session["machine"] == machine_id())
    return bool(session.get("host") == platform.node())


def code_names(spec: StudySpec) -> list[str]:
    """List the code that a study names, as `module:function`, which runs with it."""
    texts = {text for key in ("data", "model") for text in _texts(spec.document.get(key))}
    return sorted(text for text in texts if re.match(PATTERN, text))


def _texts(value: Value) -> Iterator[str]:
    """Give every text of a plain value, keys among them."""
    match value:
        case str():
            yield value
        case list():
            yield from (text for item in value for text in _texts(item))
        case dict():
            yield from value
            yield from (text for item in value.values() for text in _texts(item))
