"""`simple_cnn`: a stack of convolution blocks and a dense head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from hpo.models.family import ClassifierHead, ImpossibleArchitectureError, ModelFamily, Shape, Units

if TYPE_CHECKING:
    import keras


class SimpleCnn(ModelFamily, ClassifierHead):
    """A stack of convolution blocks and a dense head, made for small images.

    A block is a convolution, batch normalization if asked, the activation, 2 x 2 max pooling if asked, and dropout.
    """

    family: Literal["simple_cnn"] = "simple_cnn"
    depth: Annotated[int, Field(ge=1, le=16)] = 3
    """How many blocks."""
    filters: Units | Annotated[list[Units], Field(min_length=1)] = 32
    """Filters of each block: a list with one number a block, or the first block's number, doubled in every next one."""
    kernel_size: Annotated[int, Field(ge=1, le=15)] = 3
    """Side of the convolution kernels, in pixels."""
    activation: Literal["relu", "elu", "gelu", "selu", "silu", "leaky_relu", "tanh"] = "relu"
    """After each convolution."""
    batch_normalization: bool = True
    """Between convolution and activation."""
    max_pooling: bool = True
    """Whether each block halves height and width."""
    block_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Dropout rate at the end of each block."""

    @model_validator(mode="after")
    def _enough_filters(self) -> Self:
        if isinstance(self.filters, list) and len(self.filters) < self.depth:
            raise ValueError(f"filters is one number, or a list with a number for each of the {self.depth} blocks")
        return self

    def block_filters(self) -> list[int]:
        """Filters of each block."""
        if isinstance(self.filters, list):
            return self.filters[: self.depth]
        return [self.filters * 2**block for block in range(self.depth)]

    def build(self, shape: Shape, classes: int) -> keras.Model:
        """Make the network; see `ModelFamily.build`."""
        import keras
        from keras import layers

        height, width, _ = shape
        if self.max_pooling and min(height, width) >> self.depth < 1:
            raise ImpossibleArchitectureError(
                f"{self.depth} poolings of 2 x 2 need images of {2**self.depth} pixels or more. "
                f"Received {height} x {width}. Lower model.depth, raise data.image_size, "
                "or set model.max_pooling to false."
            )
        inputs = features = keras.Input(shape, name="images")
        for block, filters in enumerate(self.block_filters(), start=1):
            features = layers.Conv2D(
                filters,
                self.kernel_size,
                padding="same",
                use_bias=not self.batch_normalization,
                name=f"block{block}_convolution",
            )(features)
            if self.batch_normalization:
                features = layers.BatchNormalization(name=f"block{block}_batch_normalization")(features)
            features = layers.Activation(self.activation, name=f"block{block}_activation")(features)
            if self.max_pooling:
                features = layers.MaxPooling2D(name=f"block{block}_pooling")(features)
            if self.block_dropout:
                features = layers.Dropout(self.block_dropout, name=f"block{block}_dropout")(features)
        return keras.Model(inputs, self.add_head(features, classes), name=self.family)
