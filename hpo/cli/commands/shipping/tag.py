"""`hpo tag`: names for kept models, such as `production`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from hpo.cli.completion import complete_study
from hpo.cli.options import Debug, Files, Json, Quiet, Storage, Studies
from hpo.cli.terminal.console import make_table, open_console
from hpo.cli.terminal.output import tell, write, write_json
from hpo.errors import Fault, HpoError, UserError
from hpo.shipping import find_model
from hpo.studies import StudyAddress, StudyPlace, StudyRecord, Tag, list_tags, open_place, remove_tag, set_tag
from hpo.studies.address import DEFAULT_STUDIES

TaggedStudy = Annotated[
    str | None,
    typer.Argument(
        metavar="STUDY[:TRIAL]",
        help="The study, by default with its best trial; none lists the tags.",
        autocompletion=complete_study,
    ),
]
TagName = Annotated[str | None, typer.Argument(metavar="NAME", help="The tag, such as production.")]
TaggedTrial = Annotated[
    int | None, typer.Option("--trial", min=0, metavar="N", help="Whose model it is; by default the best.")
]
RemovedTag = Annotated[str | None, typer.Option("--remove", metavar="NAME", help="Remove this tag; the model stays.")]


def tag(
    study: TaggedStudy = None,
    name: TagName = None,
    trial: TaggedTrial = None,
    remove: RemovedTag = None,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Name a kept model, or list the names that there are.

    A tag names one model in a folder of studies, or in a database server; set again, it moves. Commands that take a
    model take a tag as well: `hpo export production`. A model that has one is kept, whichever trial beats it.
    """
    place = open_place(StudyAddress.named("*", studies, storage, files))
    if remove is not None:
        _remove(place, remove, has_more=study is not None or trial is not None, quiet=quiet)
        return
    if study is None:
        _list(place, as_json=as_json)
        return
    if name is None:
        rule, remedy = "a model is given a name", f"type: hpo tag {study} production"
        raise UserError(Fault(rule, f"{study} alone", remedy, subject="tag"))
    kept = find_model(study, trial=trial, studies=studies, storage=storage, files=files)
    if kept.study is None or kept.trial is None:
        raise UserError(Fault("a tag names a model of a study", f"the file {study}", "name the study", subject="tag"))
    before = set_tag(kept.study.address, kept.trial, name)
    if quiet:
        return
    now = f"{kept.study.name}, trial {kept.trial}"
    if before is None:
        tell(f"{name} is {now}.")
    elif (before.study, before.trial) == (kept.study.address, kept.trial):
        tell(f"{name} is {now}, as before.")
    else:
        tell(f"{name} is {now}. It was {before.meaning}.")


def _remove(place: StudyPlace, name: str, *, has_more: bool, quiet: bool) -> None:
    if has_more:
        remedy = f"type: hpo tag --remove {name}"
        raise UserError(Fault("a tag is removed by its name alone", "a study beside it", remedy, subject="--remove"))
    removed = remove_tag(place, name)
    if not quiet:
        tell(f"{name} is removed. It was {removed.meaning}, whose model stays as long as no other trial beats it.")


def _list(place: StudyPlace, *, as_json: bool) -> None:
    tags = list_tags(place)
    states = [_has_model(one) for one in tags]
    if as_json:
        write_json(
            [
                {"tag": one.name, "study": one.study.name, "trial": one.trial, "date": one.date, "has_model": has_model}
                for one, has_model in zip(tags, states, strict=True)
            ]
        )
    elif tags:
        words = {True: "kept", False: "removed", None: "not known"}
        rows = [
            [one.name, one.study.name, str(one.trial), _to_local(one.date), words[has_model]]
            for one, has_model in zip(tags, states, strict=True)
        ]
        open_console().print(make_table(["tag", "study", "trial", "since", "model"], rows, numbers=("trial",)))
    else:
        write(f"No tag in {place.studies}. Set one: hpo tag STUDY production")


def _has_model(one: Tag) -> bool | None:
    """Say whether the model that a tag names is there; None where that cannot be seen."""
    try:
        return StudyRecord(one.study).files.models.find(one.trial) is not None
    except HpoError:
        return None


def _to_local(date: str) -> str:
    return datetime.fromisoformat(date).astimezone().strftime("%Y-%m-%d %H:%M")
