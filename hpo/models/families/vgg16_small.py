"""`vgg16_small`: VGG16 for small images, with batch normalization, dropout and weight decay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hpo.models.families.head import ClassifierHead, DenseUnits
from hpo.models.families.stack import stacked
from hpo.models.families.vgg16_blocks import vgg16_blocks
from hpo.models.families.weighted_layers import Activation, BatchNormalization, Penalty, Style, Units
from hpo.models.family import ImpossibleArchitectureError, ModelFamily, Shape
from hpo.models.weights import Started
from hpo.spaces.sections.section import Rate

if TYPE_CHECKING:
    import keras

_SMALLEST = 32
"""Five poolings leave one pixel of 32."""


class Vgg16Small(Started, ClassifierHead, ModelFamily):
    """VGG16 for images such as CIFAR's, with batch normalization, dropout and weight decay.

    The idea is S. Liu and W. Deng's (Very deep convolutional neural network based image classification using small
    training sample size, ACPR 2015: 8.45 % error on CIFAR-10). The defaults are those of the Keras version of it by
    Y. Geifman (github.com/geifmany/cifar-vgg: 93.56 % on CIFAR-10, 70 % on CIFAR-100), which was trained by SGD with
    learning rate 0.1, halved every 20 epochs, and Nesterov's momentum of 0.9, in 250 epochs of batches of 128, with
    shifts by 0.1, rotations by 15 degrees and horizontal flips, on standardized pixels.
    """

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

    def build(self, shape: Shape, classes: int) -> keras.Model:
        """Make the network; see `ModelFamily.build`."""
        return self.started(self, self.untrained(shape, classes))

    def untrained(self, shape: Shape, classes: int) -> keras.Model:
        """Make the network without weights of a file; see `ModelFamily.untrained`."""
        import keras

        height, width, _ = shape
        if min(height, width) < _SMALLEST:
            raise ImpossibleArchitectureError(
                f"vgg16_small needs images of {_SMALLEST} pixels or more. Received {height} x {width}. "
                "Raise data.image_size."
            )
        blocks = vgg16_blocks(self.filters, self.first_dropout, self.convolution_dropout, self.last_dropout)
        images = keras.Input(shape, name="images")
        style = Style(self.activation, self.batch_normalization, self.kernel_l2, self.bias_l2)
        return keras.Model(images, self.add_head(stacked(images, blocks, style), classes), name=self.family)
