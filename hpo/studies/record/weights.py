"""Weights of other studies: copied when a study begins, so that it can be moved, and run again, without them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hpo.errors import UserError, WeightsError
from hpo.spaces import Config, StudySpec
from hpo.spaces.spec.study_weights import OPTION, PREFIX, studies_named, study_of
from hpo.studies.address import StudyAddress, nearby
from hpo.studies.files.place import open_place
from hpo.studies.record.study import StudyRecord
from hpo.vocabulary import suggest

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
    if name == address.name:
        raise UserError(f"{rule} Received {PREFIX}{name}, the study itself. Name another one, or this one otherwise.")
    place = open_place(address)
    names = place.names()
    if name not in names:
        others = [other for other in names if other != address.name]
        there = suggest(name, others) or (f"there are {', '.join(others)}" if others else "there is no other one")
        raise UserError(f"{rule} Received {PREFIX}{name}, which is not in {place.studies}; {there}.")
    other = StudyRecord(place.beside(name))
    for _ in range(_ATTEMPTS):
        best = other.best
        if best is None:
            break
        try:
            place.files.keep_weights(name, other.files.models.path(best.number))
        except FileNotFoundError:
            continue
        return
    raise UserError(
        f"{rule} Received {PREFIX}{name}, which has none. Finish a trial of it: hpo resume {other.address.argument}."
    )
