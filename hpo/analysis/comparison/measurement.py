"""How long saved models take for one image: called in a process of its own, which imports the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_ROUNDS = 5
"""Each model is measured once in each, so that what else the machine does for a while concerns all of them."""


def measure_models(request: Mapping[str, Any], tell: Callable[[str], object]) -> dict[str, Any]:
    """Measure the latency of models, turn by turn.

    Args:
        request: `engine`, and `models` by name: the `path` of a `.keras` file, and the `size` of its images.
        tell: called with what is being done.

    Returns:
        `device`, and `models`: by name, milliseconds of each round, or why it cannot be measured.
    """
    from hpo.fleet.device import describe_device
    from hpo.training.measuring.latency import measure_latency
    from hpo.training.measuring.saved_model import UnusableModelError, load_saved_model

    models: dict[str, Any] = {}
    results: dict[str, Any] = {}
    for name, saved in request["models"].items():
        tell(f"loading the model of {name}")
        try:
            models[name] = load_saved_model(Path(saved["path"]))
        except (UnusableModelError, MemoryError) as error:
            results[name] = str(error) or "there is not enough memory for it"
    for number in range(_ROUNDS):
        tell(f"measuring latency, round {number + 1} of {_ROUNDS}")
        for name, model in models.items():
            height, width = request["models"][name]["size"]
            results.setdefault(name, []).append(measure_latency(model, (height, width)))
    return {"device": describe_device(request["engine"]), "models": results}
