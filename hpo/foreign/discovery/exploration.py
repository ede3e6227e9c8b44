"""Which hyperparameters a KerasTuner model has: it is built with one set of values after the other. Needs the engine.

KerasTuner builds with the defaults first, and then until every conditional scope was active once. Here each extreme of
each hyperparameter is built besides, in the place where it was met, so that one that only appears at larger values of
others is found before any trial runs, and not in the middle of a study.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import keras

from hpo import own_code
from hpo.errors import OwnCodeError
from hpo.models.foreign import hypermodel_of

MOST_BUILDS = 400
MOST_SECONDS = 60.0
_MOST_ALTERNATIVES = 30
"""Of a longer choice, the first and the last are tried."""
Assignment = dict[str, Any]


@dataclass
class Exploration:
    """What is known of a model's hyperparameters.

    Attributes:
        found: each in the order in which it was met, as `HyperParameters.get_config()` writes it.
        is_compiled: whether the model came compiled.
        is_whole: whether nothing was left to try.
    """

    found: list[dict[str, Any]] = field(default_factory=list)
    is_compiled: bool = False
    is_whole: bool = True


def explore(name: str, listen: Callable[[str], object]) -> dict[str, Any]:
    """Build what a file names until no hyperparameter is new; an `Exploration` as plain values.

    Args:
        name: the code, `module:function`.
        listen: is told of each network before it is built.

    Raises:
        OwnCodeError: it cannot be imported, or no model can be built with any values.
        MissingExtraError: KerasTuner is not installed.
    """
    return asdict(_Explorer(name, listen).explore())


class _Explorer:
    """Takes assignments from a queue, and puts those there that what it meets gives rise to."""

    def __init__(self, name: str, listen: Callable[[str], object]) -> None:
        self._name = name
        self._listen = listen
        self._hypermodel = hypermodel_of(name)
        self._result = Exploration()
        self._known: set[str] = set()
        self._queue: list[Assignment] = [{}]
        self._error: Exception | None = None
        self._built = 0

    def explore(self) -> Exploration:
        started, tried = time.monotonic(), 0
        while self._queue:
            if tried == MOST_BUILDS or (self._built and time.monotonic() - started > MOST_SECONDS):
                self._result.is_whole = False
                break
            self._listen(f"building {self._name}")
            self._try(self._queue.pop(0))
            tried += 1
            if not self._queue:  # what two values open together
                for end in (0, -1):
                    self._put(
                        {each["config"]["name"]: ends[end] for each in self._result.found if (ends := _ends(each))}
                    )
        if self._built == 0 and self._error is not None:
            raise OwnCodeError(
                f"{self._name}: a model can be built with some values of its hyperparameters. "
                f"Received {own_code.describe_error(self._error)}."
            ) from self._error
        return self._result

    def _try(self, values: Assignment) -> None:
        import keras_tuner

        hp = keras_tuner.HyperParameters()
        hp.values = dict(values)
        try:
            model = self._hypermodel.build(hp)
            self._built += 1
            self._result.is_compiled = self._result.is_compiled or bool(getattr(model, "compiled", False))
        except Exception as error:  # a model that cannot be built has told its hyperparameters up to there
            self._error = self._error or error
        finally:
            keras.backend.clear_session(free_memory=False)
        for each in hp.space:
            told = {"class_name": type(each).__name__, "config": each.get_config()}
            if self._is_new([each.name, told["config"].get("conditions")]):
                self._result.found.append(told)
                for end in _ends(told) if each.name in hp.values else ():
                    self._put({**hp.values, each.name: end})
        for scope in hp.inactive_scopes:
            if self._is_new([[each.name, each.values] for each in scope]):
                self._put({**hp.values, **{each.name: each.values[0] for each in scope}})

    def _is_new(self, thing: object) -> bool:
        key = json.dumps(thing, sort_keys=True, default=str)
        is_new = key not in self._known
        self._known.add(key)
        return is_new

    def _put(self, values: Assignment) -> None:
        if self._is_new({"values": values}):
            self._queue.append(values)


def _ends(told: dict[str, Any]) -> list[Any]:
    """The values of a hyperparameter at which others may appear."""
    config = told["config"]
    match told["class_name"]:
        case "Int" | "Float":
            return [config["min_value"], config["max_value"]]
        case "Boolean":
            return [False, True]
        case "Choice":
            values = list(config["values"])
            return values if len(values) <= _MOST_ALTERNATIVES else [values[0], values[-1]]
    return []
