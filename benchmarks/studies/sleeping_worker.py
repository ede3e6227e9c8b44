"""A worker whose trials sleep, as a process: `python -m sleeping_worker`, which `scheduling.py` starts."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from hpo.fleet import Event, Slot, TestScored, TrialEnded, TrialStarted, WorkerReady
from hpo.fleet.launchers.local import LocalWorker
from hpo.fleet.messages import ClaimTrials, Command, NothingClaimed, ScoreTrial, from_json, to_json
from hpo.fleet.renewal import renew_leases
from hpo.processes.child import ParentConnection, run_child
from hpo.processes.parent import EngineProcess, OnMessage
from hpo.search import NoTrial, claim, open_backend
from hpo.studies import ActiveStudy, StudyAddress
from hpo.training import Completed, Learned

_SECONDS = "SECONDS_OF_A_TRIAL"
"""The variable of the environment that says how long a trial sleeps."""


class SleepingLauncher:
    """A launcher of such workers, with as many slots as are asked for."""

    def __init__(self, seconds: float) -> None:
        """Prepare to start workers whose trials sleep for so many seconds."""
        self._environment = {_SECONDS: repr(seconds), "PYTHONPATH": str(Path(__file__).parent)}

    def slots(self, study: ActiveStudy, workers: int) -> list[Slot]:
        """Return so many slots."""
        return [Slot(number, self._environment, None, f"worker {number}") for number in range(1, workers + 1)]

    def start(self, study: ActiveStudy, slot: Slot, on_event: Callable[[Event], None]) -> LocalWorker:
        """Start a worker."""
        return LocalWorker(study, slot, on_event, _SleepingProcess(slot.environment))


class _SleepingProcess:
    """Stands where a process that was started early is taken over, and starts one."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment

    def take(self, log: IO[bytes], path: Path, on_message: OnMessage) -> EngineProcess:
        """Start the process."""
        return EngineProcess("sleeping_worker", environment=self.environment, log=log, on_message=on_message)


def main(connection: ParentConnection) -> None:
    """Run trials of the study that the first message names, and do what the supervisor asks for then."""
    requests = connection.requests()
    start, commands, seconds = next(requests), map(from_json, requests), float(os.environ[_SECONDS])
    name, number = f"{os.uname().nodename}:{os.getpid()}", start["number"]
    result = Completed(Learned(0.5, 1, 0.5, {}, 10.0, {"val_accuracy": [0.5]}), (0.5,), Path.touch)
    with ActiveStudy(StudyAddress(*start["address"])) as study, renew_leases(study):
        backend = open_backend(study, name)
        connection.send(to_json(WorkerReady(number, name, "none")))
        command: Command | None = ClaimTrials()
        while command is not None:
            if isinstance(command, ScoreTrial):
                study.record_test_score(command.number, 0.5, 1.0)
                connection.send(to_json(TestScored(number, command.number, 0.5, 1.0)))
            else:
                while not isinstance(trial := claim(study, backend, lambda: False, name), NoTrial):
                    connection.send(to_json(TrialStarted(number, trial.number, trial.params, 1)))
                    time.sleep(seconds)
                    trial.tell(result)
                    connection.send(to_json(TrialEnded(number, trial.number, "complete", [0.5], None, seconds)))
                connection.send(to_json(NothingClaimed(number, trial.reason)))
            command = next(commands, None)


if __name__ == "__main__":
    run_child(main)
