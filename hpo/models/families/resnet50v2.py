"""`resnet50v2`: ResNet50V2 on images that the network itself enlarges, with a small regularized head."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hpo.models.families.applications import APPLICATIONS, Application
from hpo.models.families.head import DenseUnits, HeadPooling
from hpo.models.families.transfer import InputSize, Transfer
from hpo.models.families.weighted_layers import Penalty
from hpo.spaces.sections.section import Rate


class ResNet50V2(Transfer):
    """ResNet50V2 (He et al., 2016) by Keras, on images that the network itself enlarges, with noise and a small head.

    Images are resized to 224 pixels, get Gaussian noise in training, and go through the base, global average pooling, a
    dense layer with L2 penalties, dropout and softmax. Each of these numbers is an option.
    """

    family: Literal["resnet50v2"] = "resnet50v2"
    input_size: InputSize = 224
    """Side in pixels to which the network itself resizes images (bilinear), so that small ones are stored and fed as
    they are; `none` takes them as they come, 32 pixels or more."""
    gaussian_noise: Annotated[float, Field(ge=0)] = 0.1
    """Standard deviation of the noise that training images get, in units of normalized pixels (here from -1 to 1)."""
    head_pooling: HeadPooling = "average"
    """How the feature maps become a vector."""
    dense_units: DenseUnits = 128
    """Units of the hidden dense layer, or a list with those of several; 0 leaves it out."""
    dropout: Rate = 0.05
    """Dropout rate after each hidden dense layer; with none, before the output layer."""
    kernel_l2: Penalty = 0.001
    """L2 penalty on the kernels of hidden dense layers and extra convolutions: the loss gets this times the sum of
    their squares."""
    bias_l2: Penalty = 0.001
    """L2 penalty on the biases of the same layers."""

    def application(self) -> Application:
        """See `Transfer.application`."""
        return APPLICATIONS["resnet50v2"]
