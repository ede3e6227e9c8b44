"""Which study is meant, wherever it is kept: the address that is passed around and handed to workers."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hpo.errors import UserError

DEFAULT_STUDIES = Path("studies")
"""The folder of studies where none is named."""
DATABASE = "study.db"
_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class StudyAddress:
    """Where a study is kept; paths are made absolute, so that it means the same in another working directory.

    Attributes:
        storage: the URL of its database, as SQLAlchemy writes it.
        files: the URL or the path of the folder for its models, reports and logs.
        name: the study's name.
    """

    storage: str
    files: str
    name: str

    def __post_init__(self) -> None:
        if self.storage.startswith(_SQLITE):
            object.__setattr__(self, "storage", f"{_SQLITE}{self.database.absolute()}")
        if "://" not in self.files:
            object.__setattr__(self, "files", str(Path(self.files).absolute()))

    @classmethod
    def in_folder(cls, path: Path) -> Self:
        """Give the address of a study that is kept in a folder of its own, its database beside its files."""
        if ".." in path.parts:  # of the folder itself, it matters whether it is a link
            path = path.parent.resolve() / path.name
        return cls(f"{_SQLITE}{path / DATABASE}", str(path), path.name)

    @property
    def argument(self) -> str:
        """What names the study on a command line: its name where that is enough, else the path of its folder."""
        path = nearby(Path(self.files))
        is_name = path.parent == DEFAULT_STUDIES and not self.name.startswith("-")
        return command_argument(self.name if is_name else path)

    @property
    def database(self) -> Path:
        """The SQLite file that holds the study.

        Raises:
            UserError: its storage is another one.
        """
        if not self.storage.startswith(_SQLITE):
            raise self.refusal()
        return Path(self.storage.removeprefix(_SQLITE))

    def refusal(self) -> UserError:
        """Give the error of a study kept where hpo cannot open it; URLs, which may hold passwords, are not shown."""
        kinds = [url.partition("://")[0] if "://" in url else "a folder" for url in (self.storage, self.files)]
        return UserError(
            f"study {self.name}: it is kept in an SQLite file, and its files in a folder. Received a study in "
            f"{kinds[0]}, and its files in {kinds[1]}. Name a folder of studies by --studies (`studies` in Python)."
        )


def nearby(path: Path) -> Path:
    """Write a path as seen from the working directory, if it lies in it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def command_argument(path: str | Path) -> str:
    """Write a path as a shell takes it, and no command takes it for an option."""
    text = str(path)
    return shlex.quote(f"./{text}" if text.startswith("-") else text)
