"""How gradients change the weights: Keras' optimizers with their options, and what goes with any of them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from hpo.spaces.sections.section import Named, Rate, Section

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Epsilon = Annotated[float, Field(gt=0, description="Keeps divisions from exploding.")]


class Optimizer(Section):
    """An optimizer of Keras; its fields are the arguments of the same names.

    Subclasses set a default for `name`, and `keras_class`.
    """

    keras_class: ClassVar[str]
    """What it is called in `keras.optimizers`."""
    own_weight_decay: ClassVar[float] = 0.0
    """The weight decay that it has where a file does not say."""
    least_slots: ClassVar[int] = 2
    """How many numbers it keeps for each trainable one of the network; where its weights differ, for most."""
    slot_options: ClassVar[tuple[str, ...]] = ()
    """The options that take one more each, where they are set."""

    name: str

    @property
    def slots(self) -> int:
        """How many numbers it keeps for each trainable one of the network."""
        return self.least_slots + sum(bool(getattr(self, option)) for option in self.slot_options)

    def effective(self) -> Optimizer:
        """The same without what has no effect."""
        return self


class Moments(Optimizer):
    """What Adam and its kin share."""

    beta_1: Rate = 0.9
    """Decay of the running mean of gradients."""
    beta_2: Rate = 0.999
    """Decay of the running mean of squared gradients."""
    epsilon: Epsilon = 1e-7


class Adam(Moments):
    """Adam (Kingma and Ba, 2015)."""

    keras_class = "Adam"
    slot_options = ("amsgrad",)

    name: Literal["adam"] = "adam"
    amsgrad: bool = False
    """The variant that divides by the largest running mean so far (Reddi et al., 2018)."""


class RmsProp(Optimizer):
    """RMSprop (Tieleman and Hinton, 2012)."""

    keras_class = "RMSprop"
    least_slots = 1
    slot_options = ("momentum", "centered")

    name: Literal["rmsprop"] = "rmsprop"
    rho: Rate = 0.9
    """Decay of the running mean of squared gradients."""
    momentum: Rate = 0.0
    """How much of the last step the next one keeps."""
    epsilon: Epsilon = 1e-7
    centered: bool = False
    """Divide by an estimate of the gradients' variance instead of their mean square."""


class Sgd(Optimizer):
    """Stochastic gradient descent, with momentum and Nesterov's variant of it when asked."""

    keras_class = "SGD"
    least_slots = 0
    slot_options = ("momentum",)

    name: Literal["sgd"] = "sgd"
    momentum: Rate = 0.0
    """How much of the last step the next one keeps."""
    nesterov: bool = False
    """Take the gradient where the momentum leads, instead of where the weights are."""

    def effective(self) -> Sgd:
        """Nesterov's variant of no momentum is no variant."""
        return self if self.momentum else self.model_copy(update={"nesterov": False})


class AdamW(Moments):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019): `weight_decay` is 0.004 where it is left out."""

    keras_class = "AdamW"
    own_weight_decay = 0.004
    slot_options = ("amsgrad",)

    name: Literal["adamw"] = "adamw"
    amsgrad: bool = False
    """The variant that divides by the largest running mean so far (Reddi et al., 2018)."""

    def effective(self) -> Adam:
        """What is left of it without its own weight decay, which the recipe has."""
        return Adam(**self.model_dump(exclude={"name"}))


class Nadam(Moments):
    """Adam with Nesterov momentum (Dozat, 2016)."""

    keras_class = "Nadam"

    name: Literal["nadam"] = "nadam"


class Adamax(Optimizer):
    """Adam with the largest gradient in the place of the mean square (Kingma and Ba, 2015)."""

    keras_class = "Adamax"

    name: Literal["adamax"] = "adamax"
    beta_1: Rate = 0.9
    """Decay of the running mean of gradients."""
    beta_2: Rate = 0.999
    """Decay of the largest gradient."""
    epsilon: Epsilon = 1e-7


class Adagrad(Optimizer):
    """Adagrad (Duchi et al., 2011)."""

    keras_class = "Adagrad"
    least_slots = 1

    name: Literal["adagrad"] = "adagrad"
    initial_accumulator_value: NotNegative = 0.1
    """What the sum of squared gradients begins with."""
    epsilon: Epsilon = 1e-7


class Adadelta(Optimizer):
    """Adadelta (Zeiler, 2012); as in the paper with a learning rate of 1."""

    keras_class = "Adadelta"

    name: Literal["adadelta"] = "adadelta"
    rho: Rate = 0.95
    """Decay of the running means of squared gradients and of squared steps."""
    epsilon: Epsilon = 1e-7


class Adafactor(Optimizer):
    """Adafactor (Shazeer and Stern, 2018)."""

    keras_class = "Adafactor"
    least_slots = 1

    name: Literal["adafactor"] = "adafactor"
    beta_2_decay: Annotated[float, Field(lt=0)] = -0.8
    """The power of the step that the decay of squared gradients follows."""
    epsilon_1: Positive = 1e-30
    """Keeps divisions from exploding."""
    epsilon_2: Positive = 1e-3
    """The least that steps are scaled by, where weights are small."""
    clip_threshold: Positive = 1.0
    """The largest root mean square of a step."""
    relative_step: bool = True
    """Let the learning rate be at most 1 by the square root of the step."""


class Ftrl(Optimizer):
    """Follow the regularized leader (McMahan et al., 2013)."""

    keras_class = "Ftrl"

    name: Literal["ftrl"] = "ftrl"
    learning_rate_power: Annotated[float, Field(le=0)] = -0.5
    """How the learning rate falls with the sum of squared gradients; 0 leaves it fixed."""
    initial_accumulator_value: NotNegative = 0.1
    """What the sum of squared gradients begins with."""
    l1_regularization_strength: NotNegative = 0.0
    """Of the weights' absolute values."""
    l2_regularization_strength: NotNegative = 0.0
    """Of the weights' squares."""
    l2_shrinkage_regularization_strength: NotNegative = 0.0
    """Of the weights' squares, in the gradient alone."""
    beta: NotNegative = 0.0
    """The paper's beta."""


