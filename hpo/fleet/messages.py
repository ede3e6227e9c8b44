"""Messages between the supervisor and its workers: one JSON object a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, get_args

from hpo.spaces import ScalarValue
from hpo.studies import TrialState


@dataclass(frozen=True, slots=True)
class ClaimTrials:
    """To a worker that waits: claim trials again."""


@dataclass(frozen=True, slots=True)
class ScoreTrial:
    """To a worker: evaluate the kept model of a trial on the test part."""

    number: int


@dataclass(frozen=True, slots=True)
class WorkerReady:
    """A worker has loaded engine and data."""

    worker: int
    name: str
    device: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A message about the data: files that are left out, images that are in two parts, how far reading is.

    Or about something else, where `subject` is empty: that a trial goes on, how many workers there is room for.
    """

    worker: int
    text: str
    subject: str = "data"


@dataclass(frozen=True, slots=True)
class TrialStarted:
    """A worker has claimed a trial."""

    worker: int
    number: int
    params: dict[str, ScalarValue]
    epochs: int


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A worker has come a step further with its trial: sent every few seconds, by the thread that trains."""

    worker: int
    number: int


@dataclass(frozen=True, slots=True)
class EpochDone:
    """A trial has reported an epoch; `value` is the learned objective, `epoch` counts from 1.

    `metrics` are all that was measured, by Keras' names, None where a value was no finite number; `seconds` is what the
    epoch took, and `trainings` how many models were trained for it: one, or each repeat that had it.
    """

    worker: int
    number: int
    epoch: int
    epochs: int
    value: float
    images_per_second: float
    metrics: dict[str, float | None] = field(default_factory=dict)
    seconds: float = 0.0
    trainings: int = 1


@dataclass(frozen=True, slots=True)
class TrialEnded:
    """A trial has ended, or waits again after it was given back.

    `values` are those of all objectives where it is complete, of the learned one at its last epoch where it was pruned,
    else None. `cause` says why it failed, or is infeasible; `remark` what ended the training of a complete one early.
    """

    worker: int
    number: int
    state: TrialState
    values: list[float] | None
    cause: str | None
    duration_s: float
    remark: str | None = None

    @property
    def failed_outside_config(self) -> bool:
        """Whether it failed for a reason outside its config, which the next trial may meet too."""
        return (self.cause or self.remark or "").startswith(("error:", "worker_died:", "hang:"))

    @property
    def is_suspect(self) -> bool:
        """Whether a run ends after many such trials in a row: the worker waits until its supervisor has counted it."""
        return self.state == "infeasible" or self.failed_outside_config


@dataclass(frozen=True, slots=True)
class NothingClaimed:
    """A worker found no trial to run, and waits for a command; `reason` is that of `hpo.search.NoTrial`."""

    worker: int
    reason: str


@dataclass(frozen=True, slots=True)
class WorkerGrown:
    """Between two trials, a worker takes more memory than it may, and is to be replaced; `growth` in bytes."""

    worker: int
    growth: int


@dataclass(frozen=True, slots=True)
class ScoringStarted:
    """A worker has begun to evaluate the model of a trial on the test part."""

    worker: int
    number: int


@dataclass(frozen=True, slots=True)
class TestScored:
    """The score on the test part of a model of the front: accuracy from 0 to 1, cross-entropy in nats.

    `error` says why there is none where the model could not be loaded, or does not predict.
    """

    __test__ = False  # no test class, whatever pytest thinks of the name

    worker: int
    number: int
    accuracy: float | None
    loss: float | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class TrialsElsewhere:
    """Other runs of the study, on this machine or on others, have come further; told every few seconds at most.

    `ended` has number, state and values of each trial that has ended there since the last such event, values where it
    is complete, else None. `running` counts the trials that run there.
    """

    worker: int
    ended: list[tuple[int, TrialState, list[float] | None]]
    running: int


@dataclass(frozen=True, slots=True)
class Stopping:
    """The run ends, and waits for workers: `running` trials are given back after the step that each is in.

    Sent at once where the run was interrupted, and then every few seconds. Times in seconds: how long it has waited,
    and how long it waits at most before it ends workers by force. `is_forced` where it does that now: of the epoch
    under way, what no checkpoint holds is lost.
    """

    running: int
    waited_s: float = 0.0
    patience_s: float = 60.0
    is_forced: bool = False


@dataclass(frozen=True, slots=True)
class WorkerFailed:
    """A worker cannot go on, for a reason that every trial would meet; `error` names a class of `hpo.errors`."""

    worker: int
    error: str
    message: str


@dataclass(frozen=True, slots=True)
class WorkerDied:
    """A worker's process has ended without being asked to, or had to be ended.

    `reason` says how, with the process as its subject; `log` has the last lines of its log.
    """

    worker: int
    reason: str
    log: str = ""


Command = ClaimTrials | ScoreTrial
Event = (
    Notice
    | WorkerReady
    | TrialStarted
    | Heartbeat
    | EpochDone
    | TrialEnded
    | NothingClaimed
    | TrialsElsewhere
    | WorkerGrown
    | ScoringStarted
    | TestScored
    | Stopping
    | WorkerFailed
    | WorkerDied
)

_TYPES: dict[str, type[Any]] = {message.__name__: message for message in (*get_args(Command), *get_args(Event))}


def to_json(message: Command | Event) -> dict[str, Any]:
    """A message as plain values, its type among them."""
    return {"type": type(message).__name__, **asdict(message)}


def from_json(fields: Mapping[str, Any]) -> Any:  # noqa: ANN401 - the caller knows which way the stream runs
    """The message that `to_json` made plain values of.

    Raises:
        ValueError: they are no message.
    """
    try:
        return _TYPES[fields["type"]](**{name: value for name, value in fields.items() if name != "type"})
    except (KeyError, TypeError) as error:
        raise ValueError(f"a message has a known type and its fields. Received {fields!r}.") from error
