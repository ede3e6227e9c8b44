"""TensorBoard: event files that `tensorboard --logdir` reads."""
