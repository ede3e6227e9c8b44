"""Networks that are a base by Keras, pre-trained or not, below layers of their own."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from hpo.models.families.head import ClassifierHead
from hpo.models.families.keras_networks import Application
from hpo.models.families.weighted_layers import Style, Units
from hpo.models.family import ModelFamily, PixelScale, Shape
from hpo.models.weights import StudyWeights, WeightsFile, load_weights
from hpo.spaces.sections.section import OrNone

if TYPE_CHECKING:
    import keras

InputSize = Annotated[Annotated[int, Field(ge=1, le=2048)] | None, OrNone]
ImageNet = Literal["imagenet"]


class Transfer(ClassifierHead, ModelFamily):
    """Images, resized and made noisy if asked; a nested model called `base`; more convolutions if asked; a head."""

    weights: Literal["imagenet", "none"] | WeightsFile | StudyWeights = "imagenet"
    """What training starts from: `imagenet` (Keras downloads them once), `none` (drawn at random), the path of a
    `.keras`, `.weights.h5` or `.h5` file of a network that takes RGB, or `study:NAME` for the best trial of another
    study. Layers are found by name; all of the base must be there, and the head is taken over where all of it fits."""
    input_size: InputSize = None
    """Side in pixels to which the network itself resizes images (bilinear), so that small ones are stored and fed as
    they are; `none` takes them as they come."""
    gaussian_noise: Annotated[float, Field(ge=0)] = 0.0
    """Standard deviation of the noise that training images get, in units of normalized pixels."""
    extra_convolutions: Annotated[list[Units], Field(max_length=8)] = []  # noqa: RUF012 - pydantic copies it
    """Filters of convolutions (3 x 3, ReLU) between base and head, one number each; they are no part of the base."""

    @abstractmethod
    def application(self) -> Application:
        """Say which of Keras' networks is the base."""

    def base(self, shape: Shape, weights: ImageNet | None) -> keras.Model:
        """Make the base, a model called `base`; see `Application.base`."""
        return self.application().base(shape, weights)

    def build(self, shape: Shape, classes: int) -> keras.Model:
        """Make the network; see `ModelFamily.build`."""
        if self.weights == "imagenet":
            return self._make_network(shape, classes, "imagenet")
        return load_weights(self.weights, self, self._make_network(shape, classes, None))

    def untrained(self, shape: Shape, classes: int) -> keras.Model:
        """Make the network without its weights; see `ModelFamily.untrained`."""
        if self.is_pretrained:
            self.application().check(self._input_of_base(shape), "imagenet")
        return self._make_network(shape, classes, None)

    @property
    def is_pretrained(self) -> bool:
        """Whether the weights are ImageNet's."""
        return self.weights == "imagenet"

    def imagenet_scale(self) -> PixelScale:
        """See `ModelFamily.imagenet_scale`: what Keras' own preprocessing of the base does."""
        return self.application().scale

    def _input_of_base(self, shape: Shape) -> Shape:
        """Give the shape of images that the base sees."""
        return shape if self.input_size is None else (self.input_size, self.input_size, shape[2])

    def _make_network(self, shape: Shape, classes: int, weights: ImageNet | None) -> keras.Model:
        import keras
        from keras import layers

        size = self._input_of_base(shape)
        base = self.base(size, weights)
        images = features = keras.Input(shape, name="images")
        if size != shape:
            # The operation: the layer `Resizing` (3.15) defaults to training, and a network that is called without
            # saying whether it trains passes that on to all layers that follow.
            features = keras.ops.image.resize(features, size[:2], interpolation="bilinear")
        if self.gaussian_noise:
            features = layers.GaussianNoise(self.gaussian_noise, name="gaussian_noise")(features)
        features = base(features)
        style = Style("relu", self.head_batch_normalization, self.kernel_l2, self.bias_l2)
        for number, filters in enumerate(self.extra_convolutions, start=1):
            features = style.convolution(features, filters, 3, "extra_", str(number))
        network = keras.Model(images, self.add_head(features, classes), name=self.family)
        for operation in network.operations:
            if not isinstance(operation, layers.Layer):
                operation.name = "resizing"
        return network
