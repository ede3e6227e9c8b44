"""What a check finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from hpo.checking.exploration import DescribedPart
from hpo.checking.figures import FigureRange
from hpo.checking.idle_parameters import IdleParameter
from hpo.spaces import Engine

ProgressListener = Callable[[str], None]
"""Called with what is being done, as text for people."""


@dataclass(frozen=True, slots=True)
class ConstraintShare:
    """A constraint of the file, and the share of the space that meets it, from 0 to 1; None if unknown.

    It is 0 only where no config that was tried meets it.
    """

    text: str
    share: float | None


@dataclass(frozen=True, slots=True)
class Costs:
    """What networks of the space cost.

    Attributes:
        parameters: numbers of the network.
        flops: operations of one image's prediction.
        memory: bytes that training is estimated to take at its peak.
        device: what it would be trained on.
        device_memory: the memory of it, in bytes; None where it does not say.
        too_large: the parts of the space that are estimated to need more.
    """

    parameters: FigureRange
    flops: FigureRange
    memory: FigureRange
    device: str
    device_memory: int | None
    too_large: tuple[DescribedPart, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """How long it takes on this machine, one trial after the other; pruning and early stopping are not counted in.

    A trial takes as long as all of its repeats.

    Attributes:
        trial: seconds of a trial.
        mean_s: seconds of a mean trial.
        study_s: of all trials.
        timed: how many configs were timed.
        beyond: how many times the operations of the largest timed config the largest has; 1 where that was timed.
    """

    trial: FigureRange
    mean_s: float
    study_s: float
    timed: int
    beyond: float


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found by looking at configs of the space.

    Attributes:
        tried: how many configs were looked at.
        networks: how many different networks were built for it, symbolically; 0 where none was.
        problems: why the data cannot be read, or a config that can be built not be trained.
        broken: the parts of the space whose configs cannot be trained.
        constraints: each constraint, with the share of configs that meet it.
        feasible: the share of configs that meet all of them, 0 only where none that was tried does; None where that is
            not known, or there is no constraint.
        idle: the parameters that cannot matter.
        costs: of networks; None where none was built.
        times: of trials; None where nothing was timed.
        notes: what is downloaded first, what was not looked at, and how far estimates go.
    """

    tried: int
    networks: int = 0
    problems: tuple[str, ...] = ()
    broken: tuple[DescribedPart, ...] = ()
    constraints: tuple[ConstraintShare, ...] = ()
    feasible: float | None = None
    idle: tuple[IdleParameter, ...] = ()
    costs: Costs | None = None
    times: Times | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether every config can be trained, as far as was tried, and at least one is allowed."""
        return not self.broken and not self.problems and self.feasible != 0


@dataclass(frozen=True, slots=True)
class SharedEpochs:
    """What random trials of a space share.

    Attributes:
        trials: how many were drawn: as many as the study makes, and 200 at most.
        epochs: they have in all, each phase to its last epoch.
        trained: of these epochs, where trials that begin alike train that once.
    """

    trials: int
    epochs: int
    trained: int


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What `check_space` finds.

    Attributes:
        study: its name.
        engine: what Keras runs on.
        quick: whether the engine was left out.
        trials: how many the study makes at most: its budget, or fewer where all is tried before.
        timeout_s: its budget in seconds of working time; None without one.
        parameters: how many parameters the space has.
        configs: how many different configs; None where a continuous parameter makes them endless.
        continuous: those parameters.
        findings: what was found by looking at its configs.
        budget: in trials, as the file gives it.
        repeats: how many models each trial trains.
        money: what the study costs by the file's price of a GPU-hour; None without a price, on the CPU, and where
            nothing was timed.
        currency: of the price.
        sharing: what trials share of their trainings; None where the file does not ask for it.
    """

    study: str
    engine: Engine
    quick: bool
    trials: int
    timeout_s: float | None
    parameters: int
    configs: int | None
    continuous: tuple[str, ...]
    findings: Findings
    budget: int | None = None
    repeats: int = 1
    money: float | None = None
    currency: str | None = None
    sharing: SharedEpochs | None = None

    @property
    def is_sound(self) -> bool:
        """Whether every config can be trained, as far as was tried."""
        return self.findings.is_sound

    def to_json(self) -> dict[str, Any]:
        """Plain values, for programs."""
        plain: dict[str, Any] = TypeAdapter(CheckResult).dump_python(self, mode="json")
        findings = plain.pop("findings")
        return {"is_sound": self.is_sound, **plain, **findings}


FINDINGS = TypeAdapter(Findings)
"""Reads and writes findings as JSON."""
