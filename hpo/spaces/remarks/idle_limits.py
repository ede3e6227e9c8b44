"""Parts of a budget, and rules that end a study, that can never act or are likely not meant."""

from __future__ import annotations

from collections.abc import Iterator

from hpo.spaces.sections.search import SettingRemark
from hpo.spaces.spec.spec import StudySpec

_NEVER = "it can never act"


def idle_limits(spec: StudySpec, epochs: int) -> Iterator[SettingRemark]:
    """Tell which limits of the section `search` never end the study, where no trial has more epochs."""
    search, stop = spec.search, spec.search.stop
    if search.epochs is not None and search.epochs < epochs:
        why = f"it is that of all trials together, and one trial has {epochs}. Was training.epochs meant?"
        yield "search.epochs", why
    for key in ("gpu_hours", "cost"):
        if getattr(search, key) is not None and spec.resources.gpus == 0:
            yield f"search.{key}", "it is never spent: trials train on the CPU (resources.gpus is 0)"
    if stop.no_improvement is not None and stop.no_improvement >= search.trials:
        why = f"{_NEVER}: the budget is {search.trials} trials, and the best one is not counted"
        yield "search.stop.no_improvement", why
    if stop.regret is not None and stop.regret.min_trials >= search.trials:
        why = f"{_NEVER}: it is looked at after {stop.regret.min_trials} complete trials, and the budget is "
        yield "search.stop.regret", f"{why}{search.trials} trials"
