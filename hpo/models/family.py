"""What a model family is: the options that a file may set, and the network that they give."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hpo.spaces import Section
from hpo.spaces.sections.recipe import FrozenLayers
from hpo.vocabulary import suggest

if TYPE_CHECKING:
    import keras

Shape = tuple[int, int, int]
"""Height, width and channels of an image."""


@dataclass(frozen=True, slots=True)
class PixelScale:
    """What brings RGB pixels from 0..255 to what weights were trained on: subtract the mean, divide by the deviation.

    The default is that of ImageNet's images (the mean and the deviation of each channel), as PyTorch's models use it.
    """

    mean: tuple[float, float, float] = (123.675, 116.28, 103.53)
    deviation: tuple[float, float, float] = (58.395, 57.12, 57.375)


class ImpossibleArchitectureError(ValueError):
    """These options give no network for images of this size."""


BASE = "base"
"""The name of a nested model that is the base of a network."""
HEAD = "head_pooling"
"""The name of the layer that a head begins with."""


class ModelFamily(Section):
    """A registered builder: its fields are the keys that `model:` takes, and `build` makes the network.

    Subclasses set a default for `family` (their registered name) and give every other option a default.
    """

    has_resettable_networks: ClassVar[bool] = False
    """Whether setting all variables of a network brings it to its beginning: no layer has state of another kind or
    draws from the engine's own generators, and `get_config` says all that its layers do. Then a worker may train it
    again, with the values of another trial. It is not inherited: a family that is made of another may add layers."""

    family: str
    frozen_layers: FrozenLayers = 0
    """How many layers of the base (what comes before the head), counted from its input with the input layer, keep their
    weights; or the name of the last of them, or `all`."""

    def __init_subclass__(cls, **options: Any) -> None:  # noqa: ANN401 - pydantic's own
        """Have each family say for itself whether its networks can be reset."""
        super().__init_subclass__(**options)
        if "has_resettable_networks" not in vars(cls):
            cls.has_resettable_networks = False

    @abstractmethod
    def build(self, shape: Shape, classes: int) -> keras.Model:
        """Make the untrained (or pre-trained) network. Freezing is not its business: `freeze` follows.

        Args:
            shape: height, width and channels of the images.
            classes: how many classes there are, at least 2.

        Returns:
            A model from float32 images `[batch, height, width, channels]`, normalized, to class probabilities
            `[batch, classes]`, float32.

        Raises:
            ImpossibleArchitectureError: these options give no network for images of this size.
            hpo.errors.WeightsError: pre-trained weights could not be had.
        """

    def untrained(self, shape: Shape, classes: int) -> keras.Model:
        """Make the network before any weights are loaded: what is asked of it is its size and speed.

        Same layers, same rules; nothing is downloaded or read. A family that loads weights overrides it.

        Raises:
            ImpossibleArchitectureError: these options give no network for images of this size.
        """
        return self.build(shape, classes)

    def require(self) -> None:
        """Hold that what `build` calls of other people's code is there, before any trial runs; nothing here.

        Raises:
            hpo.errors.WorkError: it is not, so that no trial can run.
        """

    @property
    def is_pretrained(self) -> bool:
        """Whether `build` loads ImageNet weights, for which `imagenet_scale` is the scale to give pixels by default."""
        return False

    def imagenet_scale(self) -> PixelScale:
        """Say what `normalization: imagenet` applies; a family whose weights expect something else overrides it."""
        return PixelScale()

    def base_layers(self, network: keras.Model) -> list[keras.layers.Layer]:
        """List the layers of the base, from the input on: what `frozen_layers` counts.

        Here: those of the nested model `base` where the network has one, else those before the layer `head_pooling`,
        else all but the last.
        """
        names = [layer.name for layer in network.layers]
        if BASE in names:
            base: list[keras.layers.Layer] = network.get_layer(BASE).layers
            return base
        return list(network.layers[: names.index(HEAD) if HEAD in names else -1])

    def freeze(self, network: keras.Model, frozen_layers: FrozenLayers | None = None) -> None:
        """Let the first layers of the base keep their weights, and train all others.

        Batch normalization in a frozen layer normalizes by its moving statistics and leaves them as they are: Keras
        runs it in inference mode. A model that was compiled before has to be compiled again.

        Args:
            network: as `build` or `untrained` made it.
            frozen_layers: which; those of the family's own option if left out.

        Raises:
            ImpossibleArchitectureError: the base has fewer layers, or none of that name.
        """
        frozen_layers = self.frozen_layers if frozen_layers is None else frozen_layers
        base = self.base_layers(network)
        frozen = _count_frozen(frozen_layers, [layer.name for layer in base])
        network.trainable = True
        for index, layer in enumerate(base):
            layer.trainable = index >= frozen


def _count_frozen(frozen_layers: FrozenLayers, names: list[str]) -> int:
    """Count the layers that are frozen of a base with these names."""
    if frozen_layers == "all":
        return len(names)
    if isinstance(frozen_layers, str):
        if frozen_layers not in names:
            close = suggest(frozen_layers, [*names, "all"])
            remedy = f"D{close[1:]}" if close else f"Its {len(names)} layers run from {names[0]} to {names[-1]}."
            raise ImpossibleArchitectureError(
                "frozen_layers is a number, all, or the name of a layer of the base. "
                f"Received {frozen_layers!r}. {remedy}"
            )
        return names.index(frozen_layers) + 1
    if frozen_layers > len(names):
        raise ImpossibleArchitectureError(
            f"the base has {len(names)} layers. Received frozen_layers {frozen_layers}. Write all to freeze the base."
        )
    return frozen_layers
