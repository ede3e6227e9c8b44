"""From a config to a compiled Keras model: raw uint8 images in, class probabilities out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import keras

from hpo.data import Dataset, Outline, TrialData, make_augmentation_layers, make_normalization_layer, to_network_colors
from hpo.models import FrozenLayers, ImpossibleArchitectureError, ModelFamily, check_fit
from hpo.models.foreign import own_compilation
from hpo.spaces import Config
from hpo.spaces.sections.recipe import Recipe
from hpo.training.network.compiling import compilation_key, compile_model, reset_compiled
from hpo.training.network.cost import Cost, cost_of
from hpo.training.network.optimizing.learning_rates import variables_of_base
from hpo.training.network.own_compilation import slots_of
from hpo.training.network.symbolic import without_weights


@dataclass(slots=True)
class BuiltModel:
    """A model and what it costs to train, ready for its first phase; not compiled if it was made by `symbolic_model`.

    Attributes:
        model: from raw uint8 images to class probabilities; compiled for the phase that has begun.
        network: what the family made, inside it: what can be frozen.
        family: which made it.
        cost: see `training_cost`.
        accumulation_steps: in how many parts its batches are computed.
        compiled: models of the same layers, by what they were compiled for, which are kept to be used again; None where
            the model is compiled anew for every phase.
    """

    model: keras.Model
    network: keras.Model
    family: ModelFamily
    cost: Cost
    accumulation_steps: int = 1
    compiled: dict[str, keras.Model] | None = None

    def as_in_phases(self, recipe: Recipe) -> Iterator[keras.Model]:
        """The model, frozen as in one phase after the other."""
        for _, frozen_layers in recipe.each_phase():
            self.family.freeze(self.network, frozen_layers)
            yield self.model

    def begin(self, recipe: Recipe, frozen_layers: FrozenLayers | None, outline: Outline) -> keras.Model:
        """Freeze and compile for a phase of the training; see `Recipe.each_phase`.

        Returns:
            What is trained in the phase: `model`.

        Raises:
            ImpossibleArchitectureError: the base has fewer layers, or none of that name.
        """
        self.family.freeze(self.network, frozen_layers)
        base = [] if recipe.learning_rates is None else variables_of_base(self.family, self.network)
        if self.compiled is None:
            compile_model(self.model, recipe, outline, self.accumulation_steps, base)
            return self.model
        trained = [layer.name for layer in self.family.base_layers(self.network) if layer.trainable]
        key = f"{trained} {compilation_key(recipe, outline, self.accumulation_steps)}"
        if key in self.compiled:
            self.model = self.compiled[key]
            reset_compiled(self.model, recipe, outline, self.accumulation_steps, base)
            return self.model
        if self.compiled:  # compiling a model again would drop the functions that it has
            self.model = keras.Model(self.model.input, self.model.output, name=self.model.name)
        compile_model(self.model, recipe, outline, self.accumulation_steps, base)
        self.compiled[key] = self.model
        return self.model


def build_model(config: Config, data: TrialData, accumulation_steps: int = 1) -> BuiltModel:
    """Build and compile what a config describes.

    Normalization (fitted on the training part) and augmentation are layers of the model, so they run on the device
    and travel with it.

    Args:
        config: the file with every parameter filled in.
        data: what normalization is fitted on.
        accumulation_steps: in how many parts its batches will be computed.

    Raises:
        ImpossibleArchitectureError: these options give no network for images of this size.
        ValueError: Keras refuses the network.
        WeightsError: pre-trained weights could not be had.
    """
    built = build_uncompiled(config, data, accumulation_steps)
    built.begin(*config.training.each_phase()[0], data.outline)
    return built


def build_uncompiled(config: Config, data: TrialData, accumulation_steps: int = 1) -> BuiltModel:
    """Build what a config describes, with the values that its weights begin with; see `build_model`."""
    built = _add_cost(_make(config, data, is_untrained=False), config.training)
    built.accumulation_steps = accumulation_steps
    return built


def build_untrained(config: Config, outline: Outline, phase: int = 0) -> BuiltModel:
    """Build and compile what a config describes without reading data or pre-trained weights.

    It is as large and as fast as the model that `build_model` makes; it is fitted to nothing.

    Args:
        config: the file with every parameter filled in.
        outline: of its data.
        phase: that it is compiled for.

    Raises:
        ImpossibleArchitectureError: these options give no network for images of this size.
        ValueError: Keras refuses the network.
    """
    built = _add_cost(_make(config, outline, is_untrained=True), config.training)
    built.begin(*config.training.each_phase()[phase], outline)
    return built


def symbolic_model(config: Config, outline: Outline) -> BuiltModel:
    """What a config describes, to ask for its size and cost: a model whose weights have no values, in a few 10 ms.

    Raises:
        ImpossibleArchitectureError: these options give no network for images of this size.
        ValueError: Keras refuses the network.
    """
    make = partial(_make, config, outline, is_untrained=True)
    try:
        parts = without_weights(make)
    except ImpossibleArchitectureError:
        raise
    except ValueError:  # a builder that needs the values of its weights; or no network at all, which this says again
        parts = make()
    return _add_cost(parts, config.training)


def check_weights(config: Config, outline: Outline) -> None:
    """Hold that the file of weights that a config starts from, if there is one, fits its network.

    Raises:
        WeightsError: it cannot be read, or a layer of the base is missing in it or has other shapes.
        ImpossibleArchitectureError: these options give no network for images of this size.
        ValueError: Keras refuses the network.
    """
    weights = getattr(config.model, "weights", None)
    if isinstance(weights, Path):
        built = symbolic_model(config, outline)
        check_fit(weights, built.family, built.network)


def training_cost(model: keras.Model, network: keras.Model, family: ModelFamily, recipe: Recipe) -> Cost:
    """What a model costs, see `cost_of`; its memory is that of the phase that takes the most.

    The layers that the first phase freezes are frozen afterwards.

    Raises:
        ImpossibleArchitectureError: the base has fewer layers than a phase freezes, or none of that name; or a phase
            has a learning rate for base or head, which has no weights.
        ValueError: the network was compiled with what Keras cannot make anew.
    """
    own = own_compilation(model)
    own_slots = None if own is None else slots_of(own)
    costs = []
    for phase, frozen_layers in reversed(recipe.each_phase()):
        family.freeze(network, frozen_layers)
        if phase.learning_rates is not None:
            variables_of_base(family, network)
        costs.append(cost_of(model, phase.batch_size, phase.optimizer_slots if own_slots is None else own_slots))
    return max(costs, key=lambda cost: cost.memory)


def _make(
    config: Config, data: TrialData | Outline, *, is_untrained: bool
) -> tuple[keras.Model, keras.Model, ModelFamily]:
    """The model, the network in it, and the family of that."""
    dataset, family = config.data, config.model
    if not isinstance(dataset, Dataset) or not isinstance(family, ModelFamily):
        raise TypeError(
            "a registered data set is a subclass of hpo.data.Dataset, a model family one of hpo.models.ModelFamily. "
            f"Received {type(dataset).__name__} and {type(family).__name__}."
        )
    classes = data.classes if isinstance(data, Outline) else len(data.classes)
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(config.training.precision)  # of layers that do not say their own
    try:
        network = family.untrained(data.shape, classes) if is_untrained else family.build(data.shape, classes)
    finally:
        keras.config.set_dtype_policy(policy)
    return _classifier(dataset, family, data, network), network, family


def _classifier(dataset: Dataset, family: ModelFamily, data: TrialData | Outline, network: keras.Model) -> keras.Model:
    inputs = keras.Input(data.input_shape, dtype="uint8", name="images")
    normalization, scale = dataset.normalization, family.imagenet_scale()
    if normalization == "auto":
        normalization = "imagenet" if family.is_pretrained else "unit"
    pixels = to_network_colors(inputs, data)
    for layer in make_augmentation_layers(dataset.augmentation, data):
        pixels = layer(pixels)
    pixels = make_normalization_layer(normalization, data, scale.mean, scale.deviation)(pixels)
    outputs = network(pixels)
    if outputs.dtype != "float32":  # of a family whose head does not say so itself
        outputs = keras.layers.Activation("linear", dtype="float32", name="in_float32")(outputs)
    return keras.Model(inputs, outputs, name="classifier")


def _add_cost(parts: tuple[keras.Model, keras.Model, ModelFamily], recipe: Recipe) -> BuiltModel:
    if recipe.has_one_hot_targets and own_compilation(parts[0]) is not None:
        raise ValueError(
            "a model that its own code compiles takes labels by their index. Received targets of one number a class. "
            "Leave mixup, cutmix, label_smoothing and targets out, or the compile() in the code."
        )
    return BuiltModel(*parts, training_cost(*parts, recipe))
