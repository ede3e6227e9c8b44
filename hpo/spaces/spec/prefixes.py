"""Which trainings begin in the same way: the phases up to the end of which two configs cannot be told apart."""

from __future__ import annotations

import hashlib
import json

from hpo.spaces.sections.keys import KEYS
from hpo.spaces.spec.config import Config


def prefix_keys(config: Config) -> tuple[str, ...]:
    """Digest what decides a training up to the end of each of its phases but the last.

    Two configs with an equal digest are trained alike up to the end of that phase, from an equal seed. Data, model and
    what the whole recipe says act from the first step on; of the phases, those that come later do not.

    Args:
        config: as the study has it: weights are named as in its file, wherever a copy of them lies.

    Returns:
        A digest for the first phase, one for the first two, and so on; none where there are not two phases.
    """
    sections = {"data": config.data, "model": config.model}
    parts: list[object] = [
        section.model_dump(mode="json", exclude=set(KEYS[key].free)) for key, section in sections.items()
    ]
    keys = []
    for recipe, frozen_layers in config.training.each_phase()[:-1]:
        later = {"phases", "average_last_epochs", *KEYS["training"].free}
        parts.append([recipe.model_dump(mode="json", exclude=later), frozen_layers])
        keys.append(hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest())
    return tuple(keys)
