"""Two learning rates in one optimizer: those of the base and the head of a network, in a ratio that never changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import keras
from keras import ops

from hpo.models import ImpossibleArchitectureError, ModelFamily


def scale_base_rate(
    optimizer: keras.optimizers.Optimizer, share: float, base: Iterable[keras.Variable]
) -> keras.optimizers.Optimizer:
    """Have an optimizer that is not built yet train some variables by a share of its learning rate.

    All else of it acts on all variables together, as it does without: schedules and whoever sets the learning rate,
    clipping by the global norm, moving averages, steps that are counted, accumulation, the scaling of a loss around
    it. So the ratio holds at each step. Weight decay, which the learning rate multiplies, follows the share as well.

    The share is a variable of the optimizer, so a model that is compiled already can be trained with another one.

    Keras (3.15) has `OptimizerMap` for this. It has an optimizer for each group, and so clips each by its own norm, has
    no learning rate that a schedule or a callback could set, and finds variables by patterns that a nested base is no
    part of.

    Args:
        optimizer: any of Keras' that has a learning rate; not one that scales the loss around another.
        share: the learning rate of the base, by that of the head.
        base: the variables of the base; those that are frozen may be among them.

    Returns:
        The same optimizer.
    """
    keras_class = type(optimizer)
    optimizer.__class__ = type(keras_class.__name__, (_TwoRates, keras_class), {})
    optimizer._base_keys = frozenset(optimizer._var_key(variable) for variable in base)
    optimizer._base_share = optimizer.add_variable((), keras.initializers.Constant(share), "float32", name="base_share")
    optimizer._factor = None
    return optimizer


def variables_of_base(family: ModelFamily, network: keras.Model) -> list[keras.Variable]:
    """List the weights of the base, frozen ones among them.

    Raises:
        ImpossibleArchitectureError: base or head has none to train, so there is nothing for a learning rate of its own.
    """
    base = [weight for layer in family.base_layers(network) for weight in layer.weights]
    keys = {id(weight) for weight in base}
    can_be_trained = [weight for layer in network._flatten_layers() for weight in layer._trainable_variables]
    in_base = sum(id(weight) in keys for weight in can_be_trained)
    for group, count in (("base", in_base), ("head", len(can_be_trained) - in_base)):
        if not count:
            raise ImpossibleArchitectureError(
                f"training.learning_rates needs weights in base and head. Received {family.family}, whose {group} has "
                "none. Write training.learning_rate."
            )
    return base


class _TwoRates:
    """Comes before a class of Keras' optimizers; see `scale_base_rate`."""

    _base_keys: frozenset[Any]
    _base_share: keras.Variable
    _factor: keras.Variable | None
    """What `learning_rate` is multiplied by at present."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:  # noqa: ANN401 - of whichever engine
        if self._is_in_base(variable):
            learning_rate = ops.multiply(learning_rate, self._base_share)
        super().update_step(gradient, variable, learning_rate)  # type: ignore[misc]

    def _parallel_update_step(self, grads: Sequence[Any], variables: Sequence[Any], learning_rate: Any) -> None:  # noqa: ANN401
        """Step all variables at once, on PyTorch, for most optimizers."""
        product = getattr(self, "_u_product", None)  # Nadam's, over steps, each of which is two calls here
        before = None if product is None else ops.copy(product)
        for is_in_base in (False, True):
            chosen = [index for index, variable in enumerate(variables) if self._is_in_base(variable) == is_in_base]
            if not chosen:
                continue
            if product is not None:
                product.assign(before)
            rate = ops.multiply(learning_rate, self._base_share) if is_in_base else learning_rate
            group = [grads[index] for index in chosen], [variables[index] for index in chosen]
            super()._parallel_update_step(*group, rate)  # type: ignore[misc]

    def _apply_weight_decay(self, variables: Sequence[Any]) -> None:
        decayed = [variable for variable in variables if self._use_weight_decay(variable)]  # type: ignore[attr-defined]
        for factor in (None, self._base_share):
            group = [variable for variable in decayed if self._is_in_base(variable) == (factor is not None)]
            self._factor = factor
            try:
                if group:
                    super()._apply_weight_decay(group)  # type: ignore[misc]
            finally:
                self._factor = None

    def _get_current_learning_rate(self) -> Any:  # noqa: ANN401 - a variable, or a tensor of whichever engine
        rate = super()._get_current_learning_rate()  # type: ignore[misc]
        return rate if self._factor is None else ops.multiply(rate, self._factor)

    def _is_in_base(self, variable: Any) -> bool:  # noqa: ANN401 - Keras' variable, or TensorFlow's in it
        return self._var_key(variable) in self._base_keys  # type: ignore[attr-defined]
