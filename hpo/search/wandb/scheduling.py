"""The scheduler of a study's sweep, as whoever leads the study runs it: a process beside the workers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple

from hpo.errors import WorkError
from hpo.processes.environment import engine_environment
from hpo.processes.parent import Ending, EngineProcess, Message
from hpo.search.wandb.sweep import settings_of
from hpo.studies import ActiveStudy
from hpo.studies.address import nearby

_END_S = 20.0
"""Seconds in which the process may end the sweep, and its own run there."""


@contextmanager
def schedule(study: ActiveStudy) -> Iterator[None]:
    """Have runs put into the sweep of a study while the block lasts, where the study itself decides what to try.

    Raises:
        WorkError: the process that does it has ended before; the study is paused.
    """
    if settings_of(study.spec).method != "hpo" or not study.budget.remaining:
        yield
        return
    process = _SchedulerProcess(study)
    try:
        yield
    finally:
        process.end()
    if process.trouble is not None:
        raise WorkError(process.trouble)


class _SchedulerProcess:
    """The process; a study whose scheduler has ended is paused, on all machines.

    Attributes:
        trouble: why it has ended before it was asked to; None where it has not.
    """

    def __init__(self, study: ActiveStudy) -> None:
        self.trouble: str | None = None
        self._study = study
        self._error: str | None = None
        self._is_over = threading.Event()
        self._log = study.files.logs / "scheduler.log"
        with study.files.open_log(self._log) as log:
            self._process = EngineProcess(
                "hpo.search.wandb.scheduler_process",
                environment=engine_environment(1),
                log=log,
                on_message=self._receive,
            )
        # Not on the command line, which everybody on the machine can read: the URL of the storage may hold a password.
        self._process.send({"address": astuple(study.address), "overrides": study.overrides})

    def end(self) -> None:
        """Have the process end, which ends the sweep where the budget is spent."""
        self._is_over.set()
        self._process.send({"end": True})
        try:
            self._process.join(_END_S)
        finally:
            self._process.kill()
            self._process.join()

    def _receive(self, message: Message | Ending) -> None:
        if not isinstance(message, Ending):
            self._error = message.get("message", self._error)
        elif message.status and not self._is_over.is_set():
            event = message.explained_event if self._error is None else f"ended: {self._error.rstrip('.')}"
            self._study.pause(f"the scheduler of the sweep {event}")
            self.trouble = (
                f"study {self._study.name}: the scheduler of its sweep goes on while trials run. Received one that "
                f"{event} (log: {nearby(self._log)}). The study is paused; `hpo resume {self._study.address.argument}` "
                "continues it."
            )
