"""Which image files and classes a folder has, and what it passes over; nothing is decoded."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

from hpo.data.parts.class_counts import check_trained
from hpo.data.pixels.findings import DAMAGE, Finding, Kind, count_endings
from hpo.data.pixels.formats import endings
from hpo.data.pixels.images import PARTS, Labels, Rows
from hpo.errors import DataError
from hpo.shown import readable

EmptyClasses = Literal["refuse", "ignore"]
SPELLINGS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
"""Folders that hold a part of the data set, whatever their case; no class is called so."""
_NEARLY = frozenset({"dev", "eval", "holdout", "tests"})
_SHOWN, _NAMED = 10, 3
_LITTER = frozenset({"__macosx", "@eadir", "$recycle.bin", "system volume information", "lost+found"})
_LITTER_FILES = frozenset({"thumbs.db", "desktop.ini", "ehthumbs.db"})


@dataclass(frozen=True, slots=True)
class ListedPart:
    """The files of one part.

    Attributes:
        files: where they are.
        labels: the class of each, int32 `[n]`, indices into the listing's classes.
        names: what identifies each wherever the data set lies, its class among it.
    """

    files: tuple[Path, ...]
    labels: Labels
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a data set, before any of them is read.

    Attributes:
        root: where the data set is, as errors name it: a folder, or a table.
        classes: their names, in the order of the labels.
        parts: by name, in the order train, validation, test; a data set that is not divided has `train` alone.
        is_divided: whether the source says which file is in which part.
        findings: what is passed over, empty classes, and links that lead nowhere; those files are in no part.
    """

    root: Path
    classes: tuple[str, ...]
    parts: Mapping[str, ListedPart]
    is_divided: bool
    findings: tuple[Finding, ...] = field(default=(), compare=False)

    @property
    def folder(self) -> Path:
        """What files are named from: the root, or the folder in which the table lies."""
        return self.root.parent if self.root.is_file() else self.root

    @property
    def damage(self) -> tuple[Finding, ...]:
        """What should be an image and cannot be read, as far as a listing shows it."""
        return tuple(finding for finding in self.findings if finding.kind in DAMAGE)

    @property
    def files(self) -> list[Path]:
        """Of all parts, one after the other."""
        return [file for part in self.parts.values() for file in part.files]

    @property
    def labels(self) -> Labels:
        """Of all parts, one after the other."""
        return np.concatenate([part.labels for part in self.parts.values()])

    @property
    def names(self) -> list[str]:
        """Of all parts, one after the other."""
        return [name for part in self.parts.values() for name in part.names]

    def rows(self, stays: NDArray[np.bool_]) -> dict[str, Rows]:
        """Give the indices of the files of each part that stay, in the order of the listing; no part is empty."""
        rows, start = {}, 0
        for name, part in self.parts.items():
            of_part = np.flatnonzero(stays[start : start + len(part.files)]) + start
            start += len(part.files)
            if len(of_part):
                rows[name] = of_part
        return rows


def list_folder(root: Path, empty_classes: EmptyClasses = "refuse") -> Listing:
    """List the files in one folder a class, or in folders `train`, `validation` and `test` with class folders in them.

    Args:
        root: where they are.
        empty_classes: `refuse` holds that every part has images of every class; `ignore` has those classes that the
            training part has images of.

    Returns:
        Files of a class in the order of their paths, at any depth below the class folder.

    Raises:
        DataError: there are no two classes, parts or classes cannot be recognized, or one is empty that must not be.
    """
    if not root.is_dir():
        raise DataError(f"data.path: it is a folder that holds images. Received {root}, where there is none.")
    folders = _find_part_folders(root)
    walks = {name: _Walk(folder) for name, folder in (folders or {"train": root}).items()}
    classes = _choose_classes(walks, empty_classes, root)
    parts = {name: walk.list_part(classes, root) for name, walk in walks.items()}
    findings = [finding for walk in walks.values() for finding in walk.findings]
    if folders:
        findings += _list_beside(root, folders)
    return Listing(root, classes, parts, bool(folders), tuple(findings))


