"""Code of the user's own, named `module:function` in a file: where it is, what it gives, and which version it is.

A module is found as Python finds it, with the working directory first; `folder/my_module.py:build` names a file, which
a space file gives relative to itself. It is imported only where its function is called: by workers, and by the
processes that a check or a discovery starts. Reading, listing and showing files never run it.
"""

from __future__ import annotations

import hashlib
import importlib
import re
import sys
import sysconfig
import traceback
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from hpo.catalog import FUNCTION
from hpo.errors import OwnCodeError

PATTERN = rf"^.+:{FUNCTION}$"
"""The form of such a name."""
_IN_A_FILE = re.compile(rf"^(?P<file>.+\.py):(?P<function>{FUNCTION})$")
_LONGEST = 300
_NOT_OWN = ("<frozen", str(Path(__file__).parent), sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"))
"""Where the lines of a traceback come from that a user does not know."""


def file_and_function(name: str) -> tuple[str, str] | None:
    """The two parts of `folder/my_module.py:build`; None for a name that does not say a file."""
    match = _IN_A_FILE.match(name)
    return (match["file"], match["function"]) if match else None


def import_object(name: str) -> Any:  # noqa: ANN401 - whatever the user wrote
    """Import what a name leads to; its module is imported once a process.

    Raises:
        OwnCodeError: there is no such module, it cannot be imported, or has nothing of that name.
    """
    module_name, _, attribute = name.rpartition(":")
    try:
        module = _import_module(module_name)
    except OwnCodeError:
        raise
    except SyntaxError as error:
        where = f"line {error.lineno} of {error.filename}"
        raise OwnCodeError(
            f"{name}: the module can be imported. Received a syntax error, {error.msg}, {where}."
        ) from error
    except BaseException as error:  # a module may raise anything, and even end the process
        if isinstance(error, KeyboardInterrupt):
            raise
        hint = ""
        if isinstance(error, ModuleNotFoundError) and error.name:
            hint = f" Install {error.name}, or put it beside the module."
        raise OwnCodeError(
            f"{name}: the module can be imported. Received {describe_error(error)}.{hint} "
            f"Try it: python -c 'import {Path(module_name).stem}'"
        ) from error
    if not hasattr(module, attribute):
        functions = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        received = f"a module without {attribute!r} ({getattr(module, '__file__', None) or 'a folder'})"
        remedy = f"It has {', '.join(functions[:8])}." if functions else "Define it there."
        raise OwnCodeError(f"{name}: the module has what is named behind the colon. Received {received}. {remedy}")
    return getattr(module, attribute)


def describe_error(error: BaseException) -> str:
    """Describe an exception of the user's code: its type, its message, and the line of the code that led to it."""
    text = " ".join(str(error).split())
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(_NOT_OWN)]
    where = f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""
    return f"{type(error).__name__}{f': {text}' if text else ''}{where}"


def source_file(name: str) -> Path | None:
    """The file of a named module, found without importing it; None where there is none, as in a folder."""
    in_a_file = file_and_function(name)
    if in_a_file is not None:
        return Path(in_a_file[0]) if Path(in_a_file[0]).is_file() else None
    top, _, rest = name.rpartition(":")[0].partition(".")
    spec = _find_in_working_directory(top) or _find_on_path(top)
    for part in rest.split(".") if rest else ():
        if spec is None or spec.submodule_search_locations is None:
            return None
        spec = PathFinder.find_spec(part, list(spec.submodule_search_locations))
    return Path(spec.origin) if spec is not None and spec.origin and Path(spec.origin).is_file() else None


def digest(name: str) -> str | None:
    """The SHA-256 of a named module's file: which code it is, as far as one file says; None where there is none."""
    file = source_file(name)
    return None if file is None else hashlib.sha256(file.read_bytes()).hexdigest()


def _import_module(name: str) -> Any:  # noqa: ANN401 - a module
    if name.endswith(".py"):
        return _import_file(Path(name))
    top = name.partition(".")[0]
    spec = None if top in sys.modules else _find_in_working_directory(top)
    if spec is not None:
        _execute(top, spec)
        _append_to_path(Path.cwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # the module is there, and misses another
        raise OwnCodeError(
            f"{name}: a module is on the Python path or in the working directory. Received none of that name in "
            f"{Path.cwd()}. Run hpo where it lies, add its folder to PYTHONPATH, or name the file: path/to/{top}.py:..."
        ) from error


def _import_file(file: Path) -> Any:  # noqa: ANN401 - a module
    """Import the module of a file, under its stem; under another name where that one is a different module's."""
    file = file.resolve()
    if not file.is_file():
        raise OwnCodeError(f"{file}: it is a file that exists. Received none. Has it been moved?")
    name = file.stem
    own = sys.modules.get(name)
    if own is not None and getattr(own, "__file__", None) == str(file):
        return own
    other = _find_on_path(name)
    if own is not None or (other is not None and other.origin != str(file)):
        name = f"{name}_{hashlib.sha256(str(file).encode()).hexdigest()[:8]}"
    if name not in sys.modules:
        spec = spec_from_file_location(name, file)
        assert spec is not None  # noqa: S101 - it ends in .py
        _append_to_path(file.parent)
        _execute(name, spec)
    return sys.modules[name]


def _find_on_path(name: str) -> ModuleSpec | None:
    """The module of that name that Python finds."""
    try:
        return find_spec(name)
    except (ImportError, ValueError):
        return None


def _find_in_working_directory(top: str) -> ModuleSpec | None:
    """A module or package of the working directory."""
    return PathFinder.find_spec(top, [str(Path.cwd())])


def _execute(name: str, spec: ModuleSpec) -> None:
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        assert spec.loader is not None  # noqa: S101 - a finder's spec has one
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise


def _append_to_path(folder: Path) -> None:
    """Let a module find its neighbours, after all that is installed: a file called like a library does not hide it."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