class Lion(Optimizer):
    """Lion (Chen et al., 2023); wants a learning rate 3 to 10 times smaller than Adam's."""

    keras_class = "Lion"
    least_slots = 1

    name: Literal["lion"] = "lion"
    beta_1: Annotated[float, Field(gt=0, lt=1)] = 0.9
    """How much of the running mean a step takes, and how little of the gradient."""
    beta_2: Rate = 0.99
    """Decay of the running mean of gradients."""


class Lamb(Moments):
    """LAMB (You et al., 2020): Adam with a step for each layer as large as its weights, for large batches."""

    keras_class = "Lamb"

    name: Literal["lamb"] = "lamb"


class Muon(Optimizer):
    """Muon (Jordan et al., 2024) for dense kernels, AdamW for all else, convolutions too: as Keras has it."""

    keras_class = "Muon"
    own_weight_decay = 0.004

    name: Literal["muon"] = "muon"
    momentum: Rate = 0.95
    """How much of the last step the next one keeps, of dense kernels."""
    nesterov: bool = True
    """Nesterov's variant of the momentum."""
    ns_steps: Annotated[int, Field(ge=1)] = 5
    """How often the Newton-Schulz iteration is repeated that makes a step orthogonal."""
    rms_rate: Positive = 0.2
    """The root mean square of a step, before the learning rate (Liu et al., 2025)."""
    adam_lr_ratio: Positive = 1.0
    """AdamW's learning rate by Muon's."""
    adam_beta_1: Rate = 0.9
    """AdamW's decay of the running mean of gradients."""
    adam_beta_2: Rate = 0.999
    """AdamW's decay of the running mean of squared gradients."""
    epsilon: Positive = 1e-7
    """Keeps AdamW's divisions from exploding."""


class ScheduleFreeAdamW(Optimizer):
    """Schedule-Free AdamW (Defazio et al., 2024); wants the schedule `constant`.

    Keras evaluates and saves the weights that gradients are taken at, of which the paper's average is a share of
    `beta_1`.
    """

    keras_class = "ScheduleFreeAdamW"

    name: Literal["schedule_free_adamw"] = "schedule_free_adamw"
    beta_1: Annotated[float, Field(gt=0, lt=1)] = 0.9
    """How much of the averaged weights is in those that gradients are taken at."""
    beta_2: Rate = 0.999
    """Decay of the running mean of squared gradients."""
    epsilon: Epsilon = 1e-8


AnyOptimizer = Annotated[
    Adam
    | RmsProp
    | Sgd
    | AdamW
    | Nadam
    | Adamax
    | Adagrad
    | Adadelta
    | Adafactor
    | Ftrl
    | Lion
    | Lamb
    | Muon
    | ScheduleFreeAdamW,
    *Named,
]


class LearningRates(Section):
    """Discriminative learning rates: one for the base layers, one for the head (Howard and Ruder, 2018).

    A schedule says how that of the head changes, and that of the base follows in the same ratio; so do warm-up,
    `reduce_on_plateau` with its `min_learning_rate`, and what weight decay takes.
    """

    base: Positive
    """Of the base layers, those that `frozen_layers` counts; of frozen ones it changes nothing."""
    head: Positive
    """Of all other layers."""


class GradientClipping(Section):
    """Keep gradients from growing too large: one of three ways."""

    norm: Positive | None = None
    """The largest L2 norm of the gradient of each weight tensor."""
    value: Positive | None = None
    """The largest absolute value of each number of the gradient."""
    global_norm: Positive | None = None
    """The largest L2 norm of the gradients of all weights together (Pascanu et al., 2013)."""

    @model_validator(mode="after")
    def _is_one_way(self) -> GradientClipping:
        if len(self.model_dump(exclude_none=True)) != 1:
            raise ValueError("it clips in one way: by `norm`, by `value` or by `global_norm`")
        return self


class MovingAverage(Section):
    """Average the weights over the steps (Polyak and Juditsky, 1992).

    The averages are what is evaluated, compared and saved; training goes on with the weights themselves. Statistics of
    batch normalization, which are running averages anyway, stay those of training.
    """

    momentum: Annotated[float, Field(gt=0, lt=1)] = 0.99
    """How much of the average a step keeps: it covers about 1 / (1 - momentum) steps."""
