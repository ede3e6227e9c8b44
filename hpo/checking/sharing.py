"""How many epochs a study trains that has trials share the phases with which they begin."""

from __future__ import annotations

from hpo.checking.exploration import draw_sample
from hpo.checking.result import SharedEpochs
from hpo.checking.rules import trials_of
from hpo.spaces import ConfigError, StudySpec
from hpo.spaces.spec.prefixes import prefix_keys

_MOST_TRIALS = 200
_DRAWS = 8
"""For each trial, since of those with the same config one counts."""


def foresee_sharing(spec: StudySpec) -> SharedEpochs | None:
    """Count what random trials of a space share; None where the file does not ask for it, or no config counts."""
    if not spec.search.share_prefixes:
        return None
    trials, epochs, parts = 0, 0, dict[object, int]()
    count = min(trials_of(spec), _MOST_TRIALS)
    for params in draw_sample(spec.space, spec.admits, _DRAWS * count, spec.seed).points[:count]:
        try:
            config = spec.config(params)
        except ConfigError:  # told of as a broken part of the space
            continue
        trials += 1
        epochs += config.training.total_epochs
        keys = (*prefix_keys(config), trials)  # nobody shares the last phase
        parts.update({key: recipe.epochs for key, (recipe, _) in zip(keys, config.training.each_phase(), strict=True)})
    return SharedEpochs(trials, epochs, sum(parts.values())) if trials else None
