"""A launcher of the tests: its workers are threads of the test's own process, where the engine is imported once.

All trials of that process have one pool of compiled models, as those of one worker have.
"""

from __future__ import annotations

import json
import os
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from queue import Queue
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from hpo.errors import HpoError
from hpo.fleet import Event, Slot, WorkerDied, WorkerFailed
from hpo.fleet.messages import Command, from_json, to_json
from hpo.studies import ActiveStudy, StudyAddress

if TYPE_CHECKING:
    from hpo.training.pool.pool import ModelPool


class ThreadConnection:
    """A `Connection` of a worker that is a thread: messages go both ways as the JSON that processes would send."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self.lines: Queue[str | None] = Queue()

    def send(self, message: Mapping[str, Any]) -> None:
        self._on_event(from_json(json.loads(json.dumps(message))))

    def requests(self) -> Iterator[Any]:
        yield from map(json.loads, iter(self.lines.get, None))


Work = Callable[[StudyAddress, int, ThreadConnection], None]
"""What a worker does, given its study, its number, and its connection to the supervisor."""


class ThreadWorker:
    """A `WorkerHandle` of a thread."""

    def __init__(
        self, work: Work, name: str, address: StudyAddress, number: int, on_event: Callable[[Event], None]
    ) -> None:
        self.name = name
        self._connection = ThreadConnection(on_event)
        self._is_stopped = False
        self._reason: str | None = None
        self._thread = threading.Thread(target=self._run, args=(work, address, number, on_event))
        self._thread.start()

    def _run(self, work: Work, address: StudyAddress, number: int, on_event: Callable[[Event], None]) -> None:
        reason = ""
        try:
            work(address, number, self._connection)
            reason = "its process died (signal 9, SIGKILL): no more is known"
        except HpoError as error:
            on_event(WorkerFailed(number, type(error).__name__, str(error)))
        except Exception as error:
            traceback.print_exc()
            reason = f"its process exited with status 1: {error!r}"
        if not self._is_stopped:
            on_event(WorkerDied(number, self._reason or reason, "the last line"))

    def send(self, command: Command) -> None:
        self._connection.lines.put(json.dumps(to_json(command)))

    def stop(self) -> None:
        self._is_stopped = True
        self._connection.lines.put(None)

    def kill(self, reason: str | None = None) -> None:
        self._is_stopped, self._reason = reason is None, reason
        self._connection.lines.put(None)

    def join(self, timeout: float | None = None) -> bool:
        self._thread.join(timeout)
        return not self._thread.is_alive()


class ThreadLauncher:
    """At most so many slots; each worker has the name that its own process would have, or one of `names`."""

    def __init__(self, work: Work, names: Iterator[str] | None = None, most: int = 100) -> None:
        self._work, self._most = work, most
        self._names = names or iter(lambda: f"{os.uname().nodename}:{os.getpid()}", None)
        self.workers: list[ThreadWorker] = []

    def slots(self, study: ActiveStudy, workers: int) -> list[Slot]:
        return [Slot(number, {}, None, f"thread {number}") for number in range(1, min(workers, self._most) + 1)]

    def start(self, study: ActiveStudy, slot: Slot, on_event: Callable[[Event], None]) -> ThreadWorker:
        self.workers.append(ThreadWorker(self._work, next(self._names), study.address, slot.number, on_event))
        return self.workers[-1]


@cache
def shared_pool() -> ModelPool:
    """The one pool of this process: TensorFlow takes seconds to compile a training, and a small one takes none.

    That a model which is used again gives what a fresh one gives, to the last bit, is held by `test_contract_pool`.
    """
    from hpo.training.pool.pool import ModelPool

    return ModelPool(max_bytes=400 * 10**6)


def train_in_threads() -> ThreadLauncher:
    """Make a launcher of the workers that ship; one at a time, since they would share the engine's state."""
    from hpo.fleet.worker import Worker, work

    def work_with_shared_models(address: StudyAddress, number: int, connection: ThreadConnection) -> None:
        with patch.object(Worker, "_make_pool", lambda _: shared_pool()):
            work(address, number, connection)

    return ThreadLauncher(work_with_shared_models, most=1)
