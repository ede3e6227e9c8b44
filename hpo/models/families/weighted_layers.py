"""A convolution or a dense layer with its activation and batch normalization, in the order that a file asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

if TYPE_CHECKING:
    import keras

Units = Annotated[int, Field(ge=1)]
Penalty = Annotated[float, Field(ge=0)]
"""What the sum of the squares of weights is multiplied by, before it is added to the loss."""
KernelSize = Annotated[int, Field(ge=1, le=15)]
Activation = Literal["relu", "elu", "gelu", "selu", "silu", "leaky_relu", "tanh"]
BatchNormalization = bool | Literal["after_activation"]


@dataclass(frozen=True, slots=True)
class Style:
    """What the layers of a network have in common."""

    activation: Activation = "relu"
    batch_normalization: BatchNormalization = False
    kernel_l2: float = 0.0
    bias_l2: float = 0.0

    def convolution(
        self, features: keras.KerasTensor, filters: int, kernel_size: int, prefix: str, number: str = ""
    ) -> keras.KerasTensor:
        """Add a convolution that keeps height and width, and its activation: layers of their own, named by their kinds.

        Batch normalization before the activation takes the place of the bias. Feature maps are `[batch, height, width,
        channels]`; the names of the layers begin with the prefix and end with the number.
        """
        from keras import layers

        features = layers.Conv2D(
            filters,
            kernel_size,
            padding="same",
            use_bias=self.batch_normalization is not True,
            name=f"{prefix}convolution{number}",
            **self._regularizers(),
        )(features)
        return self._activate(features, prefix, number)

    def dense(self, vector: keras.KerasTensor, units: int, number: str = "") -> keras.KerasTensor:
        """Add a dense layer on `[batch, numbers]`, with its activation inside of it where nothing comes between."""
        from keras import layers

        if self.batch_normalization is not True:
            dense = layers.Dense(units, activation=self.activation, name=f"dense{number}", **self._regularizers())
            vector = dense(vector)
            if self.batch_normalization:
                vector = layers.BatchNormalization(name=f"dense_batch_normalization{number}")(vector)
            return vector
        vector = layers.Dense(units, use_bias=False, name=f"dense{number}", **self._regularizers())(vector)
        return self._activate(vector, "dense_", number)

    def _activate(self, tensor: keras.KerasTensor, prefix: str, number: str) -> keras.KerasTensor:
        from keras import layers

        added = [layers.Activation(self.activation, name=f"{prefix}activation{number}")]
        if self.batch_normalization:
            normalization = layers.BatchNormalization(name=f"{prefix}batch_normalization{number}")
            added.insert(1 if self.batch_normalization == "after_activation" else 0, normalization)
        for layer in added:
            tensor = layer(tensor)
        return tensor

    def _regularizers(self) -> dict[str, Any]:
        from keras import regularizers

        return {
            "kernel_regularizer": regularizers.L2(self.kernel_l2) if self.kernel_l2 else None,
            "bias_regularizer": regularizers.L2(self.bias_l2) if self.bias_l2 else None,
        }
