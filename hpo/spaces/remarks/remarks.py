"""What people should know of a file that is sound: settings that can never act, values whose unit may be mistaken."""

from __future__ import annotations

from collections.abc import Iterator

from hpo.spaces.remarks.doubtful_units import units_of_config, units_of_search
from hpo.spaces.remarks.idle_settings import idle_in_config, overridden_by_phases
from hpo.spaces.sections.search import SettingRemark
from hpo.spaces.spec.config import Config
from hpo.spaces.spec.spec import StudySpec


def remarks(spec: StudySpec) -> tuple[str, ...]:
    """What `hpo check` and `hpo run` tell of a file without building a network, one sentence or two each.

    A setting that varies, or depends on what varies, is told of where it holds at every corner of the space; a
    parameter of which some values are idle is for `idle_parameters` to tell.
    """
    configs = sorted(_configs(spec), key=lambda config: config.training.total_epochs)
    told: dict[tuple[int, str], str | None] = {}
    for config in configs:
        found = (
            idle_in_config(config, spec.objective),
            overridden_by_phases(config),
            units_of_config(config, spec.objective),
        )
        for rule, remarked in enumerate(found):
            for subject, text in remarked:
                key = (rule, subject)
                told[key] = text if key not in told or told[key] is not None else None
    epochs = configs[-1].training.total_epochs if configs else 1
    of_configs = [(subject, text) for (_, subject), text in told.items()]
    everything = (*of_configs, *spec.search.remarks(spec.space, epochs), *_of_study(spec), *units_of_search(spec))
    return tuple(_sentence(f"{subject}: {text}") for subject, text in everything if text is not None)


def _of_study(spec: StudySpec) -> Iterator[SettingRemark]:
    starts, budget = len(spec.start_from), spec.search.trials
    if starts > budget:
        yield "start_from", f"it has {starts} configs, and the budget is {budget} trials: the last are not tried"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."


def _configs(spec: StudySpec) -> Iterator[Config]:
    seen: set[tuple[object, ...]] = set()
    for _, params in spec.corners():
        key = tuple(params.items())
        if key not in seen:
            seen.add(key)
            yield spec.config(params)
