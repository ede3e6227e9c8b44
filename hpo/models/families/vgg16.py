"""`vgg16`: the convolutions of VGG16, pre-trained or not, partly frozen or not, and a dense head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from hpo.models.families.applications import APPLICATIONS, Application
from hpo.models.families.head import DenseUnits, HeadPooling
from hpo.models.families.stack import stacked
from hpo.models.families.transfer import ImageNet, Transfer
from hpo.models.families.vgg16_blocks import vgg16_blocks
from hpo.models.families.weighted_layers import Style
from hpo.models.family import BASE, Shape

if TYPE_CHECKING:
    import keras

BASE_LAYERS = 19
"""Layers of the base in Keras' count: the input, 13 convolutions, 5 poolings."""
NORMALIZED_BASE_LAYERS = 45
"""Batch normalization and the activation after it are layers of their own."""


class Vgg16(Transfer):
    """VGG16 (Simonyan and Zisserman, 2015), with a head of its own.

    The variants that people compare are options: the plain head of the paper is `head_pooling: flatten, dense_units:
    [4096, 4096], dropout: 0.5`; `frozen_layers: 15` trains the last block and the head; `extra_convolutions` and
    `dense_units` put more layers on top; `batch_normalization` is VGG16-BN, for which there are no ImageNet weights:
    with those, `head_batch_normalization` has it in the layers on top. For VGG16 on small images see `vgg16_small`.

    Keras' ImageNet weights expect BGR images with the ImageNet means subtracted. Here the first convolution's kernel is
    flipped instead, so that the network takes RGB like every other, and `normalization: imagenet` subtracts the means.
    """

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
    def _one_base(self) -> Self:
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
        return keras.Model(images, stacked(images, vgg16_blocks(), Style(batch_normalization=True)), name=BASE)
