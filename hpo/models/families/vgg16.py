"""`vgg16` and `vgg16_small`: the convolutions of VGG16, pre-trained or not, and a dense head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from hpo.models.families.blocks import BlockFamily, DeepBlock, stack_blocks
from hpo.models.families.head import DenseUnits, HeadPooling
from hpo.models.families.keras_networks import APPLICATIONS, Application
from hpo.models.families.transfer import ImageNet, Transfer
from hpo.models.families.weighted_layers import Activation, BatchNormalization, Penalty, Style, Units
from hpo.models.family import BASE, ImpossibleArchitectureError, Shape
from hpo.spaces.sections.section import Rate

if TYPE_CHECKING:
    import keras

BASE_LAYERS = 19
"""Layers of the base in Keras' count: the input, 13 convolutions, 5 poolings."""
NORMALIZED_BASE_LAYERS = 45
"""Batch normalization and the activation after it are layers of their own."""
_CONVOLUTIONS = (2, 2, 3, 3, 3)
"""Of the blocks of configuration D."""
_LARGEST = 8
"""Filters double from block to block, up to this many times those of the first."""
_SMALLEST = 32
"""Five poolings leave one pixel of 32."""


class Vgg16(Transfer):
    """VGG16 (Simonyan and Zisserman, 2015), with a head of its own.

    The variants that people compare are options: the plain head of the paper is `head_pooling: flatten, dense_units:
    [4096, 4096], dropout: 0.5`; `frozen_layers: 15` trains the last block and the head; `extra_convolutions` and
    `dense_units` put more layers on top; `batch_normalization` is VGG16-BN, for which there are no ImageNet weights:
    with those, `head_batch_normalization` has it in the layers on top. For VGG16 on small images see `vgg16_small`.

    Keras' ImageNet weights expect BGR images with the ImageNet means subtracted. Here the first convolution's kernel is
    flipped instead, so that the network takes RGB like every other, and `normalization: imagenet` subtracts the means.
    """

    has_resettable_networks: ClassVar[bool] = True

    family: Literal["vgg16"] = "vgg16"
    frozen_layers: Annotated[int, Field(ge=0, le=NORMALIZED_BASE_LAYERS)] | str = 0
    """How many layers of the base, counted from the input with the input layer, keep their weights: 19 (45 with batch
    normalization) are all; or the name of the last of them, or `all`."""
    batch_normalization: bool = False
    """Whether there is batch normalization between each convolution of the base and its activation, as in VGG16-BN.
    Not with ImageNet weights."""
    head_pooling: HeadPooling = "average"
    """How the feature maps become a vector."""
    dense_units: DenseUnits = 256
    """Units of the hidden dense layer, or a list with those of several; 0 leaves it out."""

    @model_validator(mode="after")
    def _check_base(self) -> Self:
        if self.batch_normalization and self.weights == "imagenet":
            raise ValueError(
                "batch_normalization between the convolutions has no ImageNet weights: set weights to none, or "
                "head_batch_normalization in place of batch_normalization"
            )
        most = NORMALIZED_BASE_LAYERS if self.batch_normalization else BASE_LAYERS
        if isinstance(self.frozen_layers, int) and self.frozen_layers > most:
            raise ValueError(f"frozen_layers is at most {most}, the layers of the base: write all, or a smaller number")
        return self

    def application(self) -> Application:
        """See `Transfer.application`."""
        return APPLICATIONS["vgg16"]

    def base(self, shape: Shape, weights: ImageNet | None) -> keras.Model:
        """See `Transfer.base`."""
        import keras

        if not self.batch_normalization:
            return super().base(shape, weights)
        self.application().check(shape, weights)
        images = keras.Input(shape, name="images")
        features = stack_blocks(images, _make_blocks(), Style(batch_normalization=True))
        return keras.Model(images, features, name=BASE)


class Vgg16Small(BlockFamily):
    """VGG16 for images such as CIFAR's, with batch normalization, dropout and weight decay.

    The idea is S. Liu and W. Deng's (Very deep convolutional neural network based image classification using small
    training sample size, ACPR 2015: 8.45 % error on CIFAR-10). The defaults are those of the Keras version of it by
    Y. Geifman (github.com/geifmany/cifar-vgg: 93.56 % on CIFAR-10, 70 % on CIFAR-100), which was trained by SGD with
    learning rate 0.1, halved every 20 epochs, and Nesterov's momentum of 0.9, in 250 epochs of batches of 128, with
    shifts by 0.1, rotations by 15 degrees and horizontal flips, on standardized pixels.
    """

    has_resettable_networks: ClassVar[bool] = True

    family: Literal["vgg16_small"] = "vgg16_small"
    filters: Units = 64
    """Filters of the first block; 2, 4, 8 and 8 times as many in the next ones."""
    activation: Activation = "relu"
    """After each convolution."""
    batch_normalization: BatchNormalization = "after_activation"
    """After the activation of each convolution, or before it where this is true."""
    first_dropout: Rate = 0.3
    """Dropout rate between the two convolutions of the first block."""
    convolution_dropout: Rate = 0.4
    """Dropout rate between the convolutions of each other block."""
    last_dropout: Rate = 0.5
    """Dropout rate after the last block."""
    dense_units: DenseUnits = 512
    """Units of the hidden dense layer, or a list with those of several; 0 leaves it out."""
    head_batch_normalization: BatchNormalization = "after_activation"
    """After the activation of each hidden dense layer, or before it where this is true."""
    dropout: Rate = 0.5
    """Dropout rate after each hidden dense layer; with none, before the output layer."""
    kernel_l2: Penalty = 0.0005
    """L2 penalty on the kernels of convolutions and hidden dense layers: the loss gets this times the sum of their
    squares."""

    def untrained(self, shape: Shape, classes: int) -> keras.Model:
        """See `BlockFamily.untrained`."""
        height, width, _ = shape
        if min(height, width) < _SMALLEST:
            raise ImpossibleArchitectureError(
                f"vgg16_small needs images of {_SMALLEST} pixels or more. Received {height} x {width}. "
                "Raise data.image_size."
            )
        blocks = _make_blocks(self.filters, self.first_dropout, self.convolution_dropout, self.last_dropout)
        return self._make_network(shape, classes, blocks, self.activation, self.batch_normalization)


def _make_blocks(
    filters: int = 64, first_dropout: float = 0.0, convolution_dropout: float = 0.0, last_dropout: float = 0.0
) -> list[DeepBlock]:
    """Make five blocks of 13 convolutions, with dropout in the first, in the others, and after the last."""
    return [
        DeepBlock(
            convolutions=convolutions,
            filters=filters * min(2**index, _LARGEST),
            convolution_dropout=convolution_dropout if index else first_dropout,
            dropout=last_dropout if index == len(_CONVOLUTIONS) - 1 else 0.0,
        )
        for index, convolutions in enumerate(_CONVOLUTIONS)
    ]
