"""What follows the convolutions of a network: pooling, dense layers, dropout, softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from hpo.models.families.weighted_layers import Activation, BatchNormalization, Penalty, Style, Units
from hpo.models.family import HEAD
from hpo.spaces import Section
from hpo.spaces.sections.section import Rate

if TYPE_CHECKING:
    import keras

HeadPooling = Literal["flatten", "average", "max"]
DenseUnits = Annotated[int, Field(ge=0)] | Annotated[list[Units], Field(max_length=8)]


class ClassifierHead(Section):
    """Options of what follows the convolutions: pooling, dense layers, dropout, softmax."""

    head_pooling: HeadPooling = "flatten"
    """How the feature maps become a vector."""
    dense_units: DenseUnits = 128
    """Units of the hidden dense layer, or a list with those of several; 0 leaves it out."""
    dense_activation: Activation = "relu"
    """After each hidden dense layer."""
    head_batch_normalization: BatchNormalization = False
    """Between each hidden dense layer and its activation, or `after_activation`."""
    dropout: Rate = 0.0
    """Dropout rate after each hidden dense layer; with none, before the output layer."""
    kernel_l2: Penalty = 0.0
    """L2 penalty on kernels: the loss gets this times the sum of their squares. Of hidden dense layers and
    convolutions; neither of the output layer nor of a base by Keras."""
    bias_l2: Penalty = 0.0
    """L2 penalty on the biases of the same layers."""

    def add_head(self, features: keras.KerasTensor, classes: int) -> keras.KerasTensor:
        """Make class probabilities `[batch, classes]` of feature maps `[batch, height, width, channels]`."""
        from keras import layers

        pooling = {
            "flatten": layers.Flatten,
            "average": layers.GlobalAveragePooling2D,
            "max": layers.GlobalMaxPooling2D,
        }[self.head_pooling]
        vector = pooling(name=HEAD)(features)
        style = Style(self.dense_activation, self.head_batch_normalization, self.kernel_l2, self.bias_l2)
        units = self.dense_units if isinstance(self.dense_units, list) else [self.dense_units] * (self.dense_units > 0)
        for position, count in enumerate(units):
            number = str(position + 1) if position else ""
            vector = self._drop_out(style.dense(vector, count, number), number)
        if not units:
            vector = self._drop_out(vector, "")
        return layers.Dense(classes, activation="softmax", dtype="float32", name="probabilities")(vector)

    def _drop_out(self, vector: keras.KerasTensor, number: str) -> keras.KerasTensor:
        from keras import layers

        return layers.Dropout(self.dropout, name=f"dropout{number}")(vector) if self.dropout else vector
