"""The supervisor, its workers and launchers, and the messages between them."""

from hpo.fleet.messages import (
    ClaimTrials,
    Command,
    EpochDone,
    Event,
    NothingClaimed,
    Notice,
    ScoreTrial,
    Stopping,
    TestScored,
    TrialEnded,
    TrialStarted,
    WorkerDied,
    WorkerFailed,
    WorkerReady,
    from_json,
    to_json,
)
from hpo.fleet.progress import Progress, RunningTrial
from hpo.fleet.slots import Launcher, NumberedLauncher, Slot, WorkerHandle, find_launcher
from hpo.fleet.supervisor import Listener, Supervisor

__all__ = [
    "ClaimTrials",
    "Command",
    "EpochDone",
    "Event",
    "Launcher",
    "Listener",
    "NothingClaimed",
    "Notice",
    "NumberedLauncher",
    "Progress",
    "RunningTrial",
    "ScoreTrial",
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
    "from_json",
    "to_json",
]
