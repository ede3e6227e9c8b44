"""How Adam, RMSprop and SGD change weights, in as few operations of TensorFlow as that takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras

if TYPE_CHECKING:
    import tensorflow as tf

Changes = Iterable[tuple[Any, Any, int]]
"""The gradient of each weight, its variable of TensorFlow, and its place in the optimizer's lists."""


def simplify_updates(optimizer: keras.optimizers.Optimizer) -> None:
    """Have an optimizer compute what is the same for all weights once, and not for each of them.

    Keras' Adam (3.15) takes some 40 operations of TensorFlow for each weight, which are traced, prepared and run, and
    half of them are enough. Digits are the same: the formulas are those of its `update_step`. Optimizers, options and
    gradients that are not known here are left to Keras.

    Args:
        optimizer: is built, and runs in a function of TensorFlow, on one device.
    """
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    update, by_keras = _UPDATES.get(type(optimizer)), optimizer._backend_update_step
    if update is None or getattr(optimizer, "amsgrad", False) or getattr(optimizer, "centered", False):
        return
    import tensorflow as tf

    def update_weights(gradients: Sequence[Any], weights: Sequence[keras.Variable], learning_rate: object) -> None:
        if all(isinstance(gradient, tf.Tensor) and gradient.dtype == tf.float32 for gradient in gradients):
            places = map(optimizer._get_variable_index, weights)
            variables = (weight.value for weight in weights)
            update(optimizer, zip(gradients, variables, places, strict=True), tf.convert_to_tensor(learning_rate))
        else:
            by_keras(gradients, weights, learning_rate)

    optimizer._backend_update_step = update_weights


def _update_by_adam(optimizer: keras.optimizers.Adam, changes: Changes, rate: tf.Tensor) -> None:
    import tensorflow as tf

    step = tf.cast(tf.convert_to_tensor(optimizer.iterations) + 1, tf.float32)
    first, second = (1 - tf.pow(tf.constant(beta), step) for beta in (optimizer.beta_1, optimizer.beta_2))
    alpha = rate * tf.sqrt(second) / first
    to_mean, to_square = tf.constant(1 - optimizer.beta_1), tf.constant(1 - optimizer.beta_2)
    epsilon = tf.constant(optimizer.epsilon)
    for gradient, weight, place in changes:
        mean, square = optimizer._momentums[place].value, optimizer._velocities[place].value
        mean.assign_add((gradient - mean) * to_mean, read_value=False)
        square.assign_add((tf.square(gradient) - square) * to_square, read_value=False)
        weight.assign_sub(mean * alpha / (tf.sqrt(square) + epsilon), read_value=False)


def _update_by_rmsprop(optimizer: keras.optimizers.RMSprop, changes: Changes, rate: tf.Tensor) -> None:
    import tensorflow as tf

    rho, to_square = tf.constant(optimizer.rho), tf.constant(1 - optimizer.rho)
    epsilon, momentum = tf.constant(optimizer.epsilon), tf.constant(optimizer.momentum)
    for gradient, weight, place in changes:
        square = optimizer._velocities[place].value
        square.assign(rho * square + to_square * tf.square(gradient), read_value=False)
        increment = rate * gradient / tf.sqrt(square + epsilon)
        if optimizer.momentum > 0:
            velocity = optimizer._momentums[place].value
            velocity.assign(momentum * velocity + increment, read_value=False)
            increment = velocity
        weight.assign_sub(increment, read_value=False)


def _update_by_sgd(optimizer: keras.optimizers.SGD, changes: Changes, rate: tf.Tensor) -> None:
    import tensorflow as tf

    momentum = tf.constant(optimizer.momentum)
    for gradient, weight, place in changes:
        if not optimizer.momentum:
            weight.assign_sub(gradient * rate, read_value=False)
            continue
        velocity = optimizer.momentums[place].value
        velocity.assign(velocity * momentum - gradient * rate, read_value=False)
        change = velocity * momentum - gradient * rate if optimizer.nesterov else velocity
        weight.assign_add(change, read_value=False)


_UPDATES: Mapping[type, Callable[[Any, Changes, Any], None]] = {
    keras.optimizers.Adam: _update_by_adam,
    keras.optimizers.AdamW: _update_by_adam,
    keras.optimizers.RMSprop: _update_by_rmsprop,
    keras.optimizers.SGD: _update_by_sgd,
}
