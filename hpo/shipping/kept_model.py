"""Which model is meant: the best one of a study, that of another trial, the one that has a tag, or a file."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpo.errors import Fault, StudyNotFoundError, UserError
from hpo.shipping.formats import TRAITS, ExportFormat, find_format
from hpo.studies import (
    StudyPlace,
    StudyRecord,
    describe_tags,
    explain_missing,
    find_study,
    find_tag,
    list_tags,
    open_place,
)
from hpo.studies.address import DEFAULT_STUDIES, StudyAddress
from hpo.vocabulary import suggest

if TYPE_CHECKING:
    from upath import UPath

SUFFIX = ".keras"
_OF_TRIAL = re.compile(r"(.+):(\d+)")
"""`STUDY:TRIAL`."""
MEMBER = "hpo.json"
"""See `hpo.training.trial.saving`, which writes it."""
DESCRIPTION = "model.json"
"""What an export says of itself, in its folder."""


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A model as a study keeps it.

    Attributes:
        path: of its `.keras` file, behind any fsspec URL.
        about: what its `hpo.json` says: `classes`, `color_mode`, `dtype`, `image_size`, `config` and more (see
            `docs/using-a-model.md`); with `test` where its study has scored it on the test part.
        study: the study that it is of; None for a file that was named by its path.
        trial: the number of its trial; None where the study is not known.
        tag: by which it was found; None where it was named otherwise.
        format: in which it is; others than `keras` are exports.
    """

    path: Path | UPath
    about: Mapping[str, Any]
    study: StudyRecord | None = None
    trial: int | None = None
    tag: str | None = None
    format: ExportFormat = "keras"

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the model's probabilities."""
        return tuple(map(str, self.about["classes"]))

    @property
    def name(self) -> str:
        """What to call it: `STUDY, trial N`, with the tag by which it was found, or the file's name."""
        if self.study is None:
            return self.path.name
        return f"{self.study.name}, trial {self.trial}{'' if self.tag is None else f' ({self.tag})'}"

    @contextmanager
    def open_local(self) -> Iterator[Path]:
        """Give the path of its `.keras` file on this machine, fetched for that long where it lies elsewhere.

        Raises:
            StorageError: the server that keeps it does not answer.
        """
        if self.study is None:
            yield Path(str(self.path))
            return
        with self.study.files.models.store.open_local(self.path.name) as local:
            yield local

    def read_beside(self, suffix: str) -> bytes | None:
        """Read what lies beside it, as `.validation.npz`; None where there is nothing.

        Raises:
            StorageError: the server that keeps it does not answer.
        """
        try:
            if self.study is None:
                return Path(str(self.path)).with_suffix(suffix).read_bytes()
            return self.study.files.models.store.read(f"{self.path.stem}{suffix}")
        except OSError:
            return None


def find_model(
    model: str | Path | StudyAddress,
    *,
    trial: int | None = None,
    studies: str | Path = DEFAULT_STUDIES,
    storage: str | None = None,
    files: str | Path | None = None,
    takes_exports: bool = False,
) -> KeptModel:
    """Find a model that was kept.

    Args:
        model: a `.keras` file that hpo has written; or a study, as `find_study` takes it, perhaps with a trial:
            `digits:3`; or, where no study has that name, a tag.
        trial: whose model of the study; None for the best.
        studies: the folder of studies.
        storage: the URL of the database server that keeps the study.
        files: where the study's models are kept.
        takes_exports: whether it may be the folder of an export, where no study has that name.

    Raises:
        StudyNotFoundError: there is no such study.
        UserError: the study has no such model, or the file is none that hpo has written.
        StorageError: the server that keeps the study does not answer.
    """
    if not isinstance(model, StudyAddress) and Path(model).suffix == SUFFIX and Path(model).is_file():
        path = Path(model)
        if trial is not None:
            raise UserError(
                Fault("it is a trial of a study", f"{trial} beside the file {path}", "drop it", subject="--trial")
            )
        return KeptModel(path, _read_member(path))
    if takes_exports and not isinstance(model, StudyAddress) and (Path(model) / DESCRIPTION).is_file():
        address = find_study(model, Path(studies), storage, None if files is None else str(files))
        if not open_place(address).exists():
            if trial is not None:
                received = f"{trial} beside the export {model}"
                raise UserError(Fault("it is a trial of a study", received, "drop it", subject="--trial"))
            return _read_export(Path(model))
    record, number, tag = find_trial(model, trial=trial, studies=studies, storage=storage, files=files)
    kept = record.files.models.find(number)
    if kept is None:
        raise UserError(_explain_missing(record, number, tag))
    about = record.files.models.describe(number)
    if not about:
        with KeptModel(kept, {}, record, number).open_local() as local:
            about = dict(_read_member(local))
    return KeptModel(kept, about, record, number, tag)


