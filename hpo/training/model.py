"""From a config to a compiled Keras model: raw uint8 images in, class probabilities out."""

from __future__ import annotations

from dataclasses import dataclass

import keras

from hpo.data import Dataset, Outline, TrialData, augmentation_layers, normalization_layer
from hpo.models import ImpossibleArchitectureError, ModelFamily
from hpo.spaces import Config
from hpo.spaces.recipe import Recipe
from hpo.training.compiling import compile_model
from hpo.training.cost import Cost, cost_of
from hpo.training.metrics import check_metrics
from hpo.training.precision import computing_in
from hpo.training.symbolic import without_weights


@dataclass(frozen=True, slots=True)
class BuiltModel:
    """A model and what it costs to train; compiled, unless it was made by `symbolic_model`.

    Attributes:
        model: from raw uint8 images to class probabilities.
        network: what the family made, inside it: what can be frozen.
        cost: see `cost_of`.
    """

    model: keras.Model
    network: keras.Model
    cost: Cost

    @property
    def parameters(self) -> int:
        """How many numbers the network holds."""
        return self.cost.parameters


def build_model(config: Config, data: TrialData) -> BuiltModel:
    """Build and compile what a config describes.

    Normalization (fitted on the training part) and augmentation are layers of the model, so they run on the device
    and travel with it.

    Raises:
        ImpossibleArchitectureError: these options give no network for images of this size.
        ValueError: Keras refuses the network.
        WeightsError: pre-trained weights could not be had.
    """
    dataset, family = _sections(config)
    with computing_in(config.training.precision):
        network = family.build(data.shape, len(data.classes))
    model = _classifier(dataset, family, data, network)
    compile_model(model, config.training, data.outline)
    return _built(model, network, config.training)


def build_untrained(config: Config, outline: Outline) -> BuiltModel:
    """Build and compile what a config describes without reading data or pre-trained weights.

    It is as large and as fast as the model that `build_model` makes; it is fitted to nothing.

    Raises:
        ImpossibleArchitectureError: these options give no network for images of this size.
        ValueError: Keras refuses the network.
    """
    model, network = _untrained(config, outline)
    compile_model(model, config.training, outline)
    return _built(model, network, config.training)


def symbolic_model(config: Config, outline: Outline) -> BuiltModel:
    """What a config describes, to ask for its size and cost: a model whose weights have no values, in a few 10 ms.

    Raises:
        ImpossibleArchitectureError: these options give no network for images of this size.
        ValueError: Keras refuses the network.
    """
    try:
        model, network = without_weights(lambda: _untrained(config, outline))
    except ImpossibleArchitectureError:
        raise
    except ValueError:  # a builder that needs the values of its weights; or no network at all, which this says again
        model, network = _untrained(config, outline)
    return _built(model, network, config.training)


def _sections(config: Config) -> tuple[Dataset, ModelFamily]:
    dataset, family = config.data, config.model
    if not isinstance(dataset, Dataset) or not isinstance(family, ModelFamily):
        raise TypeError(
            "a registered data set is a subclass of hpo.data.Dataset, a model family one of hpo.models.ModelFamily. "
            f"Received {type(dataset).__name__} and {type(family).__name__}."
        )
    return dataset, family


def _untrained(config: Config, outline: Outline) -> tuple[keras.Model, keras.Model]:
    """The model, and the network in it."""
    dataset, family = _sections(config)
    check_metrics(config.training, outline.classes)
    with computing_in(config.training.precision):
        network = family.untrained(outline.shape, outline.classes)
    return _classifier(dataset, family, outline, network), network


def _classifier(dataset: Dataset, family: ModelFamily, data: TrialData | Outline, network: keras.Model) -> keras.Model:
    family.freeze(network)
    inputs = keras.Input(data.shape, dtype="uint8", name="images")
    normalization, scale = dataset.normalization, family.imagenet_scale()
    if normalization == "auto":
        normalization = "imagenet" if family.is_pretrained else "unit"
    pixels = normalization_layer(normalization, data, scale.mean, scale.deviation)(inputs)
    for layer in augmentation_layers(dataset.augmentation):
        pixels = layer(pixels)
    outputs = network(pixels)
    if outputs.dtype != "float32":  # of a family whose head does not say so itself
        outputs = keras.layers.Activation("linear", dtype="float32", name="in_float32")(outputs)
    return keras.Model(inputs, outputs, name="classifier")


def _built(model: keras.Model, network: keras.Model, recipe: Recipe) -> BuiltModel:
    return BuiltModel(model, network, cost_of(model, recipe.batch_size, recipe.optimizer_slots))
