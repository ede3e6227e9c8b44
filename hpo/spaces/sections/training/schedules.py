"""How the learning rate changes while a model trains."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hpo.spaces.sections.section import Named, Section, Share


class WarmedUp(Section):
    """A schedule that may begin with a warm-up (Goyal et al., 2017)."""

    warmup_epochs: Annotated[float, Field(ge=0)] = 0.0
    """Epochs, or a part of one, in which the learning rate rises evenly from nearly 0; the schedule follows."""


class Constant(WarmedUp):
    """The learning rate stays as it is."""

    name: Literal["constant"] = "constant"


class Step(WarmedUp):
    """Multiply the learning rate by `factor` after every so many epochs."""

    name: Literal["step"] = "step"
    every: Annotated[int, Field(ge=1)] = 10
    """Epochs from one change to the next."""
    factor: Share = 0.1
    """What the learning rate is multiplied by."""


class Exponential(WarmedUp):
    """The learning rate falls by the same share in every epoch, a little after every step."""

    name: Literal["exponential"] = "exponential"
    decay: Share = 0.95
    """What the learning rate is multiplied by in the course of an epoch."""


class Cosine(WarmedUp):
    """The learning rate falls along half a cosine until the last epoch (Loshchilov and Hutter, 2017), once."""

    name: Literal["cosine"] = "cosine"
    final_share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """How much of the learning rate is left at the end."""


class OneCycle(Section):
    """The learning rate rises along half a cosine, and falls along another (Smith and Topin, 2018).

    As PyTorch's OneCycleLR with its defaults, the momentum left alone. `learning_rate` is the highest.
    """

    name: Literal["one_cycle"] = "one_cycle"
    warmup_share: Share = 0.3
    """The share of all steps in which it rises."""
    start_divisor: Annotated[float, Field(ge=1)] = 25.0
    """It begins with the highest divided by this."""
    final_divisor: Annotated[float, Field(ge=1)] = 1e4
    """It ends with what it began with divided by this."""


class ReduceOnPlateau(Section):
    """Multiply the learning rate by `factor` after `patience` epochs in which the validation loss did not fall."""

    name: Literal["reduce_on_plateau"] = "reduce_on_plateau"
    factor: Share = 0.1
    """What the learning rate is multiplied by."""
    patience: Annotated[int, Field(ge=1)] = 10
    """Epochs without a fall of the validation loss before it is."""
    min_delta: Annotated[float, Field(ge=0)] = 1e-4
    """The least fall of the validation loss that counts."""
    cooldown: Annotated[int, Field(ge=0)] = 0
    """Epochs after a reduction in which none is counted."""
    min_learning_rate: Annotated[float, Field(ge=0)] = 0.0
    """The learning rate does not go below it."""


AnySchedule = Annotated[Constant | Step | Exponential | Cosine | OneCycle | ReduceOnPlateau, *Named]


def effective_schedule(
    schedule: Constant | Step | Exponential | Cosine | OneCycle | ReduceOnPlateau, epochs: int, learning_rate: float
) -> Constant | Step | Exponential | Cosine | OneCycle | ReduceOnPlateau:
    """A schedule without what has no effect on that many epochs, from that learning rate on.

    What happens at the end of the last epoch comes too late; the first epoch always improves. A schedule that never
    changes the learning rate is `constant`.
    """
    if isinstance(schedule, ReduceOnPlateau):
        is_idle = schedule.patience >= epochs - 1 or schedule.min_learning_rate >= learning_rate
        return Constant() if is_idle else schedule
    if isinstance(schedule, WarmedUp) and schedule.warmup_epochs >= epochs:
        return Constant(warmup_epochs=schedule.warmup_epochs)
    if isinstance(schedule, Step) and schedule.warmup_epochs + schedule.every >= epochs:
        return Constant(warmup_epochs=schedule.warmup_epochs)
    return schedule
