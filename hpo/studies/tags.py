"""Tags: names that people give to kept models, such as `production`; each names one in a folder of studies or a server.

A tag is an attribute of the study whose model it names, so it goes with the study: to another name, or into a bundle.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from hpo.errors import Fault, HpoError, UserError
from hpo.spaces.sections.keys import STUDY_NAME
from hpo.studies.address import StudyAddress
from hpo.studies.files.place import StudyPlace, open_place
from hpo.studies.store.ledger import StudyLedger
from hpo.vocabulary import suggest

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tag:
    """A name for a kept model.

    Attributes:
        name: of the tag.
        study: the address of the study.
        trial: the number of the trial.
        date: when it was set, in UTC, ISO 8601.
    """

    name: str
    study: StudyAddress
    trial: int
    date: str

    @property
    def meaning(self) -> str:
        """What it names: `digits, trial 3`."""
        return f"{self.study.name}, trial {self.trial}"


def list_tags(place: StudyPlace) -> list[Tag]:
    """List the tags of a folder of studies, or of a database server, by name.

    A study that cannot be read is passed over. Where two studies have a tag, the one that was tagged last counts: the
    other one was to lose it. Copies of a study by hand have the same date: such a tag is there twice.
    """
    return [tag for tags in _read_tags(place).values() for tag in tags if tag.date == max(one.date for one in tags)]


def find_tag(place: StudyPlace, name: str) -> Tag | None:
    """Find what a tag names; None where there is no such tag.

    Raises:
        UserError: it names two models.
    """
    tags = [tag for tag in list_tags(place) if tag.name == name]
    if len(tags) > 1:
        meanings = " and ".join(tag.meaning for tag in tags)
        remedy = f"type: hpo tag {tags[0].study.argument} --trial {tags[0].trial} {name}"
        raise UserError(
            Fault("it names one model", f"{meanings}, of which one is a copy", remedy, subject=f"tag {name}")
        )
    return tags[0] if tags else None


def set_tag(study: StudyAddress, trial: int, name: str) -> Tag | None:
    """Give a name to the model of a trial, which no other model beside it has from then on.

    A trial that is tagged keeps its model, whichever trial beats it later.

    Args:
        study: of the trial.
        trial: its number; its model was kept.
        name: the tag: what a study may be called.

    Returns:
        What the tag named before; None where it is new.

    Raises:
        UserError: it is no name that a tag can have, or a study beside it has that name.
        StorageError: a database cannot be written to.
    """
    place = open_place(study)
    if not re.fullmatch(STUDY_NAME, name):
        rule = "its name has letters, digits, '.', '_' and '-', begins with one of the first two, at most 100"
        raise UserError(Fault(rule, repr(name), "give it another name", subject="tag"))
    if name in place.names():
        raise UserError(Fault("it is no name that a study has", name, "give it another name", subject="tag"))
    tags = _read_tags(place).get(name, [])
    date = datetime.now(UTC).isoformat(timespec="microseconds")
    _change(study, lambda ledger: ledger.set_tag(name, trial, date))
    for tag in tags:
        if tag.study != study:
            _change(tag.study, lambda ledger: ledger.remove_tag(name))
    return max(tags, key=lambda tag: tag.date, default=None)


def remove_tag(place: StudyPlace, name: str) -> Tag:
    """Remove a tag; the model that it names stays.

    Returns:
        What it named.

    Raises:
        UserError: there is no such tag.
        StorageError: a database cannot be written to.
    """
    tags = _read_tags(place)
    if name not in tags:
        remedy = suggest(name, list(tags)) or describe_tags(tags) or "there is none"
        raise UserError(Fault("a tag that is removed is there", name, remedy, subject="tag"))
    for tag in tags[name]:
        _change(tag.study, lambda ledger: ledger.remove_tag(name))
    return max(tags[name], key=lambda tag: tag.date)


def describe_tags(names: Iterable[str]) -> str:
    """Say which tags there are: `there is the tag production`; "" where there is none."""
    *others, last = [*dict.fromkeys(names)] or [""]
    return f"there are the tags {', '.join(others)} and {last}" if others else f"there is the tag {last}" * bool(last)


def drop_taken_tags(study: StudyAddress) -> list[Tag]:
    """Take the tags from a study that has come to others, where one of those has them already.

    Returns:
        What those tags name, as before.
    """
    kept = [tag for tag in list_tags(open_place(study)) if tag.study != study]
    own = StudyLedger(open_place(study).reader()().user_attrs).tags
    taken = [tag for tag in kept if tag.name in own]

    def remove_taken(ledger: StudyLedger) -> None:
        for tag in taken:
            ledger.remove_tag(tag.name)

    if taken:
        _change(study, remove_taken)
    return taken


def _read_tags(place: StudyPlace) -> dict[str, list[Tag]]:
    """Read all tags, by their names, as the studies have them."""
    tags = defaultdict(list)
    for study in map(place.beside, place.names()):
        try:
            ledger = StudyLedger(open_place(study).reader()().user_attrs)
        except HpoError:
            continue
        for name, entry in ledger.tags.items():
            tags[name].append(Tag(name, study, entry["trial"], entry["date"]))
    return dict(sorted(tags.items()))


def _change(study: StudyAddress, change: Callable[[StudyLedger], T]) -> T:
    """Write to the ledger of a study, also while others work on it."""
    from hpo.studies.store.rows import change_ledger

    with closing(open_place(study).open_storage()) as storage:

        def work(session: Session) -> T:
            storage.attempts.lock(session)
            return change_ledger(session, storage.study._study_id, change)

        return storage.transact(work)
