"""Workers as processes of this machine."""

from __future__ import annotations

import os
import queue
from contextlib import suppress

from hpo.fleet.messages import Command, Event, WorkerDied, WorkerFailed, from_json, to_json
from hpo.processes.environment import engine_environment
from hpo.processes.parent import Ending, EngineProcess, Message
from hpo.spaces import Engine
from hpo.studies import StudyFolder


class LocalWorker:
    """A worker in a process of its own; its events go into the supervisor's queue, its output into its log."""

    def __init__(
        self, folder: StudyFolder, engine: Engine, number: int, threads: int, events: queue.Queue[Event]
    ) -> None:
        """Start the process.

        Args:
            folder: the study.
            engine: what Keras runs on.
            number: what the worker is called in events, and in the name of its log.
            threads: how many the engine may use for one operation.
            events: where its events go; the last is `WorkerDied` unless `stop` was called before.
        """
        self.number = number
        self._log = folder.log_file(number)
        self._events = events
        self._stopping = False
        with folder.open_log(number) as log:
            self._process = EngineProcess(
                *("hpo.fleet.worker", str(folder.path), str(number)),
                environment=engine_environment(threads, engine),
                log=log,
                take=self._take,
            )
        self.join = self._process.join

    @property
    def name(self) -> str:
        """Who its trials record as their worker."""
        return f"{os.uname().nodename}:{self._process.pid}"

    def send(self, command: Command) -> None:
        """Give a command; one to a dead worker is lost, and `WorkerDied` says so."""
        self._process.send(to_json(command))

    def stop(self) -> None:
        """Ask the worker to give its trial back and end; returns at once."""
        self._stopping = True
        self._process.close()

    def kill(self) -> None:
        """End the worker at once."""
        self._stopping = True
        self._process.kill()

    def _take(self, message: Message | Ending) -> None:
        match message:
            case Ending():
                if self._stopping:
                    return
                words = "see its log, " if message.last_words is None else f"{message.last_words} (log: "
                words += f"{self._log}{'' if message.last_words is None else ')'}"
                self._events.put(WorkerDied(self.number, f"its process {message.event}: {words}"))
            case {"error": str(error), "message": str(text)}:
                self._events.put(WorkerFailed(self.number, error, text))
            case {"type": _}:
                with suppress(ValueError):  # what a library printed
                    self._events.put(from_json(message))
