"""Values that follow the rules, and whose unit is likely mistaken: they are asked about."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hpo.spaces.sections.objectives import Objective
from hpo.spaces.sections.search import SettingRemark
from hpo.spaces.sections.training.schedules import Exponential, WarmedUp
from hpo.spaces.spec.config import Config
from hpo.spaces.spec.spec import StudySpec

_LARGE_SHARE = 0.5
_SHORT_WARMUP = 0.5
_STEEP_DECAY = 0.1
_LARGE_IMPROVEMENT = 0.1
_LOUD_NOISE = 2.0
_MINUTE = 60
_ANGLES = {"rotation": (360, "RandomRotation takes a fraction of a turn"), "hue": (180, "RandomHue takes a share")}
_LEAST_COST = {
    "memory": (1e6, "in bytes: 8e9 are 8 GB"),
    "parameters": (100, "in numbers of the network: 20e6 are 20 million"),
    "flops": (1e3, "in operations for one image: 1e9 are a billion"),
}
_MOST_COST = re.compile(r"\b(memory|parameters|flops)\s*<=?\s*(\d[\d_]*\.?\d*(?:[eE][+-]?\d+)?)\s*(?=$|\)|and\b|or\b)")


def units_of_config(config: Config, objective: Objective) -> Iterator[SettingRemark]:
    """What is asked of the values of one config.

    Args:
        config: with every parameter filled in.
        objective: the learned one, which early stopping follows.
    """
    yield from _of_data(config)
    noise = getattr(config.model, "gaussian_noise", 0.0)
    if noise:
        why = f"{noise:g} drowns the images. It counts in units of normalized pixels, whose deviation is about 1"
        yield "model.gaussian_noise", why if noise >= _LOUD_NOISE else None
    phases = config.training.each_phase()
    frozen = getattr(config.model, "frozen_layers", 0) if phases[0][1] is None else phases[0][1]
    why = "weights is none, so the frozen layers keep the random weights that they begin with. Is that meant?"
    yield "model.frozen_layers", why if frozen and getattr(config.model, "weights", None) == "none" else None
    for index, (recipe, _) in enumerate(phases):
        at = "training" if config.training.phases is None else f"training.phases.{index}"
        schedule, stopping = recipe.schedule, recipe.early_stopping
        if isinstance(schedule, WarmedUp) and schedule.warmup_epochs:
            epochs = schedule.warmup_epochs
            share = f"Was that share of the training meant, {epochs * recipe.epochs:.3g} epochs?"
            why = f"{epochs:g} is less than half an epoch. {share} It counts epochs"
            yield f"{at}.schedule.warmup_epochs", why if epochs < _SHORT_WARMUP and recipe.epochs > 1 else None
        if isinstance(schedule, Exponential):
            why = f"{schedule.decay:g} is what an epoch leaves of the learning rate. Was {1 - schedule.decay:g} meant?"
            yield f"{at}.schedule.exponential.decay", why if schedule.decay < _STEEP_DECAY else None
        if stopping is not None and stopping.min_delta and objective.metric != "val_loss":
            delta = stopping.min_delta
            points = f"{delta * 100:g} points of a hundred; {objective.metric} runs from 0 to 1"
            yield f"{at}.early_stopping.min_delta", f"{delta:g} is {points}" if delta >= _LARGE_IMPROVEMENT else None


def units_of_search(spec: StudySpec) -> Iterator[SettingRemark]:
    """What is asked of the values of the search, and of constraints."""
    search = spec.search
    if search.timeout is not None and search.timeout < _MINUTE:
        yield "search.timeout", f"it is {search.timeout:g} seconds. Minutes, hours and days are written 30m, 8h, 2d"
    for constraint in spec.constraints:
        for measure, bound in _MOST_COST.findall(constraint.text):
            least, unit = _LEAST_COST[measure]
            if float(bound) < least:
                yield "constraints", f"{constraint.text} leaves no network: {measure} is {unit}"


def _of_data(config: Config) -> Iterator[SettingRemark]:
    data, augmentation = config.data, getattr(config.data, "augmentation", None)
    for key, purpose in (("validation", "the validation"), ("test", "the test")):
        share = getattr(data, key, None)
        if isinstance(share, float):
            why = f"{share:.4g} of the images are set apart for {purpose}. Was {1 - share:.4g} meant?"
            yield f"data.{key}", why if share > _LARGE_SHARE else None
    for key, (whole, elsewhere) in _ANGLES.items():
        degrees = getattr(augmentation, key, 0.0)
        if degrees:
            why = f"{degrees:g} is less than a degree. Was {degrees * whole:.4g} meant? It is in degrees here, and "
            yield f"data.augmentation.{key}", f"{why}Keras' {elsewhere}" if degrees < 1 else None
    policy = getattr(augmentation, "randaugment", None)
    if policy is not None:
        size = policy.magnitude
        why = f"{size:g} is weak. It counts from 0 to 30, and Keras' factor from 0 to 1: was {30 * size:.3g} meant?"
        why = why if size else "at 0, autocontrast and equalize act all the same. Without it, randaugment is none"
        yield "data.augmentation.randaugment.magnitude", why if size <= 1 else None
    for key in ("augmentation", "test_time_augmentation"):
        shift = getattr(getattr(data, key, None), "shift", 0.0)
        if shift and isinstance(shift, float):
            why = f"{shift:g} moves images by up to {shift:.0%} of their side. It is a share of the side, and no pixels"
            yield f"data.{key}.shift", why if shift > _LARGE_SHARE else None
