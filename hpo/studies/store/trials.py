"""Optuna's trials, made of what the tables hold: their attributes are parsed when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from optuna.distributions import json_to_distribution
from optuna.trial import FrozenTrial, TrialState

from hpo.studies.store.stored import StoredState, read_constraints

_read_distribution = lru_cache(maxsize=1000)(json_to_distribution)
_STATES = {state: TrialState[state.name] for state in StoredState}


class CachedTrial(FrozenTrial):
    """A trial that computes once what is asked of each trial whenever another one begins or reports."""

    __slots__ = ("_constraints",)
    _constraints: dict[str, float]

    @property
    def constraints(self) -> dict[str, float]:
        """By how much the trial breaks each constraint."""
        if not self.state.is_finished():
            return read_constraints(self.system_attrs)
        try:
            return self._constraints
        except AttributeError:
            self._constraints = read_constraints(self.system_attrs)
            return self._constraints


def make_trial(
    *,
    state: StoredState,
    distributions: Mapping[str, str],
    datetime_start: datetime | None,
    datetime_complete: datetime | None,
    **fields: Any,  # noqa: ANN401 - as `StoredTrial` has them
) -> CachedTrial:
    """Make a trial of the fields of a `StoredTrial`."""
    return CachedTrial(
        state=_STATES[state],
        value=None,
        distributions={name: _read_distribution(text) for name, text in distributions.items()},
        datetime_start=_local_time(datetime_start),
        datetime_complete=_local_time(datetime_complete),
        **fields,
    )


def _local_time(stored: datetime | None) -> datetime | None:
    """Optuna gives times in local time, without a time zone."""
    return None if stored is None else stored.astimezone().replace(tzinfo=None)
