"""What people should know of a file that is sound: settings that can never act, values whose unit may be mistaken."""

from __future__ import annotations

from collections.abc import Iterator

from hpo.spaces.remarks.doubtful_units import units_of_config, units_of_search
from hpo.spaces.remarks.idle_alerts import idle_alerts
from hpo.spaces.remarks.idle_limits import idle_limits
from hpo.spaces.remarks.idle_settings import idle_in_config, overridden_by_phases
from hpo.spaces.sections.search import SettingRemark, StudySection
from hpo.spaces.spec.config import Config
from hpo.spaces.spec.spec import StudySpec


def remarks(spec: StudySpec) -> tuple[str, ...]:
    """What `hpo check` and `hpo run` tell of a file without building a network, one sentence or two each.

    A setting that varies, or depends on what varies, is told of where it holds at every corner of the space; a
    parameter of which some values are idle is for `idle_parameters` to tell.
    """
    configs = sorted(_configs(spec), key=lambda config: config.training.total_epochs)
    texts: dict[tuple[int, str], str | None] = {}
    for config in configs:
        rules = (
            idle_in_config(config, spec.objective),
            overridden_by_phases(config),
            units_of_config(config, spec.objective),
        )
        for rule, remarks_of_rule in enumerate(rules):
            for subject, text in remarks_of_rule:
                key = (rule, subject)
                texts[key] = text if key not in texts or texts[key] is not None else None
    epochs = configs[-1].training.total_epochs if configs else 1
    of_configs = [(subject, text) for (_, subject), text in texts.items()]
    sections = [section for section in spec.sections.values() if isinstance(section, StudySection)]
    of_sections = [remark for section in sections for remark in section.remarks(spec.space, epochs)]
    everything = (
        *of_configs,
        *of_sections,
        *_of_study(spec),
        *units_of_search(spec),
        *idle_alerts(spec, epochs),
        *idle_limits(spec, epochs),
    )
    return tuple(_sentence(f"{subject}: {text}") for subject, text in everything if text is not None)


def _of_study(spec: StudySpec) -> Iterator[SettingRemark]:
    starts, budget = len(spec.start_from), spec.search.trials
    if starts > budget:
        yield "start_from", f"it has {starts} configs, and the budget is {budget} trials: the last are not tried"
    if spec.repeats == 2:  # noqa: PLR2004
        yield "training.repeats", "two values hardly say how far seeds lie apart, which three or more do"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."


def _configs(spec: StudySpec) -> Iterator[Config]:
    seen: set[tuple[object, ...]] = set()
    for _, params in spec.corners():
        key = tuple(params.items())
        if key not in seen:
            seen.add(key)
            yield spec.config(params)
