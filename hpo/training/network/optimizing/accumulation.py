"""Gradient accumulation: a batch is computed in parts, of which one step is made as if it had been computed at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
from keras import ops
from keras.optimizers import schedules


def accumulate_gradients(optimizer: keras.optimizers.Optimizer, steps: int) -> None:
    """Have an optimizer that is not built yet step once in so many calls, by the mean of their gradients.

    Keras (3.15) does that itself, clips and decays once a step, and counts in steps what corrects a bias. It counts in
    calls, and here it is brought to count in steps: schedules, moving averages of weights, and the growth of a loss
    scale. (`ema_overwrite_frequency`, which no file has, acts from the first call of a step on.)

    With `mixed_float16` a call whose gradients are no finite numbers is left out, and steps are made of what follows:
    parts of two batches, then.
    """
    if steps == 1:
        return
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer.dynamic_growth_steps *= steps
    for inner in _inner(optimizer):
        inner.gradient_accumulation_steps = steps * (inner.gradient_accumulation_steps or 1)
        if isinstance(inner._learning_rate, schedules.LearningRateSchedule):
            inner.learning_rate = _EverySoManyCalls(inner._learning_rate, steps)
        if inner.use_ema:
            inner._update_model_variables_moving_average = _AverageAtSteps(inner, steps)


def lasting_variables(optimizer: keras.optimizers.Optimizer, steps: int) -> list[keras.Variable]:
    """List the variables of an optimizer that is built, but for sums of gradients, which are 0 between two steps."""
    inner = list(_inner(optimizer)) if steps > 1 else []
    sums = {id(variable) for one in inner for variable in one._accumulated_gradients}
    return [variable for variable in optimizer.variables if id(variable) not in sums]


def call_counters(optimizer: keras.optimizers.Optimizer, steps: int) -> list[keras.Variable]:
    """List the variables that count calls where the optimizer accumulates, and would count steps otherwise."""
    return [inner._iterations for inner in _inner(optimizer)] if steps > 1 else []


def _inner(optimizer: keras.optimizers.Optimizer) -> Iterator[keras.optimizers.Optimizer]:
    """Give the optimizers that change weights: those inside one that scales the loss, or that has several."""
    wrapped = getattr(optimizer, "optimizers", None) or [getattr(optimizer, "inner_optimizer", None)]
    for inner in wrapped:
        yield from [optimizer] if inner is None else _inner(inner)


class _EverySoManyCalls(schedules.LearningRateSchedule):  # type: ignore[misc]
    """Another schedule, which is given the number of the step in place of that of the call."""

    def __init__(self, schedule: schedules.LearningRateSchedule, steps: int) -> None:
        self._schedule = schedule
        self._steps = steps

    def __call__(self, step: Any) -> Any:  # noqa: ANN401 - a tensor of whichever engine
        """The learning rate of a call, counted from 0."""
        return self._schedule(ops.floor_divide(step, self._steps))

    def get_config(self) -> dict[str, Any]:
        """Return what it is made of, as Keras saves it with an optimizer."""
        return {"schedule": schedules.serialize(self._schedule), "steps": self._steps}


class _AverageAtSteps:
    """Moves an optimizer's averages of weights where it has stepped, as Keras does at each call."""

    def __init__(self, optimizer: keras.optimizers.Optimizer, steps: int) -> None:
        self._optimizer = optimizer
        self._steps = steps

    def __call__(self, variables: list[keras.Variable]) -> None:
        optimizer = self._optimizer
        calls = optimizer._iterations  # it is counted up after this
        has_stepped = ops.equal(ops.mod(calls + 1, self._steps), 0)
        is_first = ops.less(calls, self._steps)
        for variable, average in zip(variables, optimizer._model_variables_moving_average, strict=True):
            momentum = ops.where(is_first, 0.0, ops.where(has_stepped, optimizer.ema_momentum, 1.0))
            momentum = ops.cast(momentum, variable.dtype)
            average.assign(momentum * average + (1 - momentum) * variable)
