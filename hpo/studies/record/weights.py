"""Other studies that a study starts from: their best models, copied so that it can go on without them, and configs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hpo.errors import UserError, WeightsError
from hpo.spaces import Config, Params, ScalarValue, SearchSpace, StudySpec
from hpo.spaces.change.adoption import adopt
from hpo.spaces.change.matching import Misfit
from hpo.spaces.space.parameters import Choice, Int
from hpo.spaces.spec.named_studies import OPTION, PREFIX, studies_named, study_of
from hpo.studies.address import StudyAddress, nearby
from hpo.studies.files.place import open_place
from hpo.studies.record.study import StudyRecord
from hpo.vocabulary import suggest

_BEST = 5
"""Configs of each study: more say little, since the sampler learns from these as from any other."""
_ATTEMPTS = 3
"""A study that is being worked on may forget a model that was its best a moment ago."""


def copy_weights(spec: StudySpec, address: StudyAddress, *, anew: bool = False) -> None:
    """Copy the best models of the studies that a spec starts from beside its own study.

    A copy that is there stays, whatever became of the other study since: trials are compared that began alike.

    Args:
        spec: names the studies, which lie beside its own.
        address: of its study, which is locked.
        anew: whether nothing was trained yet, so that copies are brought up to date.

    Raises:
        UserError: there is no such study, or it has no finished model.
    """
    for name in studies_named(spec):
        if anew or not open_place(address).files.weights_of(name).exists():
            _copy(name, address)


def resolve_weights(config: Config, address: StudyAddress) -> Config:
    """Put the path of a copy where a config names the model of a study.

    Raises:
        WeightsError: there is no copy of that model.
    """
    name = study_of(getattr(config.model, OPTION, None))
    if name is None:
        return config
    files = open_place(address).files
    try:
        path = files.fetch_weights(name)
    except FileNotFoundError:
        copy = files.weights_of(name)
        raise WeightsError(
            f"model.{OPTION}: the best model of study {name} is copied when a study begins. Received no "
            f"{nearby(copy) if isinstance(copy, Path) else copy}. `hpo resume {address.argument}` copies it again, "
            f"if study {name} is there."
        ) from None
    return replace(config, model=config.model.model_copy(update={OPTION: path}))


def _copy(name: str, address: StudyAddress) -> None:
    rule = f"model.{OPTION}: `{PREFIX}NAME` is another study in the same folder of studies, with a finished model."
    other, files = open_beside(name, address, rule), open_place(address).files
    for _ in range(_ATTEMPTS):
        best = other.best
        if best is None:
            break
        try:
            files.keep_weights(name, other.files.models.path(best.number))
        except FileNotFoundError:
            continue
        return
    raise UserError(f"{rule} Received {PREFIX}{name}, which has none. Finish a trial of it: {other.next_command}.")


def open_beside(name: str, address: StudyAddress, rule: str) -> StudyRecord:
    """Open a study of the same folder, or server, as another one.

    Args:
        name: of the study to open.
        address: of the study whose file names it.
        rule: what errors begin with.

    Raises:
        UserError: there is none, or it is the study itself.
    """
    if name == address.name:
        raise UserError(f"{rule} Received {PREFIX}{name}, the study itself. Name another one, or this one otherwise.")
    place = open_place(address)
    names = place.names()
    if name not in names:
        others = [other for other in names if other != address.name]
        there = suggest(name, others) or (f"There are {', '.join(others)}" if others else "There is no other one")
        there = there[0].upper() + there[1:] + "." * (not there.endswith("?"))
        raise UserError(f"{rule} Received {PREFIX}{name}, which is not in {place.studies}. {there}")
    return StudyRecord(place.beside(name))


def list_best_configs(spec: StudySpec, address: StudyAddress) -> list[Params]:
    """List the best configs of the studies that a spec starts from, the best first, as parameters of its own space.

    Raises:
        UserError: there is no such study, it has no complete trial, or it was compared by something else.
    """
    return [params for name in spec.earlier_studies for params in _list_best(name, spec, address)]


def _list_best(name: str, spec: StudySpec, address: StudyAddress) -> list[Params]:
    rule = f"start_from: `{PREFIX}NAME` is another study beside this one, with complete trials and the same objective."
    other = open_beside(name, address, rule)
    theirs, ours = other.spec.objectives[0], spec.objectives[0]
    if (theirs.metric, theirs.direction) != (ours.metric, ours.direction):
        raise UserError(
            f"{rule} Received {PREFIX}{name}, which {theirs.direction}s {theirs.metric}, where this study "
            f"{ours.direction}s {ours.metric}. Take it out of start_from, or change the objective."
        )
    trials = [trial for trial in other.compared_trials() if trial.values is not None]
    if not trials:
        raise UserError(
            f"{rule} Received {PREFIX}{name}, which has no complete trial. Finish one: {other.next_command}."
        )
    trials.sort(key=lambda trial: trial.values[0], reverse=ours.direction == "maximize")
    configs: list[Params] = []
    for trial in trials:
        params = translate(other.spec.space.snap(trial.params), other.spec.space, spec.space)
        is_whole = spec.space.restrict(params).size == 1
        if params and params not in configs and (spec.admits(params) if is_whole else True):
            configs.append(params)
        if len(configs) == _BEST:
            break
    return configs


def translate(params: Mapping[str, ScalarValue], old: SearchSpace, new: SearchSpace) -> Params:
    """Give the parameters that a config of one space has in another one.

    A number beyond a range becomes the end of it; what else the new space does not have is left out, with all that
    depends on it, and drawn.
    """
    adopted = adopt(old.tree(params), params, new)
    if not isinstance(adopted, Misfit):
        return adopted
    translated: Params = {}
    for parameter, conditions in new.conditions():
        name = parameter.name
        is_open = all(translated.get(holder) in allowed for holder, allowed in conditions.items())
        value = params.get(name)
        if value is None or not is_open:
            continue
        if isinstance(parameter, Choice):
            if parameter.has(value):
                translated[name] = value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            bounded = min(parameter.high, max(parameter.low, value))
            if isinstance(parameter, Int):
                translated[name] = parameter.nth(round((bounded - parameter.low) / parameter.step))
            else:
                translated[name] = parameter.snap(float(bounded))
    return translated
