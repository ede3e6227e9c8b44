"""A worker as an agent of a sweep: it tells the server that it and its run live, and hears what is to be done.

Not `wandb.agent`, which (wandb 0.31) tears all connections of its process down before each run, stops a run by raising
an exception in its thread, and ends as if all were well after three quick failures.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from hpo.errors import HpoError
from hpo.search.wandb.server import ClientEndedError, SweepMissingError, SweepServer

BEAT_S = 5.0
"""Seconds between two heartbeats, as wandb's own agent has them."""


@dataclass(frozen=True, slots=True)
class SweepRun:
    """A run that the sweep has given out: its id, and `{NAME: {"value": VALUE}}`, what the sweep has drawn for it."""

    id: str
    args: dict[str, Any]


@dataclass(slots=True)
class _LiveRun:
    id: str | None
    ended: threading.Event = field(default_factory=threading.Event)
    is_stopped: bool = False


class SweepAgent:
    """One agent; a thread of its own sends heartbeats while a run is trained."""

    def __init__(self, server: SweepServer, path: str, host: str) -> None:
        """Prepare an agent; it registers when it first asks.

        Args:
            server: to ask.
            path: of the sweep, `ENTITY/PROJECT/ID`.
            host: what the server calls it.
        """
        self.server, self.path = server, path
        self._host = host
        self._id: str | None = None
        self._run = _LiveRun(None)

    def next_run(self) -> SweepRun | str | None:
        """Ask for a run.

        Returns:
            It; the state of a sweep that gives out none any more, or is paused; None where there is none for the
            moment.

        Raises:
            ServerAwayError: the server does not answer.
            SweepMissingError: the sweep was deleted.
        """
        command = self._beat(None)
        if command.get("type") in ("run", "resume"):
            return SweepRun(command["run_id"], command.get("args") or {})
        state = self.server.read(self.path).state
        return state if command.get("type") == "exit" or state not in ("RUNNING", "PENDING") else None

    def begin(self, run: str | None) -> None:
        """Tell the server from now on that a run of the sweep lives; None for a trial that is none of its runs."""
        self.end()
        self._run = _LiveRun(run)
        threading.Thread(target=self._keep_beating, args=(self._run,), daemon=True).start()

    def end(self) -> None:
        """Say no more that a run lives."""
        self._run.ended.set()

    @property
    def is_stopped(self) -> bool:
        """Whether the server has stopped the run that was begun, or the whole sweep was cancelled."""
        return self._run.is_stopped

    def _keep_beating(self, run: _LiveRun) -> None:
        while not (run.ended.is_set() or run.is_stopped):
            try:
                run.is_stopped = self._look(run.id)
            except (ClientEndedError, SweepMissingError):  # what was begun goes on; the next run is asked for in vain
                return
            except HpoError:  # the next one may be answered
                pass
            run.ended.wait(BEAT_S)

    def _look(self, run: str | None) -> bool:
        if run is None:  # a heartbeat would ask for a run
            return self.server.read(self.path).state == "CANCELED"
        match self._beat(run):
            case {"type": "stop", "run_id": name}:
                return bool(name == run)
            case {"type": "exit"}:
                return self.server.read(self.path).state == "CANCELED"
        return False

    def _beat(self, run: str | None) -> dict[str, Any]:
        """Send a heartbeat; only the first command of its answer counts."""
        if self._id is None:
            self._id = self.server.register_agent(self.path, self._host)
        commands = self.server.beat(self._id, run, self.path)
        return commands[0] if commands else {}
