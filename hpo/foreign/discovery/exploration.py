"""Which hyperparameters a KerasTuner model has: it is built with one set of values after the other. Needs the engine.

KerasTuner builds with the defaults first, and then until every conditional scope was active once. Here each extreme of
each hyperparameter is built besides, in the place where it was met, so that one that only appears at larger values of
others is found before any trial runs, and not in the middle of a study.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import keras

from hpo import own_code
from hpo.errors import OwnCodeError
from hpo.models.foreign import load_hypermodel

MOST_BUILDS = 400
MOST_SECONDS = 60.0
_MOST_ALTERNATIVES = 30
"""Of a longer choice, the first and the last are tried."""
Assignment = dict[str, Any]


def explore(name: str, listen: Callable[[str], object]) -> dict[str, Any]:
    """Build what a file names until no hyperparameter is new.

    Args:
        name: the code, `module:function`.
        listen: called before each network is built.

    Returns:
        `space`, the hyperparameters in the order in which the code asks for them, as `HyperParameters.get_config()`
        writes them; `is_compiled`, whether the model came compiled; `is_whole`, whether nothing was left to try.

    Raises:
        OwnCodeError: it cannot be imported, or no model can be built with any values.
        MissingExtraError: KerasTuner is not installed.
    """
    return _Explorer(name, listen).explore()


class _Explorer:
    """Builds with the assignments of a queue, and adds those that new hyperparameters suggest."""

    def __init__(self, name: str, listen: Callable[[str], object]) -> None:
        self._name = name
        self._listen = listen
        self._hypermodel = load_hypermodel(name)
        self._space: list[dict[str, Any]] = []
        self._is_compiled = False
        self._seen: set[str] = set()
        self._queue: list[Assignment] = [{}]
        self._error: Exception | None = None
        self._built = 0

    def explore(self) -> dict[str, Any]:
        started, tried, is_whole = time.monotonic(), 0, True
        while self._queue:
            if tried == MOST_BUILDS or (self._built and time.monotonic() - started > MOST_SECONDS):
                is_whole = False
                break
            self._listen(f"building {self._name}")
            self._try(self._queue.pop(0))
            tried += 1
            if not self._queue:  # what two values open together
                for end in (0, -1):
                    self._put({item["config"]["name"]: ends[end] for item in self._space if (ends := _ends(item))})
        if self._built == 0 and self._error is not None:
            raise OwnCodeError(
                f"{self._name}: a model can be built with some values of its hyperparameters. "
                f"Received {own_code.describe_error(self._error)}."
            ) from self._error
        return {"space": self._space, "is_compiled": self._is_compiled, "is_whole": is_whole}

    def _try(self, values: Assignment) -> None:
        import keras_tuner

        hp = keras_tuner.HyperParameters()
        hp.values = dict(values)
        try:
            model = self._hypermodel.build(hp)
            self._built += 1
            self._is_compiled = self._is_compiled or bool(getattr(model, "compiled", False))
        except Exception as error:  # its hyperparameters up to there are in `hp` all the same
            self._error = self._error or error
        finally:
            keras.backend.clear_session(free_memory=False)
        for hyperparameter in hp.space:
            name, config = hyperparameter.name, hyperparameter.get_config()
            item = {"class_name": type(hyperparameter).__name__, "config": config}
            if self._is_new([name, config.get("conditions")]):
                self._space.append(item)
                for end in _ends(item) if name in hp.values else ():
                    self._put({**hp.values, name: end})
        for scope in hp.inactive_scopes:
            if self._is_new([[parent.name, parent.values] for parent in scope]):
                self._put({**hp.values, **{parent.name: parent.values[0] for parent in scope}})

    def _is_new(self, value: object) -> bool:
        key = json.dumps(value, sort_keys=True, default=str)
        is_new = key not in self._seen
        self._seen.add(key)
        return is_new

    def _put(self, values: Assignment) -> None:
        if self._is_new({"values": values}):
            self._queue.append(values)


def _ends(item: dict[str, Any]) -> list[Any]:
    """The values of a hyperparameter at which others may appear."""
    config = item["config"]
    match item["class_name"]:
        case "Int" | "Float":
            return [config["min_value"], config["max_value"]]
        case "Boolean":
            return [False, True]
        case "Choice":
            values = list(config["values"])
            return values if len(values) <= _MOST_ALTERNATIVES else [values[0], values[-1]]
    return []
