"""The hyperparameters of a model, which are explored in a process of its own, where the engine is."""

from __future__ import annotations

from dataclasses import dataclass

from hpo.errors import OwnCodeError
from hpo.foreign.readers.keras_tuner_space import read_hyperparameters
from hpo.foreign.search import Hyperparameter
from hpo.models.foreign import check_installed
from hpo.processes.parent import ProcessEndedError, ask
from hpo.spaces import Engine

_SILENCE = 900.0
"""Seconds; the process sends a message before each network, and prints how a download of weights goes on."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found out about a model that a file names.

    Attributes:
        hyperparameters: in the order in which the code asks for them.
        is_compiled: whether it brings its own optimizer, loss and metrics.
        is_whole: whether nothing was left to try.
    """

    hyperparameters: tuple[Hyperparameter, ...]
    is_compiled: bool
    is_whole: bool


def discover(build: str, engine: Engine) -> Discovery:
    """Build a model in a process of its own, with one set of values after the other.

    Args:
        build: the code, `module:function`.
        engine: what Keras runs on.

    Raises:
        MissingExtraError: KerasTuner is not installed.
        OwnCodeError: the code cannot be imported, gives no model with any values, or ends the process.
        SpaceError: it has hyperparameters that a space file has no words for.
    """
    check_installed()
    try:
        model = ask("hpo.foreign.discovery.exploration:explore", build, engine=engine, silence_s=_SILENCE)
    except ProcessEndedError as error:
        raise OwnCodeError(
            f"{build}: the process that builds the model to find its hyperparameters {error}. Call it from Python to "
            "see what it does."
        ) from error
    hyperparameters = read_hyperparameters(model, build).hyperparameters if model["space"] else ()
    return Discovery(hyperparameters, model["is_compiled"], model["is_whole"])
