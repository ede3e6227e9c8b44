"""The port of search: who decides what to try."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any, Literal, Protocol

from hpo.catalog import BACKENDS
from hpo.spaces import Config, ScalarValue
from hpo.studies import ActiveStudy, Lease, Spent
from hpo.training import EpochReport, Outcome, Verdict


class ActiveTrial(Protocol):
    """A trial that a worker has taken on.

    It ends by `tell`, once. A worker that ends without it leaves the trial to whoever finds that its lease is lost.
    Each method that records something raises `hpo.errors.LeaseLostError` once another worker has taken over the trial;
    the worker then drops it, and tells nothing.
    """

    @property
    def lease(self) -> Lease:
        """The right to write to the trial; it has to be renewed by `study.storage.renew`."""

    @property
    def attempt(self) -> int:
        """How often the trial was begun, this time included."""

    @property
    def accumulation_steps(self) -> int:
        """In how many parts its batches are computed: 1, or what a `Paused` of an earlier attempt says."""

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

    def describe_attempt(self, facts: Mapping[str, Any]) -> None:
        """Record what the worker says of this attempt: plain values, by name."""

    def report(self, report: EpochReport) -> Verdict:
        """Record an epoch; whether the trial is worth going on with. One that was recorded before stays as it was."""

    def tell(self, outcome: Outcome) -> None:
        """Record how the trial ended; after `Paused` it waits, and the next `ask` may give it out again."""


@dataclass(frozen=True, slots=True)
class NoTrial:
    """Why there is no trial to run.

    Attributes:
        reason: no trial of the study begins any more, see `hpo.studies.Spent`; the search is `idle` until another trial
            has ended; the study is `paused`, since nobody holds it; the worker itself was `stopped`.
    """

    reason: Spent | Literal["idle", "paused", "stopped"]


class SearchBackend(Protocol):
    """What decides which trial comes next."""

    def ask(self, trials: int | None = None) -> ActiveTrial | NoTrial | None:
        """Take on the next trial by `ActiveStudy.claim`: one that waits, or a new one, whose config no other has.

        Any number of workers ask at the same time.

        Args:
            trials: so many may be trained in all; None for as many as there are.

        Returns:
            None if that is used up, or all configs are tried, which the ledger is told (`is_exhausted`); or another
            reason why there is none.
        """


def prepare_search(study: ActiveStudy) -> str | None:
    """Have the search backend prepare what all workers share; whoever leads the study calls it before they start.

    Returns:
        What people should know of it, if anything.

    Raises:
        HpoError: it cannot be prepared.
    """
    search = study.spec.search
    if search.preparation is None:
        return None
    text: str | None = EntryPoint(search.backend, search.preparation, BACKENDS.entry_point_group).load()(study)
    return text


def accompany_search(study: ActiveStudy) -> AbstractContextManager[None]:
    """Give the context in which whoever leads a study runs its workers: what the search backend does meanwhile."""
    search = study.spec.search
    if search.companion is None:
        return nullcontext()
    make = EntryPoint(search.backend, search.companion, BACKENDS.entry_point_group).load()
    context: AbstractContextManager[None] = make(study)
    return context


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
