"""How a model is trained: epochs, batch size, learning rate, optimizer, schedule, early stopping."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from hpo.spaces.section import Named, OrNone, Rate, Section, Share


class Adam(Section):
    """Adam (Kingma and Ba, 2015)."""

    name: Literal["adam"] = "adam"
    beta_1: Rate = 0.9
    """Decay of the running mean of gradients."""
    beta_2: Rate = 0.999
    """Decay of the running mean of squared gradients."""
    epsilon: Annotated[float, Field(gt=0)] = 1e-7
    """Keeps divisions from exploding."""
    amsgrad: bool = False
    """The variant that divides by the largest running mean so far (Reddi et al., 2018)."""


class RmsProp(Section):
    """RMSprop (Tieleman and Hinton, 2012)."""

    name: Literal["rmsprop"] = "rmsprop"
    rho: Rate = 0.9
    """Decay of the running mean of squared gradients."""
    momentum: Rate = 0.0
    """How much of the last step the next one keeps."""
    epsilon: Annotated[float, Field(gt=0)] = 1e-7
    """Keeps divisions from exploding."""
    centered: bool = False
    """Divide by an estimate of the gradients' variance instead of their mean square."""


class Sgd(Section):
    """Stochastic gradient descent, with momentum and Nesterov's variant of it when asked."""

    name: Literal["sgd"] = "sgd"
    momentum: Rate = 0.0
    """How much of the last step the next one keeps."""
    nesterov: bool = False
    """Take the gradient where the momentum leads, instead of where the weights are."""


class Constant(Section):
    """The learning rate stays as it is."""

    name: Literal["constant"] = "constant"


class ReduceOnPlateau(Section):
    """Multiply the learning rate by `factor` after `patience` epochs in which the validation loss did not fall."""

    name: Literal["reduce_on_plateau"] = "reduce_on_plateau"
    factor: Share = 0.1
    """What the learning rate is multiplied by."""
    patience: Annotated[int, Field(ge=1)] = 10
    """Epochs without a fall of the validation loss before it is."""
    min_delta: Annotated[float, Field(ge=0)] = 1e-4
    """The least fall of the validation loss that counts."""
    cooldown: Annotated[int, Field(ge=0)] = 0
    """Epochs after a reduction in which none is counted."""
    min_learning_rate: Annotated[float, Field(ge=0)] = 0.0
    """The learning rate does not go below it."""


class EarlyStopping(Section):
    """Stop after `patience` epochs in which the objective's metric did not improve by more than `min_delta`."""

    patience: Annotated[int, Field(ge=1)] = 5
    """Epochs without an improvement before training stops."""
    min_delta: Annotated[float, Field(ge=0)] = 0.0
    """The least improvement that counts."""


from hpo.spaces.phases import MAX_PHASES, FrozenLayers, Phase, each_phase, effective_phases  # noqa: E402 - of the above


class Recipe(Section):
    """How a model is trained: the section `training` of a file."""

    epochs: Annotated[int, Field(ge=1)] = 20
    """The most passes over the training images."""
    batch_size: Annotated[int, Field(ge=1)] = 32
    """How many images make one step."""
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    """Of the first epoch; a schedule may lower it."""
    optimizer: Annotated[Adam | RmsProp | Sgd, *Named] = Adam()
    """How gradients change the weights."""
    schedule: Annotated[Constant | ReduceOnPlateau, *Named] = Constant()
    """How the learning rate changes from epoch to epoch."""
    early_stopping: Annotated[EarlyStopping | None, OrNone] = None
    """When training ends before its last epoch; `none` trains them all."""
    phases: Annotated[list[Phase], Field(min_length=1, max_length=MAX_PHASES)] | None = None
    """Parts of the training, one after the other, each with its own epochs and frozen layers, in place of epochs."""

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if self.phases is not None and "epochs" in self.model_fields_set:
            raise ValueError("each of the phases says how many epochs it has: remove epochs, or phases")
        return self

    def each_phase(self) -> list[tuple[Recipe, FrozenLayers | None]]:
        """What is trained by, one part after the other, and what is frozen then; None where the model says it."""
        return each_phase(self)

    @property
    def total_epochs(self) -> int:
        """The most passes over the training images, all phases together."""
        return sum(recipe.epochs for recipe, _ in self.each_phase())

    def effective(self) -> Recipe:
        """The recipe without what has no effect: two recipes that give the same one train the same way.

        Nesterov's variant of no momentum, and a patience that is over only after the last epoch has begun: the first
        epoch always improves, and what happens at the end of the last comes too late. Where there are phases, what each
        of them is trained by.
        """
        changes: dict[str, Any] = {}
        if isinstance(self.optimizer, Sgd) and self.optimizer.momentum == 0:
            changes["optimizer"] = self.optimizer.model_copy(update={"nesterov": False})
        if self.early_stopping is not None and self.early_stopping.patience >= self.epochs - 1:
            changes["early_stopping"] = None
        if isinstance(self.schedule, ReduceOnPlateau) and (
            self.schedule.patience >= self.epochs - 1 or self.schedule.min_learning_rate >= self.learning_rate
        ):
            changes["schedule"] = Constant()
        return self.model_copy(update={**changes, **effective_phases(self)})
