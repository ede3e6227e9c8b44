"""The latency of models that are compared, measured now, on this machine, one beside the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from hpo.analysis.comparison.candidate import Candidate
from hpo.errors import HpoError
from hpo.processes.parent import ProcessEndedError, ask

_SILENCE = 300.0
"""Seconds; the first import of an engine on a slow disk takes minutes."""


@dataclass(frozen=True, slots=True)
class Latency:
    """How long a model takes from one image to its prediction.

    Attributes:
        milliseconds: the median of the round in which the machine was least busy with other work.
        slowest_ms: the median of the round in which it was busiest.
        device: what it was measured on.
        engine: what Keras ran on.
    """

    milliseconds: float
    slowest_ms: float
    device: str
    engine: str


def measure_latencies(
    candidates: Sequence[Candidate], listen: Callable[[str], object]
) -> tuple[dict[str, Latency], list[str]]:
    """Measure the models of studies, each on its study's engine, in a process of its own for each engine.

    Args:
        candidates: whose models to measure.
        listen: called with what is being done.

    Returns:
        Latencies by the study's name, and why others are missing, a sentence each.
    """
    latencies: dict[str, Latency] = {}
    notes: list[str] = []
    sizes = {candidate.name: candidate.image_size for candidate in candidates}
    for candidate in candidates:
        if candidate.best.model_path is None:
            notes.append(f"The latency of {candidate.name} is not known: its model was not kept.")
        elif sizes[candidate.name] is None:
            notes.append(f"The latency of {candidate.name} is not known: nothing beside its model says what it takes.")
    for engine in dict.fromkeys(candidate.study.spec.engine for candidate in candidates):
        with ExitStack() as stack:
            models: dict[str, dict[str, Any]] = {}
            for candidate in candidates:
                path, size = candidate.best.model_path, sizes[candidate.name]
                if candidate.study.spec.engine == engine and path is not None and size is not None:
                    local = stack.enter_context(candidate.study.files.models.store.open_local(path.name))
                    models[candidate.name] = {"path": str(local), "size": size}
            if not models:
                continue
            try:
                answer = _measure(engine, models, listen)
            except (ProcessEndedError, HpoError) as error:
                names = ", ".join(models)
                notes.append(f"The latency of {names} is not known: the process that measures it {_say(error)}.")
                continue
        for name, result in answer["models"].items():
            if isinstance(result, str):
                notes.append(f"The latency of {name} is not known: {result.rstrip('.')}.")
            else:
                latencies[name] = Latency(min(result), max(result), answer["device"], engine)
    return latencies, notes


def _measure(engine: str, models: Mapping[str, Any], listen: Callable[[str], object]) -> Any:  # noqa: ANN401 - plain
    listen(f"loading {engine}")
    function = "hpo.analysis.comparison.measurement:measure_models"
    return ask(function, {"engine": engine, "models": models}, engine=engine, silence_s=_SILENCE, listen=listen)


def _say(error: Exception) -> str:
    text = str(error).rstrip(".")
    return text if isinstance(error, ProcessEndedError) else f"failed: {text}"


def describe_conditions(latencies: Mapping[str, Latency]) -> Iterator[str]:
    """Say what latencies were measured on."""
    places = dict.fromkeys((latency.device, latency.engine) for latency in latencies.values())
    if len(places) == 1:
        ((device, engine),) = places
        yield f"Latency: one image on this machine ({device}, {engine}), measured now; of five turns the quietest."
    elif places:
        listed = ", ".join(f"{name}: {latency.device}, {latency.engine}" for name, latency in latencies.items())
        yield f"Latency: one image on this machine, measured now, each on the engine of its study ({listed})."
