"""The port of search: who decides what to try."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint
from typing import Protocol

from hpo.catalog import BACKENDS
from hpo.spaces import Config, ScalarValue
from hpo.studies import ActiveStudy
from hpo.training import EpochReport, Outcome, Verdict


class ActiveTrial(Protocol):
    """A trial that a worker has taken on.

    It ends by `tell`, once. A worker that ends without it leaves the trial to be given back or failed by whoever
    watches the worker.
    """

    @property
    def number(self) -> int:
        """Unique in the study, counted from 0."""

    @property
    def params(self) -> dict[str, ScalarValue]:
        """The active parameters, by name."""

    @property
    def config(self) -> Config:
        """The file with every parameter filled in.

        Raises:
            hpo.spaces.ConfigError: these values break a rule together, which no corner of the space has shown.
        """

    def accepts(self, measures: Mapping[str, float] | None = None) -> bool:
        """Record by how much the constraints are broken, as far as they can be told; whether all of those hold.

        Args:
            measures: the cost of the network; without it, constraints that ask for it are not told yet.
        """

    def report(self, report: EpochReport) -> Verdict:
        """Record an epoch; whether the trial is worth going on with."""

    def tell(self, outcome: Outcome) -> None:
        """Record how the trial ended; after `Paused` it waits, and the next `ask` may give it out again."""


class SearchBackend(Protocol):
    """What decides which trial comes next."""

    def ask(self) -> ActiveTrial | None:
        """Take on the next trial: one that waits, or a new one, whose config no other has; None if all are tried.

        `hpo.search.claim` calls it, for one worker of a study at a time, while the budget lasts.
        """


def open_backend(study: ActiveStudy, worker: str) -> SearchBackend:
    """Give the search backend that the file of a study names.

    Args:
        study: the study to search for.
        worker: who asks, as trials record it.
    """
    search = study.spec.search
    make = EntryPoint(search.backend, search.implementation, BACKENDS.entry_point_group).load()
    backend: SearchBackend = make(study, worker)
    return backend
