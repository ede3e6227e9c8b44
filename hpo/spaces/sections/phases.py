"""Phases: a training in parts, one after the other, each with its own frozen layers and its own part of the recipe."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_serializer

from hpo.spaces.sections.early_stopping import EarlyStopping
from hpo.spaces.sections.optimizers import AnyOptimizer
from hpo.spaces.sections.schedules import AnySchedule
from hpo.spaces.sections.section import OrNone, Section

if TYPE_CHECKING:
    from hpo.spaces.sections.recipe import Recipe

MAX_PHASES = 16
FrozenLayers = Annotated[int, Field(ge=0)] | str
"""How many layers of a base, counted from its input; the name of the last of them; or `all`."""
_LEFT_OUT: Callable[[], Any] = lambda: None  # noqa: E731 - a factory, since a default would be shown in the schema


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
    optimizer: AnyOptimizer = Field(default_factory=_LEFT_OUT)
    """How gradients change the weights in this phase; it begins afresh. Left out: the recipe's."""
    schedule: AnySchedule = Field(default_factory=_LEFT_OUT)
    """How the learning rate changes from epoch to epoch of this phase. Left out: the recipe's, begun afresh."""
    early_stopping: Annotated[EarlyStopping | None, OrNone] = Field(default_factory=_LEFT_OUT)
    """When this phase ends before its last epoch. Left out: as the recipe says."""

    @model_serializer
    def _as_given(self) -> dict[str, Any]:
        """Without what was left out."""
        return {name: getattr(self, name) for name in Phase.model_fields if name in self.model_fields_set}

    def recipe(self, whole: Recipe) -> Recipe:
        """What this phase alone is trained by: the recipe with what the phase says in its place."""
        own = {name: getattr(self, name) for name in self.model_fields_set - {"frozen_layers"}}
        return whole.model_copy(update={**own, "phases": None})

    def effective(self, whole: Recipe) -> Phase:
        """The phase with all that it is trained by spelled out, less what has no effect."""
        recipe = self.recipe(whole).effective()
        said: dict[str, Any] = {name: getattr(recipe, name) for name in _OF_RECIPE}
        if "frozen_layers" in self.model_fields_set:
            said["frozen_layers"] = self.frozen_layers
        return Phase.model_construct(**said)


_OF_RECIPE = tuple(name for name in Phase.model_fields if name != "frozen_layers")


def each_phase(recipe: Recipe) -> list[tuple[Recipe, FrozenLayers | None]]:
    """What a recipe trains by, one part after the other, and what is frozen then; None where the model says it."""
    if recipe.phases is None:
        return [(recipe, None)]
    return [(phase.recipe(recipe), phase.frozen_layers) for phase in recipe.phases]


def effective_phases(recipe: Recipe) -> dict[str, Any]:
    """What changes in a recipe with phases when what has no effect is left out: each phase says all of its own."""
    if recipe.phases is None:
        return {}
    unused = {name: type(recipe).model_fields[name].get_default() for name in _OF_RECIPE}
    return {**unused, "phases": [phase.effective(recipe) for phase in recipe.phases]}


def without_freezing(recipe: Recipe) -> Recipe:
    """The recipe without what its phases freeze, which a network shows by itself."""
    if recipe.phases is None:
        return recipe
    said = [{name: getattr(phase, name) for name in phase.model_fields_set} for phase in recipe.phases]
    phases = [Phase.model_construct(**{**each, "frozen_layers": 0}) for each in said]
    return recipe.model_copy(update={"phases": phases})
