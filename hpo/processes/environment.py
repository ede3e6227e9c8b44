"""The environment of a process that carries an engine, and the cores that it runs on."""

from __future__ import annotations

import hashlib
import os
import platform
import site
import stat
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

from hpo.processes.machine import describe_processor, usable_cores

_CORES = "HPO_CORES"
_THREADS = {"tensorflow": "TF_NUM_INTRAOP_THREADS", "torch": "OMP_NUM_THREADS"}
"""The variable by which an engine is told how many threads an operation may use; JAX has one for each core."""
_ONEDNN = "TF_ENABLE_ONEDNN_OPTS"
_CALLER = "TF_ONEDNN_THREADPOOL_USE_CALLER_THREAD"
"""By which the thread that wants an operation of oneDNN's computes a part of it, in place of waiting for others.

TensorFlow heeds it where it has a thread for each core that the process may run on (docs/performance.md).
"""
_ONEDNN_WORDS = {"1": "on", "true": "on", "0": "off", "false": "off"}
"""What the values of the variable say that TensorFlow understands, in any case of letters; it ignores others."""
_COMPILED, _COMPILED_BYTES = "JAX_COMPILATION_CACHE_DIR", 10**9
"""Where JAX keeps what it compiles, and how much of it: what was used longest ago makes room."""
LEFT_TO_TENSORFLOW = "left to TensorFlow"
"""Where nobody says: TensorFlow uses oneDNN on x86-64 with VNNI, AVX512_BF16 or AMX, and on Arm's Neoverse V1."""


def engine_environment(threads: int, engine: str | None = None, cores: Iterable[int] | None = None) -> dict[str, str]:
    """Give the environment of a process: its engine, its threads, and where it imports `hpo` from.

    Variables that are set already stay as they are, so that a user's own settings win.

    Args:
        threads: how many the engine may use for one operation.
        engine: what Keras runs on; it is chosen before the first import of Keras.
        cores: the numbers of those that the process is to run on; `settle_process` in the child does it.
    """
    return {
        **dict.fromkeys((*_THREADS.values(), "TF_NUM_INTEROP_THREADS"), str(threads)),
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        **({_ONEDNN: "1", _CALLER: "1"} if platform.machine().lower() in ("x86_64", "amd64") else {}),
        **python_environment(),
        **({} if engine is None else {"KERAS_BACKEND": engine}),
        **({} if cores is None else {_CORES: ",".join(map(str, cores))}),
    }


def cache_root() -> Path:
    """Name the folder of what this machine keeps for later: `$HPO_CACHE`, or `hpo` in the user's cache folder."""
    return Path(os.environ.get("HPO_CACHE") or user_cache_path("hpo")).expanduser()


def python_environment() -> dict[str, str]:
    """Give what of `engine_environment` the interpreter itself reads: engine and threads may come later."""
    environment = {"PYTHONUNBUFFERED": "1", **os.environ}
    source = str(Path(__file__).resolve().parents[2])
    if source not in (sysconfig.get_path("purelib"), site.getusersitepackages()):  # a checkout
        environment["PYTHONPATH"] = os.pathsep.join([source, *filter(None, [os.environ.get("PYTHONPATH")])])
    return environment


def adopt_environment(environment: Mapping[str, str]) -> None:
    """Give this process another environment, before it has imported an engine.

    NumPy's BLAS, which may be there already, gets the threads that it would have read from it, on the cores that it
    names.
    """
    os.environ.clear()
    os.environ.update(environment)
    settle_process()
    said = environment.get("OPENBLAS_NUM_THREADS") or environment.get("OMP_NUM_THREADS", "")
    if "numpy" in sys.modules and said.isdigit() and int(said):
        from threadpoolctl import threadpool_limits

        threadpool_limits(int(said), user_api="blas")


def thread_count(engine: str) -> int:
    """Count the threads that an engine of this process may use for one operation; digits of a training depend on it."""
    said = os.environ.get(_THREADS.get(engine, ""), "")
    return int(said) if said.isdigit() and int(said) else len(usable_cores())


def onednn_use(environment: Mapping[str, str]) -> str:
    """Say whether TensorFlow uses oneDNN in such an environment: `on`, `off` or `LEFT_TO_TENSORFLOW`.

    Digits of a training depend on it.
    """
    return _ONEDNN_WORDS.get(environment.get(_ONEDNN, "").lower(), LEFT_TO_TENSORFLOW)


def fix_onednn(use: str | None) -> dict[str, str | None]:
    """Give the variable, or None for none, by which TensorFlow uses oneDNN as `onednn_use` said of another process.

    Where nothing was said, as by earlier versions, the variable is what the user has set, or not set.
    """
    return {_ONEDNN: os.environ.get(_ONEDNN) if use is None else {"on": "1", "off": "0"}.get(use)}


def fix_threads(engine: str, threads: int) -> dict[str, str]:
    """Give the variables by which an engine uses so many threads for one operation, or as many as there are cores.

    They replace those that are set: digits of a training depend on them, so one that is to have the digits of another
    has its threads. JAX has one for each core, so it is kept on as many.
    """
    variables = dict.fromkeys((*_THREADS.values(), "TF_NUM_INTEROP_THREADS"), str(threads))
    return variables if engine in _THREADS else {_CORES: ",".join(map(str, usable_cores()[:threads]))}


def settle_process() -> None:
    """Keep this process, and all threads that it starts, on the cores that its environment names; say where JAX looks.

    JAX on a CPU has a thread for each core that it sees, and no other setting; reading data goes by the cores, too.
    """
    if (cores := os.environ.get(_CORES)) and hasattr(os, "sched_setaffinity"):
        with suppress(OSError):  # the machine has taken one away meanwhile
            os.sched_setaffinity(0, map(int, cores.split(",")))
    if os.environ.get("KERAS_BACKEND") == "jax":
        os.environ.update(keep_compiled())


def keep_compiled() -> dict[str, str]:
    """Give the variables by which JAX finds what it has compiled before, for any trial and in any process.

    What is compiled has the processor's instructions and is split among the cores of this process, so each kind of them
    has a folder of its own. Nothing is set where the user has said it, no folder can be made, or somebody else may
    write in it: what lies there is run.
    """
    if _COMPILED in os.environ:
        return {}
    kind = hashlib.sha256(f"{len(usable_cores())} {describe_processor()}".encode()).hexdigest()[:16]
    root = cache_root()
    try:
        root.mkdir(parents=True, exist_ok=True)
        for folder in (root / "jax", root / "jax" / kind):
            folder.mkdir(mode=0o700, exist_ok=True)
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
                return {}
    except OSError:
        return {}
    least, most = "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "JAX_COMPILATION_CACHE_MAX_SIZE"
    return {_COMPILED: str(folder), least: "0", most: str(_COMPILED_BYTES)}
