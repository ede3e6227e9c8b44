"""Starts the process that finds the hyperparameters of a model, and reads its answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hpo.errors import OwnCodeError
from hpo.fleet.launchers.local import worker_environment
from hpo.foreign.conversion.foreign import Hyperparameter
from hpo.foreign.conversion.keras_tuner import read_hyperparameters
from hpo.models.foreign import check_installed
from hpo.spaces import Engine


@dataclass(frozen=True, slots=True)
class Discovered:
    """What is known of a model that a file names.

    Attributes:
        hyperparameters: in the order in which the code asks for them.
        is_compiled: whether it brings its own optimizer, loss and metrics.
        is_whole: whether nothing was left to try when they were looked for.
    """

    hyperparameters: tuple[Hyperparameter, ...]
    is_compiled: bool
    is_whole: bool


def discovered(build: str, engine: Engine) -> Discovered:
    """Build a model in a process of its own, with one set of values after the other.

    Args:
        build: the code, `module:function`.
        engine: what Keras runs on.

    Raises:
        MissingExtraError: KerasTuner is not installed.
        OwnCodeError: the code cannot be imported, or gives no model with any values.
        SpaceError: it has hyperparameters that a space file has no words for.
    """
    check_installed()
    process = subprocess.run(
        # -P: a file in the working directory that is called like a library is not to be imported
        [sys.executable, "-P", "-m", "hpo.foreign.discovery.explorer"],
        input=json.dumps({"build": build, "engine": engine}) + "\n",
        capture_output=True,
        env=worker_environment(os.cpu_count() or 1),
        text=True,
        check=False,
    )
    lines = process.stdout.splitlines()
    if not lines:
        said = next((line.strip() for line in reversed(process.stderr.splitlines()) if line.strip()), "nothing")
        raise OwnCodeError(
            f"{build}: a process of its own builds the model to find its hyperparameters. Received its end, with "
            f"status {process.returncode}; the last that it wrote: {said}"
        )
    answer: Mapping[str, Any] = json.loads(lines[-1])
    if "error" in answer:
        raise OwnCodeError(answer["error"])
    found = answer["found"]
    hyperparameters = read_hyperparameters({"space": found}, build).hyperparameters if found else ()
    return Discovered(hyperparameters, answer["is_compiled"], answer["is_whole"])
