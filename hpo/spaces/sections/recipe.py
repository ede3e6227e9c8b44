"""How a model is trained: the section `training` of a file, and its phases, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, ValidationInfo, field_validator, model_serializer, model_validator

from hpo.spaces.sections.objectives import Objective, Recorded
from hpo.spaces.sections.section import OrNone, Rate, Section
from hpo.spaces.sections.training.losses import AnyLoss, Crossentropy
from hpo.spaces.sections.training.optimizers import Adam, AnyOptimizer, GradientClipping, LearningRates, MovingAverage
from hpo.spaces.sections.training.schedules import AnySchedule, Constant, effective_schedule
from hpo.spaces.sections.units import Duration

Weight = Annotated[float, Field(gt=0)]
MAX_PHASES = 16
MAX_REPEATS = 100
FrozenLayers = Annotated[int, Field(ge=0)] | str
"""How many layers of a base, counted from its input; the name of the last of them; or `all`."""
_LEFT_OUT: Callable[[], Any] = lambda: None  # noqa: E731 - a factory, since a default would be shown in the schema


class EarlyStopping(Section):
    """Stop after `patience` epochs in which the objective's metric did not improve by more than `min_delta`.

    With it or without it, a trial's values and its model are those of its best epoch: that is no option, since trials
    would else be compared by an epoch that nobody would keep.
    """

    patience: Annotated[int, Field(ge=1)] = 5
    """Epochs without an improvement before training stops."""
    min_delta: Annotated[float, Field(ge=0)] = 0.0
    """The least improvement that counts."""


class Phase(Section):
    """A part of a training. What it leaves out is as the recipe has it, and `frozen_layers` as the model has them."""

    # What was left out is told by `model_fields_set`, since `early_stopping: none` says something.

    epochs: Annotated[int, Field(ge=1)]
    """The most passes over the training images in this phase."""
    frozen_layers: FrozenLayers = Field(default_factory=_LEFT_OUT)
    """How many layers of the base, counted from its input, keep their weights in this phase; or the name of the last of
    them, or `all`. Left out: the model's `frozen_layers`."""
    learning_rate: Annotated[float, Field(gt=0)] = Field(default_factory=_LEFT_OUT)
    """Of the first epoch of this phase. Left out: the recipe's."""
    learning_rates: LearningRates = Field(default_factory=_LEFT_OUT)
    """Those of base and head in the first epoch of this phase, in place of `learning_rate`."""
    optimizer: AnyOptimizer = Field(default_factory=_LEFT_OUT)
    """How gradients change the weights in this phase; it begins afresh. Left out: the recipe's."""
    schedule: AnySchedule = Field(default_factory=_LEFT_OUT)
    """How the learning rate changes from epoch to epoch of this phase. Left out: the recipe's, begun afresh."""
    early_stopping: Annotated[EarlyStopping | None, OrNone] = Field(default_factory=_LEFT_OUT)
    """When this phase ends before its last epoch. Left out: as the recipe says."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        _hold_one_way(self)
        return self

    @model_serializer
    def _as_given(self) -> dict[str, Any]:
        """Without what was left out."""
        return {name: getattr(self, name) for name in Phase.model_fields if name in self.model_fields_set}

    def recipe(self, whole: Recipe) -> Recipe:
        """What this phase alone is trained by: the recipe with what the phase says in its place."""
        own = {name: getattr(self, name) for name in self.model_fields_set - {"frozen_layers"}}
        if "learning_rate" in own:
            own["learning_rates"] = None
        return whole.model_copy(update={**own, "phases": None})

    def effective(self, whole: Recipe) -> Phase:
        """The phase with all that it is trained by spelled out, less what has no effect."""
        recipe = self.recipe(whole).effective()
        values: dict[str, Any] = {name: getattr(recipe, name) for name in _OF_RECIPE}
        del values["learning_rate" if recipe.learning_rates else "learning_rates"]
        if "frozen_layers" in self.model_fields_set:
            values["frozen_layers"] = self.frozen_layers
        return Phase.model_construct(**values)


_OF_RECIPE = tuple(name for name in Phase.model_fields if name != "frozen_layers")


class CheckpointSettings(Section):
    """When a trial keeps what it needs to go on, besides the end of each epoch."""

    every: Duration | None = None
    """How long an epoch goes on before a checkpoint is kept in the middle of it, and before the next one: seconds, or
    `90s`, `10m`, `1h30m`. Left out, there is one after each epoch, and where a trial is paused."""


class Recipe(Section):
    """How a model is trained: the section `training` of a file."""

    epochs: Annotated[int, Field(ge=1)] = 20
    """The most passes over the training images."""
    batch_size: Annotated[int, Field(ge=1)] = 32
    """How many images make one step."""
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    """The highest; a schedule may lower it."""
    learning_rates: LearningRates | None = None
    """Those of the base layers and of the head, in place of `learning_rate`: `{base: 1e-5, head: 1e-3}`."""
    optimizer: AnyOptimizer = Adam()
    """How gradients change the weights."""
    weight_decay: Annotated[float, Field(ge=0)] | None = None
    """What weights lose at each step, as a share, times the learning rate (decoupled: Loshchilov and Hutter, 2019).
    Not biases nor what normalization scales and shifts by, which have one dimension (He et al., 2019). Left out, it is
    0.004 for `adamw` and `muon` as in Keras, else 0."""
    gradient_clipping: Annotated[GradientClipping | None, OrNone] = None
    """Keep gradients from growing too large."""
    ema: Annotated[MovingAverage | None, OrNone] = None
    """Evaluate, compare and save averages of the weights over the steps."""
    average_last_epochs: Annotated[Annotated[int, Field(ge=2)] | None, OrNone] = None
    """Of how many last epochs, of the training or of its last phase, the weights are averaged (stochastic weight
    averaging: Izmailov et al., 2018): the mean of those so far is what is evaluated, compared and saved. Statistics of
    batch normalization are averaged, too."""
    schedule: AnySchedule = Constant()
    """How the learning rate changes."""
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = "float32"
    """What the network computes in; weights, preprocessing and probabilities are float32 always. Faster on GPUs with
    tensor cores, slower on most CPUs. With `mixed_float16` the loss is scaled so that small gradients are not lost."""
    loss: AnyLoss = Crossentropy()
    """What training makes small."""
    label_smoothing: Rate = 0.0
    """The share of a target that is spread evenly over all classes (Szegedy et al., 2016). Validation and test are not
    smoothed, so `val_loss` can be compared whatever it is."""
    targets: Literal["auto", "sparse", "one_hot"] = "auto"
    """How classes are given to loss and metrics: by index, or one number a class. `auto` is sparse where the loss takes
    it, and targets are neither smoothed nor mixed."""
    class_weights: Annotated[Literal["balanced"] | dict[str, Weight] | None, OrNone] = None
    """How much an image of a class counts in training: `balanced` gives all classes the same sum, as scikit-learn does
    (images / classes / images of the class); a mapping has weights by a class's name, 1 for those that are not named.
    Metrics, validation and test are not weighted."""
    early_stopping: Annotated[EarlyStopping | None, OrNone] = None
    """When training ends before its last epoch; `none` trains them all."""
    phases: Annotated[list[Phase], Field(min_length=1, max_length=MAX_PHASES)] | None = None
    """Parts of the training, one after the other, each with its own epochs and frozen layers, in place of epochs."""
    metrics: list[Recorded] = []  # noqa: RUF012 - pydantic copies it
    """What the history of a trial has besides loss and accuracy, for the training and the validation part. What an
    objective needs is there anyhow."""
    top_k: Annotated[int, Field(ge=2)] = 5
    """For `top_k_accuracy`: how often the class is among so many that are held most likely."""
    repeats: Annotated[int, Field(ge=1, le=MAX_REPEATS)] = 1
    """How many models a trial trains, each with a seed of its own, so that chance decides less: their mean is what is
    reported, pruned by and compared. They take turns, an epoch each, in the memory of one. No parameter may stand
    here."""
    checkpoint: CheckpointSettings = Field(default_factory=CheckpointSettings)
    """When a trial keeps a checkpoint, from which it goes on after an interruption. Nothing that is trained depends on
    it: any study takes a change, and no parameter may stand here."""

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if self.phases is not None and "epochs" in self.model_fields_set:
            raise ValueError("each of the phases says how many epochs it has: remove epochs, or phases")
        _hold_one_way(self)
        return self

    @model_validator(mode="after")
    def _one_average(self) -> Self:
        if self.ema is not None and self.average_last_epochs is not None:
            raise ValueError("ema and average_last_epochs each say which average is evaluated: remove one of them")
        return self

    @field_validator("label_smoothing")
    @classmethod
    def _can_be_smoothed(cls, value: float, info: ValidationInfo) -> float:
        loss = info.data.get("loss")
        if value and loss is not None and loss.one_hot_class is None:
            raise ValueError(f"{loss.name} takes each class by its index, so nothing can be smoothed: it is 0")
        return value

    @field_validator("targets")
    @classmethod
    def _can_be_taken(cls, value: str, info: ValidationInfo) -> str:
        loss, smoothing = info.data.get("loss"), info.data.get("label_smoothing")
        if value == "sparse" and smoothing:
            raise ValueError("smoothed labels are no classes by index: it is auto or one_hot")
        if value == "sparse" and loss is not None and loss.sparse_class is None:
            raise ValueError(f"{loss.name} takes one number a class: it is auto or one_hot")
        if value == "one_hot" and loss is not None and loss.one_hot_class is None:
            raise ValueError(f"{loss.name} takes each class by its index: it is auto or sparse")
        return value

    @property
    def has_one_hot_targets(self) -> bool:
        """Whether classes are given as one number each."""
        return self.targets == "one_hot" or self.label_smoothing > 0 or self.loss.sparse_class is None

    @property
    def decay(self) -> float:
        """The weight decay, whoever says it."""
        return self.optimizer.own_weight_decay if self.weight_decay is None else self.weight_decay

    @property
    def highest_rate(self) -> float:
        """The learning rate that a schedule begins with: that of the head where the base has its own."""
        return self.learning_rate if self.learning_rates is None else self.learning_rates.head

    @property
    def base_share(self) -> float | None:
        """What share of that learning rate trains the base layers; None where it is all of it."""
        rates = self.learning_rates
        return None if rates is None or rates.base == rates.head else rates.base / rates.head

    @property
    def optimizer_slots(self) -> int:
        """How many numbers are kept for each trainable one of the network besides its gradient."""
        return self.optimizer.slots + (self.ema is not None)

    @property
    def total_epochs(self) -> int:
        """The most passes over the training images, all phases together."""
        return sum(recipe.epochs for recipe, _ in self.each_phase())

    def each_phase(self) -> list[tuple[Recipe, FrozenLayers | None]]:
        """What is trained by, one part after the other, and what is frozen then; None where the model says it."""
        if self.phases is None:
            return [(self, None)]
        return [(phase.recipe(self), phase.frozen_layers) for phase in self.phases]

    def without_freezing(self) -> Recipe:
        """The recipe without what its phases freeze, which a network shows by itself."""
        if self.phases is None:
            return self
        values = [{name: getattr(phase, name) for name in phase.model_fields_set} for phase in self.phases]
        phases = [Phase.model_construct(**{**phase, "frozen_layers": 0}) for phase in values]
        return self.model_copy(update={"phases": phases})

    def measuring(self, objectives: tuple[Objective, ...] | list[Objective]) -> Recipe:
        """The recipe with the metrics that objectives need."""
        named = {objective.metric.removeprefix("val_") for objective in objectives if objective.is_learned}
        needed = [name for name in get_args(Recorded) if name in named - {"accuracy"}]  # which is there anyhow
        return self.model_copy(update={"metrics": list(dict.fromkeys([*self.metrics, *needed]))})

    def effective(self) -> Recipe:
        """The recipe without what has no effect: two recipes that give the same one train the same way.

        Two ways of writing the same weight decay, Nesterov's variant of no momentum, what comes too late or never (a
        patience, a step of the schedule), weights of 1, how targets are given, and what is only measured. With
        phases, what each of them is trained by is spelled out.
        """
        changes: dict[str, Any] = {
            "optimizer": self.optimizer.effective(),
            "weight_decay": self.decay if self.phases is None else self.weight_decay,
            "schedule": effective_schedule(self.schedule, self.epochs, self.highest_rate),
            "targets": "auto",
            "metrics": [],
            "top_k": 5,
            "checkpoint": CheckpointSettings(),
        }
        if self.early_stopping is not None and self.early_stopping.patience >= self.epochs - 1:
            changes["early_stopping"] = None
        if self.average_last_epochs is not None:
            epochs = min(self.average_last_epochs, self.each_phase()[-1][0].epochs)
            changes["average_last_epochs"] = epochs if epochs > 1 else None
        if self.base_share is None:
            changes |= {"learning_rates": None, "learning_rate": self.highest_rate}
        if isinstance(self.class_weights, dict) and set(self.class_weights.values()) <= {1.0}:
            changes["class_weights"] = None
        if self.phases is not None:
            changes |= {name: Recipe.model_fields[name].get_default() for name in _OF_RECIPE}  # each phase says its own
            changes["phases"] = [phase.effective(self) for phase in self.phases]
        return self.model_copy(update=changes)


def _hold_one_way(section: Phase | Recipe) -> None:
    if {"learning_rate", "learning_rates"} <= section.model_fields_set:
        raise ValueError("learning_rates has one for base and one for head: remove learning_rate, or learning_rates")
