"""`application` and `resnet50v2`: networks of `keras.applications` below a head of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from hpo.models.families.head import DenseUnits, HeadPooling
from hpo.models.families.keras_networks import APPLICATIONS, Application, canonical_name
from hpo.models.families.transfer import ImageNet, InputSize, Transfer
from hpo.models.families.weighted_layers import Penalty
from hpo.models.family import Shape
from hpo.spaces.sections.section import Rate

if TYPE_CHECKING:
    import keras


class _AnySpelling(BeforeValidator):
    """Takes Keras' own names as well, and says so in the JSON Schema."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"enum": [*APPLICATIONS, *sorted(network.keras_name for network in APPLICATIONS.values())]}


if TYPE_CHECKING:
    Name = str
else:
    Name = Annotated[
        Literal[tuple(APPLICATIONS)],
        _AnySpelling(lambda value: canonical_name(value) if isinstance(value, str) else value),
    ]


class KerasApplication(Transfer):
    """Any network of `keras.applications`, with ImageNet weights or without, and a head of its own.

    `normalization: imagenet`, and `auto` with ImageNet weights, brings pixels to what the network was trained on, as
    Keras' own `preprocess_input` does. Every network takes RGB; what some do to pixels inside is left out of them. The
    sizes that images need: 71 pixels for xception, 75 for inception_v3 and inception_resnet_v2, 32 for all others.
    """

    has_resettable_networks: ClassVar[bool] = True

    family: Literal["application"] = "application"
    name: Name = "mobilenet_v2"
    """Which network; Keras' own spelling (`MobileNetV2`) is taken too."""
    alpha: Annotated[float, Field(gt=0, le=4)] | None = None
    """Width multiplier of mobilenet, mobilenet_v2 and mobilenet_v3: 1 if left out. There are ImageNet weights for 0.25,
    0.5, 0.75, 1 (mobilenet), 0.35, 0.5, 0.75, 1, 1.3, 1.4 (mobilenet_v2), and 0.75, 1 (mobilenet_v3), all of them
    trained on images of 224 pixels."""
    depth_multiplier: Annotated[int, Field(ge=1, le=8)] | None = None
    """Filters that each depthwise convolution of mobilenet has for a channel: 1 if left out, and with ImageNet
    weights."""
    head_pooling: HeadPooling = "average"
    """How the feature maps become a vector."""
    dense_units: DenseUnits = 0
    """Units of the hidden dense layer, or a list with those of several; 0 leaves it out."""

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        application = self.application()
        if self.alpha is not None and not application.alphas:
            with_it = ", ".join(network.name for network in APPLICATIONS.values() if network.alphas)
            raise ValueError(f"alpha is the width of {with_it}: {application.name} has none, remove it")
        if self.depth_multiplier is not None and not application.has_depth_multiplier:
            raise ValueError(f"depth_multiplier is an option of mobilenet: {application.name} has none, remove it")
        if self.weights == "imagenet":
            if self.alpha is not None and self.alpha not in application.alphas:
                there = ", ".join(f"{alpha:g}" for alpha in application.alphas)
                raise ValueError(
                    f"there are ImageNet weights of {application.name} for alpha {there}, not for {self.alpha:g}: "
                    "take one of them, or set weights to none"
                )
            if self.depth_multiplier not in (None, 1):
                raise ValueError("there are ImageNet weights for depth_multiplier 1 alone: or set weights to none")
        return self

    def application(self) -> Application:
        """See `Transfer.application`."""
        return APPLICATIONS[self.name]

    def base(self, shape: Shape, weights: ImageNet | None) -> keras.Model:
        """See `Transfer.base`."""
        options = {"alpha": self.alpha, "depth_multiplier": self.depth_multiplier}
        return self.application().base(
            shape, weights, **{key: value for key, value in options.items() if value is not None}
        )


class ResNet50V2(Transfer):
    """ResNet50V2 (He et al., 2016) by Keras, on images that the network itself enlarges, with noise and a small head.

    Images are resized to 224 pixels, get Gaussian noise in training, and go through the base, global average pooling, a
    dense layer with L2 penalties, dropout and softmax. Each of these numbers is an option.
    """

    has_resettable_networks: ClassVar[bool] = True

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