def is_litter(name: str) -> bool:
    """Say whether a file or folder is hidden, or left behind by an operating system."""
    return name.startswith(".") or name.lower() in _LITTER or name.lower() in _LITTER_FILES


def is_image(path: Path) -> bool:
    """Say whether a file is taken for an image, which its ending says."""
    return path.suffix.lower() in endings()


class _Walk:
    """The class folders of one part, walked through."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.findings: list[Finding] = []
        self.files: dict[str, list[Path]] = {}
        for entry in _list_entries(folder):
            path, kind = Path(entry.path), _why_passed_over(entry)
            if kind is None and not _is_folder(entry):
                kind = "outside a class"
            elif kind is None and _leads_back(path):
                kind = "linked folder"
            if kind is None:
                self.files[entry.name] = sorted(self._files(path), key=lambda file: file.parts)
            else:
                self._pass_over(kind, path)
        for name, files in self.files.items():
            if not files:
                self._pass_over("empty class", folder / name)
            elif all(file.parent != folder / name for file in files):
                names = [readable(below) for below in self.folders_in(name)]
                shown = ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
                self.findings.append(Finding("only folders", folder / name, f"the folders {shown}"))

    def list_part(self, classes: tuple[str, ...], root: Path) -> ListedPart:
        by_class = [self.files.get(name, []) for name in classes]
        files = tuple(chain.from_iterable(by_class))
        labels = np.repeat(np.arange(len(classes), dtype=np.int32), list(map(len, by_class)))
        return ListedPart(files, labels, tuple(file.relative_to(root).as_posix() for file in files))

    def folders_in(self, name: str) -> list[str]:
        """List the folders right below a class folder in which its images lie."""
        below = [file.relative_to(self.folder / name).parts for file in self.files[name]]
        return list(dict.fromkeys(parts[0] for parts in below if len(parts) > 1))

    def _files(self, folder: Path) -> Iterator[Path]:
        for entry in _list_entries(folder):
            path, kind = Path(entry.path), _why_passed_over(entry)
            is_file = os.path.isfile(entry)  # false of a link to itself, of which `is_file` raises
            if kind is None and entry.is_symlink() and not is_file:
                kind = "linked folder" if _is_folder(entry) else "broken link"
            if kind is not None:
                self._pass_over(kind, path)
            elif is_file:
                yield path
            elif _is_folder(entry):
                yield from self._files(path)

    def _pass_over(self, kind: Kind, path: Path) -> None:
        target = os.readlink(path) if path.is_symlink() else ""
        self.findings.append(Finding(kind, path, _DETAILS[kind].format(target=target)))


_DETAILS: Mapping[Kind, str] = {
    "hidden": "hidden, or litter of an operating system",
    "not an image": "no ending of an image file",
    "outside a class": "an image beside the class folders, which has no class",
    "linked folder": "a link to the folder {target}, not followed",
    "broken link": "a link to {target}, where there is no file",
    "empty class": "a class without images",
}


def _why_passed_over(entry: os.DirEntry[str]) -> Kind | None:
    """Explain why an entry is passed over wherever it lies; None of folders, and of what is called as images are."""
    if is_litter(entry.name):
        return "hidden"
    return None if _is_folder(entry) or is_image(Path(entry.path)) else "not an image"


def _list_entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise DataError(f"{folder}: folders of images can be listed. Received: {error.strerror}.") from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _leads_back(folder: Path) -> bool:
    """Say whether a folder is a link to one that it lies in."""
    return folder.is_symlink() and folder.parent.resolve().is_relative_to(folder.resolve())


def _find_part_folders(root: Path) -> dict[str, Path]:
    """Find the folders that hold parts, by the part's name; none where class folders lie at the root."""
    folders: dict[str, Path] = {}
    nearly: list[str] = []
    for entry in (entry for entry in _list_entries(root) if _is_folder(entry)):
        part = SPELLINGS.get(entry.name.lower())
        if part in folders:
            raise DataError(
                f"{root}: a part of a data set is one folder. Received {folders[part].name} and {entry.name} for "
                f"{part}. Rename or remove one."
            )
        if part is not None:
            folders[part] = Path(entry.path)
        elif entry.name.lower() in _NEARLY:
            nearly.append(entry.name)
    if (folders or nearly) and ("train" not in folders or nearly):
        odd = (nearly or [folder.name for folder in folders.values()])[0]
        raise DataError(
            f"{root / odd}: the parts of a data set are called {', '.join(PARTS)}, and train is always there. "
            f"Received {odd}{'' if 'train' in folders else ' without train'}. Rename the folders."
        )
    return {name: folders[name] for name in PARTS if name in folders}


