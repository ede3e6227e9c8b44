"""How a trial can end, and what it says on the way: the types between training and search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from hpo.studies import Checkpoint

History = dict[str, list[float]]
"""A metric's value at each epoch, by the metric's name in Keras."""

FailureKind = Literal["nan_loss", "impossible_architecture", "out_of_memory", "timeout", "error", "worker_died", "hang"]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a trial failed."""

    kind: FailureKind
    message: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"


@dataclass(frozen=True, slots=True)
class EpochReport:
    """What one epoch gave.

    Attributes:
        epoch: counted from 1.
        epochs: how many the trial may have.
        value: the objective's metric.
        images_per_second: training images by training time, validation not counted.
        metrics: all that was measured, by Keras' names: an epoch of `History`.
        seconds: that the epoch took, training and validation.
        repeats: the metrics of each repeat, where there are several, whose means the others are; None for a repeat that
            had no such epoch.
        is_restored: whether an earlier attempt has trained it, whose checkpoint the trial goes on from: it is the first
            report of an attempt then, and may have been reported before.
        trained_by: the number of the trial that has trained it, where that is another one, which begins in the same
            way; it is restored then, too.
    """

    epoch: int
    epochs: int
    value: float
    images_per_second: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    repeats: tuple[Mapping[str, float] | None, ...] = ()
    is_restored: bool = False
    trained_by: int | None = None

    @property
    def trainings(self) -> int:
        """How many models the trial has trained for an epoch: one, or each repeat that had it; none for another's."""
        return 0 if self.trained_by is not None else sum(metrics is not None for metrics in self.repeats) or 1


class Verdict(Enum):
    """What becomes of a trial after an epoch."""

    CONTINUE = auto()
    PRUNE = auto()


class Observer(Protocol):
    """Follows a trial: storage, pruner and display."""

    @property
    def limits_cost(self) -> bool:
        """Whether `accepts` may refuse a network: its cost is then computed before any memory is taken for it."""

    def accepts(self, measures: Mapping[str, float]) -> bool:
        """Take note of what the network costs, and say whether it is worth training; asked once, before.

        Args:
            measures: `parameters`, `flops` and `memory` of the network; see `hpo.spaces.Objective`.
        """

    def report(self, report: EpochReport) -> Verdict:
        """Take note of an epoch and say whether to go on; called after each one."""

    def must_pause(self) -> bool:
        """Whether the trial is to stop now and be given back; asked before each batch, so it has to be quick."""


class Prefixes(Protocol):
    """The beginnings of a training that other trials have as well: its first phase, its first two, and so on."""

    def count_trained(self) -> int:
        """Count the first phases of which there is a checkpoint."""

    def read(self, phases: int) -> Checkpoint | None:
        """Read the checkpoint after so many phases; None where there is none any more, or it is not whole.

        Its `about` has the number of the trial that it is of, `trial`.
        """

    def save(self, phases: int, checkpoint: Checkpoint) -> None:
        """Keep the checkpoint after so many phases, if others may go on from it."""

    def take_on(self, phases: int) -> bool:
        """Take on to train the phases that follow the first so many; False where a trial that runs does so."""


@dataclass(frozen=True, slots=True)
class RepeatResult:
    """What one of a trial's repeats gave.

    Attributes:
        seed: that it was trained with.
        best_epoch: counted from 1.
        best_value: the objective in it.
        last_value: the objective in its last epoch that counts.
        values: one for each objective, as of a trial of this training alone; empty for a pruned trial.
        is_kept: whether the trial's model has its weights.
    """

    seed: int
    best_epoch: int
    best_value: float
    last_value: float
    values: tuple[float, ...]
    is_kept: bool


@dataclass(frozen=True, slots=True)
class Learned:
    """What training gave: of several repeats, the means.

    Attributes:
        best_value: the objective at its best epoch; the mean of what each repeat has at its own.
        best_epoch: that epoch, counted from 1; the one with the best mean.
        last_value: the objective at the last epoch, or at the last one with finite values where it diverged.
        measures: what was measured of the network and of its training, by the metric's name in a file.
        images_per_second: training images by training time, in the last epoch.
        history: every metric at every epoch.
        repeats: of each repeat, where there are several.
    """

    best_value: float
    best_epoch: int
    last_value: float
    measures: dict[str, float]
    images_per_second: float
    history: History
    repeats: tuple[RepeatResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Completed:
    """The trial ran to its end, early stopping ended it, or what came after its best epoch failed.

    Attributes:
        learned: what training gave.
        values: one for each objective; learned ones at the best epoch of the first, as means over the repeats.
        save_model: writes the model, with the weights of the best epoch, to a path that ends in `.keras`, and beside it
            what is known of it; see `hpo.training.trial.sidecar`.
        save_examples: writes to a path how the model does on the validation part, for trackers; see
            `hpo.training.measuring.examples`.
        remark: why no more epochs followed, where training failed after an epoch that counts; None where it did not.
    """

    learned: Learned
    values: tuple[float, ...]
    save_model: Callable[[Path], None] = field(repr=False)
    save_examples: Callable[[Path], None] = field(repr=False, default=lambda path: None)
    remark: Cause | None = None


@dataclass(frozen=True, slots=True)
class Pruned:
    """The pruner stopped the trial."""

    learned: Learned


@dataclass(frozen=True, slots=True)
class Failed:
    """The trial could not be trained, not even for an epoch that counts; the study goes on."""

    cause: Cause
    history: History = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Infeasible:
    """The config breaks a constraint, which was seen before any training; or the memory does not suffice for it.

    Attributes:
        cause: that memory ran out, and where; None where a constraint is broken.
    """

    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Paused:
    """The trial stopped before its end; it waits, and the next worker that claims it goes on from its last checkpoint.

    Attributes:
        cause: why; None where it was asked to stop.
        accumulation_steps: in how many parts its batches are computed from now on; None for as many as before.
    """

    cause: Cause | None = None
    accumulation_steps: int | None = None


Outcome = Completed | Pruned | Failed | Infeasible | Paused
