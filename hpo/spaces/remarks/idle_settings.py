"""Settings of a file that can never act, whatever a trial does: told by rules, without an engine."""

from __future__ import annotations

from collections.abc import Iterator

from hpo.spaces.sections.objectives import Objective
from hpo.spaces.sections.recipe import Recipe
from hpo.spaces.sections.search import SettingRemark
from hpo.spaces.sections.section import Section
from hpo.spaces.sections.training.optimizers import Adafactor, ScheduleFreeAdamW
from hpo.spaces.sections.training.schedules import Constant, ReduceOnPlateau, Step, WarmedUp
from hpo.spaces.spec.config import MIXING, Config

_NEVER = "it can never act"
_RATES = ("learning_rate", "learning_rates")
_OF_PHASES = (*_RATES, "optimizer", "schedule", "early_stopping")
"""What a phase may say in the place of the recipe."""


def idle_in_config(config: Config, objective: Objective) -> Iterator[SettingRemark]:
    """The settings of one config that are there to act.

    Args:
        config: with every parameter filled in.
        objective: the learned one, which early stopping follows.
    """
    yield from _of_recipe(config, objective)
    yield from _of_base_rates(config)
    yield from _of_data(config)


def overridden_by_phases(config: Config) -> Iterator[SettingRemark]:
    """The settings of one config in whose place each phase may have its own."""
    recipe, why = config.training, f"{_NEVER}: every phase has its own"
    settings: list[tuple[str, Section, str]] = [("training", recipe, key) for key in _OF_PHASES] + [
        ("model", config.model, "frozen_layers")
    ]
    for name, section, key in settings:
        if key in section.model_fields_set:
            keys = set(_RATES if key in _RATES else [key])
            is_idle = recipe.phases and all(keys & phase.model_fields_set for phase in recipe.phases)
            yield f"{name}.{key}", why if is_idle else None


def _of_recipe(config: Config, objective: Objective) -> Iterator[SettingRemark]:
    whole = config.training
    if whole.phases is None:
        yield from _of_part(whole, objective, "training", "the training")
    else:
        yield from _of_phases(config, objective)
    if whole.average_last_epochs is not None:
        last, count = whole.each_phase()[-1][0].epochs, whole.average_last_epochs
        part = "the training has" if whole.phases is None else "the last phase has"
        why = f"{part} {last} epochs: all of them are averaged" if last > 1 else f"{_NEVER}: {part} one epoch"
        yield "training.average_last_epochs", why if count > last else None
    weights = whole.class_weights
    if isinstance(weights, dict):
        why = f"{_NEVER}: all weights are 1, as those of classes that are not named"
        yield "training.class_weights", why if set(weights.values()) <= {1.0} else None


def _of_phases(config: Config, objective: Objective) -> Iterator[SettingRemark]:
    """Of each phase what it says itself, and of the recipe what can act in none of them."""
    whole, phases = config.training, config.training.phases or []
    inherited: dict[str, list[str | None]] = {}
    for index, phase in enumerate(phases):
        at = f"training.phases.{index}"
        for subject, reason in _of_part(phase.recipe(whole), objective, at, "the phase"):
            key = subject.removeprefix(f"{at}.").partition(".")[0]
            if key in phase.model_fields_set:
                yield subject, reason
            else:
                inherited.setdefault(subject.replace(at, "training"), []).append(reason)
    for subject, reasons in inherited.items():
        yield subject, None if None in reasons else reasons[-1]


def _of_part(recipe: Recipe, objective: Objective, at: str, part: str) -> Iterator[SettingRemark]:
    """What a training, or a phase of one, is trained by.

    Args:
        recipe: what it is.
        objective: what early stopping follows.
        at: where it stands.
        part: what it is called.
    """
    stopping, epochs = recipe.early_stopping, recipe.epochs
    if stopping is not None:
        why = f"{_NEVER}: with a patience of {stopping.patience} it stops after epoch {stopping.patience + 1} at the "
        why += f"earliest, and {part} has {epochs}"
        yield f"{at}.early_stopping", why if stopping.patience >= epochs - 1 else None
    yield from _of_schedule(recipe, objective, at, part)
    if getattr(recipe.optimizer, "nesterov", False):
        why = f"{_NEVER}: it is a variant of momentum, which is 0"
        yield f"{at}.optimizer.sgd.nesterov", None if getattr(recipe.optimizer, "momentum", 1) else why