def _list_beside(root: Path, folders: Mapping[str, Path]) -> Iterator[Finding]:
    """List what lies beside the folders of parts."""
    for entry in _list_entries(root):
        path = Path(entry.path)
        if path not in folders.values():
            kind = _why_passed_over(entry)
            text = f"it lies beside {', '.join(folders)}, and is in none of them" if kind is None else _DETAILS[kind]
            yield Finding(kind or "outside a class", path, text)


def _choose_classes(walks: Mapping[str, _Walk], empty_classes: EmptyClasses, root: Path) -> tuple[str, ...]:
    """Choose the classes of the training part, which has all those of the others.

    Raises:
        DataError: they are fewer than two, lack images, or another part has one that the training part has not.
    """
    folders = [walk.folder / name for walk in walks.values() for name in walk.files]
    for folder in (folder for folder in folders if not folder.name.isprintable()):
        raise DataError(
            f"{readable(folder)}: the name of a class is printable text. Received another. Rename the folder."
        )
    train = walks["train"]
    for walk in walks.values():
        least, rule = (2, ", two classes or more") if walk is train else (1, "")  # else there is nothing to tell apart
        if len(walk.files) < least:
            # A folder in which nothing but one lies that looks like a data set is named too high.
            lower = [walk.folder / name for name in walk.files if len(walk.folders_in(name)) > 1]
            remedy = f" Is it one level too high? Set data.path to {readable(lower[0])}." if lower else ""
            raise DataError(
                f"{walk.folder}: images lie in one folder a class{rule}. "
                f"Received {f'{min(walk.files)} alone' if walk.files else 'no folder in it'}.{remedy}"
            )
    check_trained({part: {name: len(walk.files[name]) for name in walk.files} for part, walk in walks.items()}, root)
    empty = [walk.folder / name for walk in walks.values() for name, files in walk.files.items() if not files]
    if empty and empty_classes == "refuse":
        _refuse_empty(empty, [finding for walk in walks.values() for finding in walk.findings])
    classes = sorted(name for name, files in train.files.items() if files)
    if len(classes) < 2:  # noqa: PLR2004 - nothing to tell apart
        raise DataError(f"{train.folder}: two classes or more have images. Received {' and '.join(classes) or 'none'}.")
    return tuple(classes)


def _refuse_empty(empty: Sequence[Path], findings: Sequence[Finding]) -> NoReturn:
    """Name class folders without images, and the endings of the files that lie there."""
    others = f", and none in {', '.join(map(str, empty[1:_SHOWN]))}" if len(empty) > 1 else ""
    more = f" and {len(empty) - _SHOWN} more" if len(empty) > _SHOWN else ""
    strange = [
        finding
        for finding in findings
        if finding.kind == "not an image" and any(finding.path.is_relative_to(folder) for folder in empty)
    ]
    there = f" There, files of other endings are passed over: {count_endings(strange)}." if strange else ""
    raise DataError(
        f"{empty[0]}: a class has at least one image ({', '.join(sorted(endings()))}). Received none{others}"
        f"{more}. Add images, remove the folder, or set data.empty_classes to ignore.{there}"
    )
