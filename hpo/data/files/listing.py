"""Which image files and classes a folder has, and what it passes over; nothing is decoded."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Literal

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
        """The indices of the files of each part that stay, in the order of the listing; parts without any are none."""
        rows, start = {}, 0
        for name, part in self.parts.items():
            of_part = np.flatnonzero(stays[start : start + len(part.files)]) + start
            start += len(part.files)
            if len(of_part):
                rows[name] = of_part
        return rows


def list_folder(root: Path, empty_classes: EmptyClasses = "refuse") -> Listing:
    """The files in one folder a class, or in folders `train`, `validation` and `test` with class folders in them.

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
    folders = _part_folders(root)
    walks = {name: _Walk(folder) for name, folder in (folders or {"train": root}).items()}
    classes = _classes_of(walks, empty_classes, root)
    parts = {name: walk.part(classes, root) for name, walk in walks.items()}
    findings = [finding for walk in walks.values() for finding in walk.findings]
    if folders:
        findings += _beside(root, folders)
    return Listing(root, classes, parts, bool(folders), tuple(findings))


def is_litter(name: str) -> bool:
    """Whether a file or folder is hidden, or left behind by an operating system."""
    return name.startswith(".") or name.lower() in _LITTER or name.lower() in _LITTER_FILES


def is_image(path: Path) -> bool:
    """Whether a file is taken for an image, which its ending says."""
    return path.suffix.lower() in endings()


class _Walk:
    """The class folders of one part, walked through."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.findings: list[Finding] = []
        self.files: dict[str, list[Path]] = {}
        for entry in _entries(folder):
            path = Path(entry.path)
            if is_litter(entry.name):
                self._pass_over("hidden", path, "hidden, or litter of an operating system")
            elif _is_folder(entry) and _leads_back(path):
                self._pass_over("linked folder", path, f"a link to the folder {os.readlink(path)}, not followed")
            elif _is_folder(entry):
                self.files[entry.name] = sorted(self._files(path), key=lambda file: file.parts)
            elif is_image(path):
                self._pass_over("outside a class", path, "an image beside the class folders, which has no class")
            else:
                self._pass_over("not an image", path, "no ending of an image file")
        for name, files in self.files.items():
            if not files:
                self._pass_over("empty class", folder / name, "a class without images")
            elif all(file.parent != folder / name for file in files):
                self._pass_over("only folders", folder / name, f"the folders {_first_folders(files, folder / name)}")

    def part(self, classes: tuple[str, ...], root: Path) -> ListedPart:
        by_class = [self.files.get(name, []) for name in classes]
        files = tuple(chain.from_iterable(by_class))
        labels = np.repeat(np.arange(len(classes), dtype=np.int32), list(map(len, by_class)))
        return ListedPart(files, labels, tuple(file.relative_to(root).as_posix() for file in files))

    def _files(self, folder: Path) -> Iterator[Path]:
        for entry in _entries(folder):
            path = Path(entry.path)
            if is_litter(entry.name):
                self._pass_over("hidden", path, "hidden, or litter of an operating system")
            elif os.path.isfile(entry):  # false of a link to itself, of which `is_file` raises
                if is_image(path):
                    yield path
                else:
                    self._pass_over("not an image", path, "no ending of an image file")
            elif _is_folder(entry):
                if entry.is_symlink():
                    self._pass_over("linked folder", path, f"a link to the folder {os.readlink(path)}, not followed")
                else:
                    yield from self._files(path)
            elif entry.is_symlink() and is_image(path):
                self._pass_over("broken link", path, f"a link to {os.readlink(path)}, where there is no file")

    def _pass_over(self, kind: Kind, path: Path, detail: str) -> None:
        self.findings.append(Finding(kind, path, detail))


def _first_folders(files: Sequence[Path], folder: Path) -> str:
    """The folders right below a folder in which its images lie, three at most, in words."""
    names = list(dict.fromkeys(file.relative_to(folder).parts[0] for file in files))
    return ", ".join(map(readable, names[:_NAMED])) + (", ..." if len(names) > _NAMED else "")


def _one_level_lower(walk: _Walk) -> str:
    """The advice to name the folder inside, where a folder holds nothing but one that looks like a data set."""
    for name, files in walk.files.items():
        below = {file.relative_to(walk.folder / name).parts[0] for file in files if file.parent != walk.folder / name}
        if len(below) > 1:
            return f" Is it one level too high? Set data.path to {readable(walk.folder / name)}."
    return ""


def _entries(folder: Path) -> list[os.DirEntry[str]]:
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
    """Whether a folder is a link to one that it lies in."""
    return folder.is_symlink() and folder.parent.resolve().is_relative_to(folder.resolve())


def _part_folders(root: Path) -> dict[str, Path]:
    """The folders that hold parts, by the part's name; none where class folders lie at the root."""
    folders: dict[str, Path] = {}
    nearly: list[str] = []
    for entry in (entry for entry in _entries(root) if _is_folder(entry)):
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


