"""Who runs where: the supervisor, its workers, and what they say to each other."""

from hpo.fleet.messages import (
    EpochDone,
    Event,
    Notice,
    Stopping,
    TestScored,
    TrialEnded,
    TrialStarted,
    WorkerDied,
    WorkerFailed,
    WorkerReady,
    to_json,
)
from hpo.fleet.progress import Progress, RunningTrial
from hpo.fleet.slots import Launcher, Slot, WorkerHandle, find_launcher
from hpo.fleet.supervisor import Listener, Supervisor

__all__ = [
    "EpochDone",
    "Event",
    "Launcher",
    "Listener",
    "Notice",
    "Progress",
    "RunningTrial",
    "Slot",
    "Stopping",
    "Supervisor",
    "TestScored",
    "TrialEnded",
    "TrialStarted",
    "WorkerDied",
    "WorkerFailed",
    "WorkerHandle",
    "WorkerReady",
    "find_launcher",
    "to_json",
]
