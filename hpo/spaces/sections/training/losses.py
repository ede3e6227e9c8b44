"""What training makes small: losses between class probabilities and targets."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from hpo.spaces.sections.section import Named, Section, Share


class Loss(Section):
    """A loss of Keras; its fields are the arguments of the same names.

    Subclasses set a default for `name`, and at least one of the classes.
    """

    one_hot_class: ClassVar[str | None] = None
    """What it is called in `keras.losses`, for one-hot targets; None where Keras has no such form."""
    sparse_class: ClassVar[str | None] = None
    """The same for sparse targets, the index of a class."""

    name: str


class Crossentropy(Loss):
    """Cross-entropy: minus the logarithm of the true class's probability."""

    one_hot_class = "CategoricalCrossentropy"
    sparse_class = "SparseCategoricalCrossentropy"

    name: Literal["crossentropy"] = "crossentropy"


class Focal(Loss):
    """Cross-entropy that counts less what is already told well (Lin et al., 2017): for classes of unequal sizes."""

    one_hot_class = "CategoricalFocalCrossentropy"

    name: Literal["focal"] = "focal"
    gamma: Annotated[float, Field(ge=0)] = 2.0
    """How much less: 0 is cross-entropy."""
    alpha: Annotated[float, Field(gt=0, le=1)] = 0.25
    """What the loss is multiplied by."""


class GeneralizedCrossentropy(Loss):
    """Between cross-entropy and mean absolute error (Zhang and Sabuncu, 2018): for labels that are partly wrong."""

    sparse_class = "CategoricalGeneralizedCrossEntropy"

    name: Literal["generalized_crossentropy"] = "generalized_crossentropy"
    q: Share = 0.7
    """Near 0 it is cross-entropy, near 1 mean absolute error."""


class MeanSquaredError(Loss):
    """The mean of the probabilities' squared errors (Brier, 1950; for classification: Hui and Belkin, 2021)."""

    one_hot_class = "MeanSquaredError"

    name: Literal["mean_squared_error"] = "mean_squared_error"


class CategoricalHinge(Loss):
    """By how much the true class's probability is not 1 above the largest other one."""

    one_hot_class = "CategoricalHinge"

    name: Literal["categorical_hinge"] = "categorical_hinge"


AnyLoss = Annotated[Crossentropy | Focal | GeneralizedCrossentropy | MeanSquaredError | CategoricalHinge, *Named]