def _beside(root: Path, folders: Mapping[str, Path]) -> Iterator[Finding]:
    """What lies beside the folders of parts."""
    for entry in _entries(root):
        path = Path(entry.path)
        if path in folders.values():
            continue
        if is_litter(entry.name):
            yield Finding("hidden", path, "hidden, or litter of an operating system")
        elif _is_folder(entry) or is_image(path):
            yield Finding("outside a class", path, f"it lies beside {', '.join(folders)}, and is in none of them")
        else:
            yield Finding("not an image", path, "no ending of an image file")


def _classes_of(walks: Mapping[str, _Walk], empty_classes: EmptyClasses, root: Path) -> tuple[str, ...]:
    """The classes of the training part, which has all those of the others.

    Raises:
        DataError: they are fewer than two, lack images, or another part has one that the training part has not.
    """
    for path in (walk.folder / name for walk in walks.values() for name in walk.files if not name.isprintable()):
        raise DataError(
            f"{readable(path)}: the name of a class is printable text. Received another. Rename the folder."
        )
    train = walks["train"]
    chosen = {name for name, files in train.files.items() if files or empty_classes == "refuse"}
    for walk in walks.values():
        names = set(walk.files)
        least, rule = (2, ", two classes or more") if walk is train else (1, "")  # else there is nothing to tell apart
        if len(names) < least:
            raise DataError(
                f"{walk.folder}: images lie in one folder a class{rule}. "
                f"Received {f'{min(names)} alone' if names else 'no folder in it'}.{_one_level_lower(walk)}"
            )
    check_trained({part: {name: len(walk.files[name]) for name in walk.files} for part, walk in walks.items()}, root)
    empty = [walk.folder / name for walk in walks.values() for name, files in walk.files.items() if not files]
    if empty and empty_classes == "refuse":
        others = f", and none in {', '.join(str(folder) for folder in empty[1:_SHOWN])}" if len(empty) > 1 else ""
        more = f" and {len(empty) - _SHOWN} more" if len(empty) > _SHOWN else ""
        strange = [
            finding
            for walk in walks.values()
            for finding in walk.findings
            if finding.kind == "not an image" and any(finding.path.is_relative_to(folder) for folder in empty)
        ]
        endings_there = f" There, files of other endings are passed over: {count_endings(strange)}." if strange else ""
        raise DataError(
            f"{empty[0]}: a class has at least one image ({', '.join(sorted(endings()))}). Received none{others}"
            f"{more}. Add images, remove the folder, or set data.empty_classes to ignore.{endings_there}"
        )
    if len(chosen) < 2:  # noqa: PLR2004 - nothing to tell apart
        raise DataError(
            f"{train.folder}: two classes or more have images. Received {' and '.join(sorted(chosen)) or 'none'}."
        )
    return tuple(sorted(chosen))
