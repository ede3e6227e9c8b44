"""What an engine trains on, in words."""

from __future__ import annotations

from hpo.spaces import Engine


def describe_device(engine: Engine) -> str:
    """The devices that the engine sees, such as `cpu` or `gpu: NVIDIA H100`. Imports the engine."""
    if engine == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        names = [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus]
    elif engine == "jax":
        import jax

        names = [device.device_kind for device in jax.devices() if device.platform != "cpu"]
    else:
        import torch

        names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return f"gpu: {', '.join(names)}" if names else "cpu"