def _of_base_rates(config: Config) -> Iterator[SettingRemark]:
    """Of learning rates of the base whether there is something of it to train."""
    whole, frozen = config.training, getattr(config.model, "frozen_layers", 0)
    reasons: dict[str, list[str | None]] = {}
    for index, (recipe, frozen_layers) in enumerate(whole.each_phase()):
        if recipe.learning_rates is not None:
            phase = whole.phases[index] if whole.phases else None
            is_own = phase is not None and "learning_rates" in phase.model_fields_set
            is_idle = (frozen if frozen_layers is None else frozen_layers) == "all"
            why = f"{_NEVER}: all base layers are frozen" if is_idle else None
            subject = f"training.phases.{index}.learning_rates" if is_own else "training.learning_rates"
            reasons.setdefault(f"{subject}.base", []).append(why)
    for subject, texts in reasons.items():
        yield subject, None if None in texts else texts[0]


def _of_schedule(recipe: Recipe, objective: Objective, at: str, part: str) -> Iterator[SettingRemark]:
    schedule, epochs = recipe.schedule, recipe.epochs
    subject = f"{at}.schedule.{schedule.name}"
    if isinstance(schedule, WarmedUp) and schedule.warmup_epochs >= epochs:
        why = f"the warm-up of {schedule.warmup_epochs:g} epochs is as long as {part}, which has {epochs}: "
        yield subject, why + "what follows it can never act. It counts epochs, and no steps"
        return
    if isinstance(schedule, Step):
        first = schedule.warmup_epochs + schedule.every
        why = f"{_NEVER}: it first changes the learning rate after {first:g} epochs, and {part} has {epochs}"
        yield subject, why if first >= epochs else None
    if isinstance(schedule, ReduceOnPlateau):
        yield subject, _why_no_plateau(recipe, schedule, objective, part)
    if isinstance(schedule, Constant):
        return
    if isinstance(recipe.optimizer, ScheduleFreeAdamW):
        yield f"{at}.optimizer", "schedule_free_adamw has a schedule of its own, and wants the schedule constant"
    elif isinstance(recipe.optimizer, Adafactor) and recipe.optimizer.relative_step:
        why = "adafactor has a schedule of its own, relative_step, "
        acts = isinstance(schedule, ReduceOnPlateau)
        why += "which bounds what this one gives" if acts else "which Keras leaves out beside another one"
        yield f"{at}.optimizer", f"{why}. Set relative_step to false, or the schedule to constant"
    else:
        yield f"{at}.optimizer", None


def _why_no_plateau(recipe: Recipe, schedule: ReduceOnPlateau, objective: Objective, part: str) -> str | None:
    patience, stopping = schedule.patience, recipe.early_stopping
    if patience >= recipe.epochs - 1:
        first = f"epoch {patience + 1} at the earliest, and {part} has {recipe.epochs}"
        return f"{_NEVER}: with a patience of {patience} it lowers the learning rate after {first}"
    if schedule.min_learning_rate >= recipe.highest_rate:
        return f"{_NEVER}: min_learning_rate is not below the learning rate, {recipe.highest_rate:g}"
    if (
        stopping is not None
        and objective.metric == "val_loss"
        and stopping.patience <= patience
        and stopping.min_delta >= schedule.min_delta
    ):
        return f"{_NEVER}: early_stopping, with a patience of {stopping.patience}, ends {part} before"
    return None


def _of_data(config: Config) -> Iterator[SettingRemark]:
    data = config.data
    size, augmentation = getattr(data, "image_size", None), getattr(data, "augmentation", None)
    if "resize" in data.model_fields_set:
        yield "data.resize", None if size is not None else f"{_NEVER}: images are not resized without image_size"
    if getattr(data, "cache_augmented", None) is not None:
        why = f"{_NEVER}: without augmentation an image has one version"
        yield "data.cache_augmented", None if isinstance(augmentation, Section) else why
    if not isinstance(augmentation, Section):
        return
    is_grey = getattr(data, "color", None) == "grey"
    for key in ("saturation", "hue"):
        if getattr(augmentation, key, 0):
            yield f"data.augmentation.{key}", f"{_NEVER}: color is grey" if is_grey else None
    for key in ("crop", "cutout"):
        length = getattr(augmentation, key, 0)
        if isinstance(length, int) and length and size is not None:
            why = f"{length} pixels are no less than image_size, {size}: no such trial can be built"
            yield f"data.augmentation.{key}", why if length >= size else None
    for key in MIXING:
        if getattr(augmentation, key, None) is not None:
            why = f"{_NEVER}: it mixes images of a batch, and batch_size is 1"
            yield f"data.augmentation.{key}", why if config.training.batch_size == 1 else None
