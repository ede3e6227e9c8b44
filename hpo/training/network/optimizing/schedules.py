"""Learning rates as Keras computes them, step by step inside the compiled training step.

A callback would have to stop JAX after each batch.
"""

from __future__ import annotations

import math
from typing import Any

from keras import ops
from keras.optimizers import schedules

from hpo.spaces import Recipe
from hpo.spaces.sections.training.schedules import Cosine, Exponential, OneCycle, Step, WarmedUp


def make_learning_rate(recipe: Recipe, steps_per_epoch: int) -> float | schedules.LearningRateSchedule:
    """The learning rate for Keras' optimizers: a number where no schedule, or a callback, changes it.

    Args:
        recipe: its schedule is as long as its epochs.
        steps_per_epoch: how many steps an epoch has.
    """
    schedule, highest = recipe.schedule, float(recipe.highest_rate)
    warmup_steps = round(schedule.warmup_epochs * steps_per_epoch) if isinstance(schedule, WarmedUp) else 0
    steps = max(1, recipe.epochs * steps_per_epoch - warmup_steps)
    rate: float | schedules.LearningRateSchedule = highest
    match schedule:
        case Step():
            rate = schedules.ExponentialDecay(
                highest, schedule.every * steps_per_epoch, schedule.factor, staircase=True
            )
        case Exponential():
            rate = schedules.ExponentialDecay(highest, steps_per_epoch, schedule.decay)
        case Cosine():
            rate = schedules.CosineDecay(highest, steps, alpha=schedule.final_share)
        case OneCycle():
            first = highest / schedule.start_divisor
            return RiseAndFall(first, highest, first / schedule.final_divisor, steps, schedule.warmup_share)
    return WarmUp(highest, warmup_steps, rate) if warmup_steps else rate


class WarmUp(schedules.LearningRateSchedule):  # type: ignore[misc]
    """Rises evenly to its highest in so many steps, the first of which is not 0; another schedule follows."""

    def __init__(self, highest: float, steps: int, after: float | schedules.LearningRateSchedule) -> None:
        self._highest = highest
        self._steps = steps
        self._after = after

    def __call__(self, step: Any) -> Any:  # noqa: ANN401 - a tensor of whichever engine
        """The learning rate of a step, counted from 0."""
        done = ops.cast(step, "float32")
        rising = self._highest * (done + 1) / self._steps
        later = ops.maximum(done - self._steps, 0)
        after = self._after if isinstance(self._after, float) else self._after(later)
        return ops.where(done < self._steps, rising, after)

    def get_config(self) -> dict[str, Any]:
        """Return what it is made of, as Keras saves it with an optimizer."""
        after = self._after if isinstance(self._after, float) else schedules.serialize(self._after)
        return {"highest": self._highest, "steps": self._steps, "after": after}


class RiseAndFall(schedules.LearningRateSchedule):  # type: ignore[misc]
    """Half a cosine up, half a cosine down: the one-cycle policy as PyTorch's OneCycleLR has it."""

    def __init__(self, first: float, highest: float, last: float, steps: int, rising_share: float) -> None:
        self._first = first
        self._highest = highest
        self._last = last
        self._steps = steps
        self._rising_share = rising_share

    def __call__(self, step: Any) -> Any:  # noqa: ANN401 - a tensor of whichever engine
        """The learning rate of a step, counted from 0."""
        peak = max(self._rising_share * self._steps - 1, 1e-6)
        done = ops.cast(step, "float32")
        risen = ops.clip(done / peak, 0, 1)
        fallen = ops.clip((done - peak) / max(self._steps - 1 - peak, 1e-6), 0, 1)
        falling = _half_cosine(self._highest, self._last, fallen)
        return ops.where(done < peak, _half_cosine(self._first, self._highest, risen), falling)

    def get_config(self) -> dict[str, Any]:
        """Return what it is made of, as Keras saves it with an optimizer."""
        return {
            "first": self._first,
            "highest": self._highest,
            "last": self._last,
            "steps": self._steps,
            "rising_share": self._rising_share,
        }


def _half_cosine(first: float, last: float, share: Any) -> Any:  # noqa: ANN401 - a tensor of whichever engine
    """From one value to another: slowly, fast, slowly."""
    return last + (first - last) / 2 * (1 + ops.cos(math.pi * share))
