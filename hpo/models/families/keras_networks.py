"""The networks of `keras.applications`: what each is called, takes and expects, and how one becomes a base."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from hpo.errors import WeightsError
from hpo.models.family import BASE, ImpossibleArchitectureError, PixelScale, Shape
from hpo.models.names import name_layers

if TYPE_CHECKING:
    import keras

RGB = 3
_SIZE = 224


@dataclass(frozen=True, slots=True)
class Application:
    """One of Keras' networks.

    Attributes:
        name: what a file calls it.
        keras_name: the function in `keras.applications`.
        scale: what its ImageNet weights expect, for RGB pixels.
        smallest: the least height and width of images.
        takes_bgr: whether its ImageNet weights expect the channels in that order.
        alphas: where it has a width multiplier, those that there are ImageNet weights for.
        has_depth_multiplier: whether it has one; its ImageNet weights are for 1.
        scales_itself: `by_option`, where Keras can be told to leave that out, or the name of the layer that follows.
        has_weights_by_size: whether Keras has ImageNet weights of it for several sizes of images. Those for 224 pixels
            are taken for all, so that trials on images of different sizes start from the same, after one download.
    """

    name: str
    keras_name: str
    scale: PixelScale
    smallest: int = 32
    takes_bgr: bool = False
    alphas: tuple[float, ...] = ()
    has_depth_multiplier: bool = False
    scales_itself: str | None = None
    has_weights_by_size: bool = False

    def base(self, shape: Shape, weights: Literal["imagenet"] | None, **options: float) -> keras.Model:
        """Make the network without its head: from float32 RGB images, brought to `scale`, to feature maps.

        What some networks do to pixels inside is left to `scale`, so that all of them take the same images. Layers
        have the same names in every process.

        Args:
            shape: height, width and channels of the images.
            weights: Keras' own, or none.
            options: `alpha` and `depth_multiplier`, where the network has them.

        Raises:
            ImpossibleArchitectureError: the images are too small, or not RGB where weights need that.
            WeightsError: the weights could not be had.
        """
        import keras

        self.check(shape, weights)
        arguments: dict[str, Any] = {**options, "include_top": False, "input_shape": shape}
        if self.scales_itself == "by_option":
            arguments["include_preprocessing"] = False
        make = getattr(keras.applications, self.keras_name)
        network = make(weights=None, **arguments) if weights is None else self._download(make, arguments)
        is_cut = self.scales_itself not in (None, "by_option")
        entry = network.get_layer(self.scales_itself).input if is_cut else network.input
        return name_layers(keras.Model(entry, network.output, name=BASE))

    def check(self, shape: Shape, weights: Literal["imagenet"] | None) -> None:
        """Hold that the network takes such images.

        Raises:
            ImpossibleArchitectureError: see `base`.
        """
        height, width, channels = shape
        if min(height, width) < self.smallest:
            raise ImpossibleArchitectureError(
                f"{self.name} needs images of {self.smallest} pixels or more. Received {height} x {width}. "
                f"Raise data.image_size, or set model.input_size to {self.smallest} or more."
            )
        if weights and channels != RGB:
            raise ImpossibleArchitectureError(
                f"ImageNet weights need images of 3 channels. Received {channels}. Set data.color to rgb, "
                "or model.weights to none."
            )

    def _download(self, make: Any, options: Mapping[str, Any]) -> keras.Model:  # noqa: ANN401 - a function of Keras
        try:
            with warnings.catch_warnings():  # MobileNetV3 has weights for 224 pixels alone
                warnings.filterwarnings("ignore", "`input_shape` is undefined or non-square", UserWarning)
                at_size = {"input_shape": (_SIZE, _SIZE, RGB)} if self.has_weights_by_size else {}
                network = make(weights="imagenet", **{**options, **at_size})
        except Exception as error:
            # Keras raises a bare Exception when a download fails; an engine out of memory raises its own.
            if not (type(error) is Exception or isinstance(error, OSError)):
                raise
            raise WeightsError(
                f"model.weights: the ImageNet weights of {self.name} are downloaded once by Keras. Received: {error}. "
                "Connect to the internet, or put the file that it asks for into ~/.keras/models ($KERAS_HOME/models), "
                "or give the path of a weights file, or set weights to none."
            ) from error
        if self.has_weights_by_size and options["input_shape"] != network.input_shape[1:]:
            trained, network = network, make(weights=None, **options)
            network.set_weights(trained.get_weights())
        if self.takes_bgr:
            first = next(layer for layer in network.layers if hasattr(layer, "kernel"))
            kernel, *bias = first.get_weights()
            first.set_weights([kernel[:, :, ::-1, :], *bias])
        return network


_CAFFE = PixelScale((123.68, 116.779, 103.939), (1.0, 1.0, 1.0))
_TF = PixelScale((127.5, 127.5, 127.5), (127.5, 127.5, 127.5))
_TORCH = PixelScale()
_SIGNED = PixelScale((128.0, 128.0, 128.0), (128.0, 128.0, 128.0))

_CONVNEXT = Application("", "", _TORCH, scales_itself="by_option")
_EFFICIENTNET = Application("", "", _TORCH, scales_itself="stem_conv_pad")
_EFFICIENTNET_V2_B = Application("", "", _TORCH, scales_itself="by_option")
_EFFICIENTNET_V2 = Application("", "", _SIGNED, scales_itself="by_option")
_MOBILENET = Application("", "", _TF, alphas=(0.25, 0.5, 0.75, 1.0), has_weights_by_size=True)
_MOBILENET_V3 = Application("", "", _TF, alphas=(0.75, 1.0), scales_itself="by_option")

_ALL = [
    *(
        replace(like, name=f"{name}_{size.lower()}", keras_name=f"{keras_name}{size}")
        for like, name, keras_name, sizes in (
            (_CONVNEXT, "convnext", "ConvNeXt", "Tiny Small Base Large XLarge"),
            (_EFFICIENTNET, "efficientnet", "EfficientNet", "B0 B1 B2 B3 B4 B5 B6 B7"),
            (_EFFICIENTNET_V2_B, "efficientnet_v2", "EfficientNetV2", "B0 B1 B2 B3"),
            (_EFFICIENTNET_V2, "efficientnet_v2", "EfficientNetV2", "S M L"),
            (_MOBILENET_V3, "mobilenet_v3", "MobileNetV3", "Small Large"),
            (Application("", "", _TF), "nasnet", "NASNet", "Mobile Large"),
        )
        for size in sizes.split()
    ),
    *(Application(f"densenet{depth}", f"DenseNet{depth}", _TORCH) for depth in (121, 169, 201)),
    *(Application(f"resnet{depth}", f"ResNet{depth}", _CAFFE, takes_bgr=True) for depth in (50, 101, 152)),
    *(Application(f"resnet{depth}v2", f"ResNet{depth}V2", _TF) for depth in (50, 101, 152)),
    *(Application(f"vgg{depth}", f"VGG{depth}", _CAFFE, takes_bgr=True) for depth in (16, 19)),
    Application("inception_resnet_v2", "InceptionResNetV2", _TF, smallest=75),
    Application("inception_v3", "InceptionV3", _TF, smallest=75),
    replace(_MOBILENET, name="mobilenet", keras_name="MobileNet", has_depth_multiplier=True),
    replace(_MOBILENET, name="mobilenet_v2", keras_name="MobileNetV2", alphas=(0.35, 0.5, 0.75, 1.0, 1.3, 1.4)),
    Application("xception", "Xception", _TF, smallest=71),
]
APPLICATIONS: Mapping[str, Application] = {
    network.name: network for network in sorted(_ALL, key=lambda network: network.name)
}
"""All of Keras 3.15, by the names that a file calls them."""


def canonical_name(name: str) -> str:
    """Name a network as a file does, for any spelling of it: `ResNet50V2` and `resnet50_v2` are `resnet50v2`.

    A word that is none comes back as it is.
    """
    return _BY_LETTERS.get(_letters(name), name)


def _letters(name: str) -> str:
    return name.replace("_", "").lower()


_BY_LETTERS = {_letters(name): name for name in APPLICATIONS}
