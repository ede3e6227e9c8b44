"""What a sweep tries next and which of its runs it stops, by W&B's own engine: the package `sweeps`."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml

from .state import Json, Run, State, Sweep

_KEYS = ("method", "metric", "parameters", "early_terminate", "name")


@contextmanager
def _engine() -> Iterator[Any]:
    """Give the engine, whose warnings are not ours: of names of an earlier pydantic, of fits that end early.

    In tests warnings are errors: a request would have no answer.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import sweeps

        yield sweeps


def _read(engine: Any, state: State, sweep: Sweep) -> tuple[Json, list[Any]]:
    config = {key: value for key, value in yaml.safe_load(sweep.config).items() if key in _KEYS}
    runs = [state.runs[name] for name in sweep.runs]
    return config, [_describe(engine, run) for run in runs]


def _describe(engine: Any, run: Run) -> Any:
    return engine.SweepRun(
        name=run.name, state=run.state, config=run.arguments, summary_metrics=run.summary, history=run.history
    )


def _to_plain(value: Any) -> Json:
    if isinstance(value, dict):
        return {key: _to_plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_to_plain(entry) for entry in value]
    return value.item() if hasattr(value, "item") else value


def suggest(state: State, sweep: Sweep) -> Json:
    """Return the arguments of the sweep's next run, `{name: {"value": value}}`; None when there is none."""
    limit = yaml.safe_load(sweep.config).get("run_cap")
    if limit is not None and len(sweep.runs) >= limit:
        return None
    with _engine() as engine:
        suggestion = engine.next_run(*_read(engine, state, sweep))
    return None if suggestion is None else _to_plain(suggestion.config)


def find_runs_to_stop(state: State, sweep: Sweep) -> set[str]:
    """Return the names of the sweep's runs that its `early_terminate` ends."""
    if "early_terminate" not in yaml.safe_load(sweep.config):
        return set()
    with _engine() as engine:
        return {run.name for run in engine.stop_runs(*_read(engine, state, sweep))}