def find_trial(
    model: str | Path | StudyAddress,
    *,
    trial: int | None = None,
    studies: str | Path = DEFAULT_STUDIES,
    storage: str | None = None,
    files: str | Path | None = None,
) -> tuple[StudyRecord, int, str | None]:
    """Find the study and the number of the trial that is meant, whether or not its model was kept, and by which tag.

    Takes what `find_model` does, without files.

    Raises:
        StudyNotFoundError: there is no such study.
        UserError: the study has no such trial.
        StorageError: the server that keeps the study does not answer.
    """
    address, trial = _find_study(model, trial, Path(studies), storage, None if files is None else str(files))
    place, tag = open_place(address), None
    if not place.exists():
        tag = find_tag(place, address.name)
        if tag is None:
            raise StudyNotFoundError(_explain_file(Path(str(model))) or _explain_nothing(place))
        if trial is not None:
            raise UserError(
                Fault("a tag names a trial", f"{trial} beside the tag {tag.name}", "drop it", subject="--trial")
            )
        address, trial = tag.study, tag.trial
    record = StudyRecord(address).snapshot()
    return record, _choose_trial(record, trial), None if tag is None else tag.name


def _find_study(
    model: str | Path | StudyAddress, trial: int | None, studies: Path, storage: str | None, files: str | None
) -> tuple[StudyAddress, int | None]:
    """Find the address of a study, and the trial that is meant of it, if one is named."""
    address = find_study(model, studies, storage, files)
    match = None if isinstance(model, StudyAddress) else _OF_TRIAL.fullmatch(str(model))
    if match is None or open_place(address).exists():
        return address, trial
    if trial is not None:
        raise UserError(Fault("a trial is named once", f"{trial} beside {model}", "drop one", subject="--trial"))
    return find_study(match[1], studies, storage, files), int(match[2])


def _explain_file(path: Path) -> Fault | None:
    """Say what is wrong with what can only be meant as a file; None where a study may be meant."""
    rule, remedy = "a model is a .keras file that hpo has written, or a study", "name one of them; see `hpo list`"
    is_there = path.exists() and not path.is_dir()
    folder = path.parent if is_there else path
    if (folder / DESCRIPTION).is_file():
        remedy = f"name the study, or do as {folder / 'README.md'} says; `hpo predict` and `hpo serve` take its folder"
        return Fault(rule, "an export", remedy, subject=str(path))
    if path.suffix.lower() != SUFFIX and not is_there:
        return None
    received = f"a file that ends in {path.suffix or 'nothing'}" if is_there else "a path where no file is"
    return Fault(rule, received, remedy, subject=str(path))


def _explain_nothing(place: StudyPlace) -> str:
    """Say that there is no study at an address, and no such tag."""
    names = [tag.name for tag in list_tags(place)]
    hint = suggest(place.address.name, names) or describe_tags(names)
    end = "" if hint.endswith((".", "?")) else "."
    return f"{explain_missing(place.address)}{f' Of tags, {hint}{end}' if hint else ''}"


def _choose_trial(record: StudyRecord, trial: int | None) -> int:
    if trial is not None:
        count = len(record.frozen_trials(confirming=True))
        if not 0 <= trial < count:
            rule = f"it is the number of a trial, 0 to {count - 1}" if count else "the study has trials"
            raise UserError(Fault(rule, str(trial), f"see `hpo trials {record.name}`", subject="--trial"))
        return trial
    best = record.best
    if best is None:
        rule = "a model is that of a complete trial"
        raise UserError(Fault(rule, "none so far", f"type: {record.next_command}", subject=f"study {record.name}"))
    return best.number


def _explain_missing(record: StudyRecord, number: int, tag: str | None) -> Fault:
    kept = record.files.models.numbers()
    there = f"the model{'s' if len(kept) > 1 else ''} of trial {' and '.join(map(str, kept))}"
    there = f"there is {there}" if kept else "there is none: they were removed"
    rule, subject = "a study keeps the models that no other trial beats", f"study {record.name}"
    if tag is None:
        return Fault(rule, f"trial {number}, whose model was not kept", there, subject=subject)
    remedy = f"{there}. Remove the tag: hpo tag --remove {tag}"
    if kept:
        remedy += f"; or give it to another: hpo tag {record.address.argument} --trial {kept[-1]} {tag}"
    return Fault(rule, f"trial {number}, which {tag} names, whose model was removed", remedy, subject=subject)


def _read_export(folder: Path) -> KeptModel:
    try:
        about = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        form = find_format(about["format"])
        path = folder / TRAITS[form].file
        if not isinstance(about["classes"], list) or not path.exists():
            raise ValueError(f"no {path.name} beside it")
    except (OSError, ValueError, KeyError, TypeError) as error:
        rule, remedy = f"an export says in its {DESCRIPTION} what it is", "export the model again"
        received = f"none of {error}" if isinstance(error, KeyError) else str(error).rstrip(".")
        raise UserError(Fault(rule, received, remedy, subject=str(folder))) from error
    return KeptModel(path, about, format=form)


def _read_member(path: Path) -> Mapping[str, Any]:
    """Read what the file says of itself."""
    try:
        with zipfile.ZipFile(path) as archive:
            about = json.loads(archive.read(MEMBER))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        received = "one without" if isinstance(error, KeyError) else f"{error}"
        raise UserError(
            Fault(
                f"a model that hpo has written has {MEMBER} in it",
                received,
                "name a model that a study has kept",
                subject=str(path),
            )
        ) from error
    if not isinstance(about, dict) or not isinstance(about.get("classes"), list):
        raise UserError(
            Fault(f"its {MEMBER} names the classes", "none", "name a model that a study has kept", subject=str(path))
        )
    return about
