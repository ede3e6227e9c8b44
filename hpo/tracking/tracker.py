"""The port of a tracker: what shows trials outside hpo, told of them by the process beside a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from hpo.spaces.sections.objectives import Objective
from hpo.spaces.sections.tracking import TrackerSettings

if TYPE_CHECKING:  # settings are imported to read a file, which does without numpy and the database
    from hpo.spaces import ScalarValue, Tree
    from hpo.studies import TrialState
    from hpo.training.measuring.examples import Examples

__all__ = ["Alerting", "TrackedEpoch", "TrackedTrial", "Tracker", "TrackerSettings", "TrialEnding"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedTrial:
    """A trial as a tracker shows it: one run.

    Attributes:
        study: the name of the study, which groups its runs.
        number: of the trial in the study.
        run_id: of its run; the same whenever the trial goes on, and that of no other trial of any study.
        sweep: `ENTITY/PROJECT/ID` of the W&B sweep that gave the trial; None where none did.
        params: the active parameters, by name.
        config: the file with every parameter filled in, as plain values.
        objectives: what the study optimizes.
        attempt: how often it was started, counted from 1.
        worker: who runs it, `HOST:PROCESS`; None where nobody does any more.
        drawn: what the sweep has drawn for the run, by its own names, those of parameters that are not active too.
        inactive: the names of the latter.
        is_repeat: whether the run is another one, which has the config of the trial and was not trained again.
    """

    study: str
    number: int
    run_id: str
    sweep: str | None
    params: dict[str, ScalarValue]
    config: Tree
    objectives: tuple[Objective, ...]
    attempt: int
    worker: str | None
    drawn: dict[str, ScalarValue] = field(default_factory=dict)
    inactive: tuple[str, ...] = ()
    is_repeat: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedEpoch:
    """One epoch of a trial.

    Attributes:
        epoch: counted from 1.
        metrics: all that was measured, by Keras' names; None where a value was no finite number.
        seconds: that it took; 0 where that is not known.
    """

    epoch: int
    metrics: dict[str, float | None]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialEnding:
    """How a trial ended, or that it waits to be continued.

    Attributes:
        state: `complete`, `pruned`, `failed` or `infeasible`; `waiting` where it is paused.
        values: by the metrics of the objectives; of a pruned trial, that of its last epoch; none where it has none.
        cause: why it failed, or which constraints it breaks: `KIND: MESSAGE`.
        remark: what else should be known of its training: `KIND: MESSAGE`.
        best_epoch: the epoch of the learned values; 0 where no epoch has ended.
        measures: of the network and of its training, by the metric's name in a file.
        model: a file of its model on this machine, for as long as the call lasts; None where the tracker does not ask
            for it (see `TrackerSettings.wants_model`), or where the study did not keep it.
        examples: how the model does on the validation part; None where the trial is not complete.
    """

    state: TrialState
    values: dict[str, float] = field(default_factory=dict)
    cause: str | None = None
    remark: str | None = None
    best_epoch: int = 0
    measures: dict[str, float] = field(default_factory=dict)
    model: Path | None = None
    examples: Examples | None = None


class Tracker(Protocol):
    """Shows trials; made of its settings, and of a folder on this machine that is its own in the study's.

    It is called in a thread of its own, in a process beside the run: it may take its time. Whatever it raises is told
    once, and the call is made again later: `begin` comes before the calls that follow for a trial whenever one of them
    has failed, and the epochs that are sent then are those after the last that has arrived.
    """

    def begin(self, trial: TrackedTrial, after_epoch: int) -> int | None:
        """Begin the run of a trial, or go on with it.

        Args:
            trial: the trial.
            after_epoch: the last epoch that is known to have been sent, perhaps by another process; 0 where the run is
                new. A few more may be there, of a process that was killed, which are sent again.

        Returns:
            The last epoch that has arrived, of a tracker that can ask; None says that it is `after_epoch`.
        """

    def log(self, trial: TrackedTrial, epochs: Sequence[TrackedEpoch]) -> None:
        """Add epochs to a run, in their order."""

    def end(self, trial: TrackedTrial, ending: TrialEnding) -> None:
        """End a run; one that waits is closed, and may be continued by `begin`."""

    def close(self) -> None:
        """Close what is open, and wait until all is sent: nothing more follows from this process."""


class Alerting(Protocol):
    """What a tracker has beside `Tracker` by which people can be told something."""

    def alert(self, trial: TrackedTrial, state: TrialState, title: str, text: str, level: str) -> None:
        """Tell people something, at once.

        Args:
            trial: whose run it belongs to. It may have ended, and is as it was then when this returns.
            state: of the trial.
            title: one line.
            text: more of it.
            level: `INFO`, `WARN` or `ERROR`.
        """
