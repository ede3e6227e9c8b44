"""How Adam changes weights, in as few operations of TensorFlow as that takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras


def simplify_updates(optimizer: keras.optimizers.Optimizer) -> None:
    """Have Adam compute what is the same for all weights once, and pass over the numbers of each weight half as often.

    Keras' (3.15) takes some 40 operations of TensorFlow for each weight, which are traced, prepared and run, and 12
    passes over its numbers. Here they are 6 passes: `variable -= delta * alpha` is one, and so is
    `variable -= grad * lr / (sqrt(accum) + epsilon)`, which is TensorFlow's Adagrad with slots that stay as they are,
    and the last line of Adam. On a CPU digits are the same: the formulas are those of Keras' `update_step`. Other
    optimizers are left as they are, and so is what TensorFlow might compute in another order then: gradients that end
    in a division by a number, as of parts of a batch.

    Args:
        optimizer: is built, and runs in a function of TensorFlow, on one device.
    """
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    if type(optimizer) not in (keras.optimizers.Adam, keras.optimizers.AdamW) or optimizer.amsgrad:
        return
    numbers = optimizer.beta_1, optimizer.beta_2, optimizer.epsilon
    if optimizer.gradient_accumulation_steps or optimizer.loss_scale_factor or {*map(type, numbers)} != {float}:
        return
    import tensorflow as tf

    by_keras = optimizer._backend_update_step

    def update_weights(gradients: Sequence[Any], weights: Sequence[keras.Variable], learning_rate: object) -> None:
        """Stand where the optimizer has `_backend_update_step`."""
        rate = tf.convert_to_tensor(learning_rate)
        is_plain = all(isinstance(one, tf.Tensor) and one.dtype == tf.float32 for one in (rate, *gradients))
        if is_plain and all(weight.dtype == "float32" for weight in weights):
            _update(optimizer, gradients, weights, rate)
        else:
            by_keras(gradients, weights, learning_rate)

    optimizer._backend_update_step = update_weights


def _update(
    optimizer: keras.optimizers.Adam,
    gradients: Sequence[Any],
    weights: Sequence[keras.Variable],
    rate: Any,  # noqa: ANN401 - a tensor
) -> None:
    import tensorflow as tf

    step = tf.cast(tf.convert_to_tensor(optimizer.iterations) + 1, tf.float32)
    first, second = (1 - tf.pow(tf.constant(beta), step) for beta in (optimizer.beta_1, optimizer.beta_2))
    alpha = rate * tf.sqrt(second) / first
    to_mean, to_square = tf.constant(1 - optimizer.beta_1), tf.constant(1 - optimizer.beta_2)
    epsilon = tf.constant(optimizer.epsilon)
    for gradient, weight in zip(gradients, weights, strict=True):
        place = optimizer._get_variable_index(weight)
        mean, square = optimizer._momentums[place].value, optimizer._velocities[place].value
        _move(mean, to_mean, mean - gradient)
        _move(square, to_square, square - tf.square(gradient))
        tf.raw_ops.ResourceApplyAdagradV2(
            var=weight.value.handle,
            accum=square.handle,
            lr=alpha,
            epsilon=epsilon,
            grad=mean.read_value(),
            update_slots=False,
        )


def _move(variable: Any, share: Any, away: Any) -> None:  # noqa: ANN401 - a variable and two tensors
    """Take a share of a difference from a variable."""
    import tensorflow as tf

    tf.raw_ops.ResourceApplyGradientDescent(var=variable.handle, alpha=share, delta=away)
