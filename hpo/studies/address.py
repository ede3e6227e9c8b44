"""Which study is meant, wherever it is kept: the address that is passed around and handed to workers."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hpo.errors import UserError
from hpo.shown import hide_password

DEFAULT_STUDIES = Path("studies")
"""The folder of studies where none is named."""
DATABASE = "study.db"
_SQLITE = "sqlite:///"
STORAGE_VARIABLE, FILES_VARIABLE = "HPO_STORAGE", "HPO_FILES"
"""Environment variables that stand for `--storage` and `--files` where those are not given."""
_DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
}
"""What SQLAlchemy calls the drivers that hpo's extras install, by what people write."""


@dataclass(frozen=True, slots=True)
class StudyAddress:
    """Where a study is kept; paths are made absolute, so that it means the same in another working directory.

    Attributes:
        storage: the URL of its database, as SQLAlchemy writes it; it may hold a password.
        files: the URL or the path of the folder for its models and checkpoints.
        name: the study's name.
        folder: the folder on this machine for what is not kept elsewhere: logs and reports; `files` where that is one.
    """

    storage: str
    files: str
    name: str
    folder: str = ""

    def __post_init__(self) -> None:
        scheme, separator, rest = self.storage.partition("://")
        object.__setattr__(self, "storage", f"{_DRIVERS.get(scheme, scheme)}{separator}{rest}")
        if self.storage.startswith(_SQLITE):
            object.__setattr__(self, "storage", f"{_SQLITE}{self.database.absolute()}")
        if "://" not in self.files:
            object.__setattr__(self, "files", str(Path(self.files).absolute()))
        folder = self.folder or (DEFAULT_STUDIES / self.name if self.has_remote_files else self.files)
        object.__setattr__(self, "folder", str(Path(folder).absolute()))

    def __repr__(self) -> str:
        """Write it without passwords: tracebacks and logs may show it."""
        return f"StudyAddress({self.safe_storage!r}, {self.safe_files!r}, {self.name!r})"

    @classmethod
    def in_folder(cls, path: Path) -> Self:
        """Give the address of a study that is kept in a folder of its own, its database beside its files."""
        if ".." in path.parts:  # of the folder itself, it matters whether it is a link
            path = path.parent.resolve() / path.name
        return cls(f"{_SQLITE}{path / DATABASE}", str(path), path.name)

    @classmethod
    def named(cls, name: str, studies: Path, storage: str | None = None, files: str | None = None) -> Self:
        """Give the address of a study by its name.

        Args:
            name: of the study.
            studies: the folder of studies on this machine.
            storage: the URL of a database server that keeps several; None for an SQLite file in the study's folder.
            files: the URL under which the files of studies are kept, each study's under its name; None for `studies`.

        Raises:
            UserError: the storage is none that several studies can have.
        """
        local = cls.in_folder(studies / name)
        if storage is not None and storage.startswith("sqlite"):
            raise UserError(
                f"--storage: it is the URL of a database server. Received {hide_password(storage)}. A study in an "
                "SQLite file lies in a folder of studies: name that by --studies (`studies` in Python)."
            )
        place = local.files if files is None else f"{files.rstrip('/')}/{name}"
        return cls(storage or local.storage, place, name, local.folder)

    @property
    def is_local(self) -> bool:
        """Whether the study's database is a file on this machine."""
        return self.storage.startswith(_SQLITE)

    @property
    def has_remote_files(self) -> bool:
        """Whether its models and checkpoints are kept elsewhere than in a folder of this machine."""
        return "://" in self.files

    @property
    def safe_storage(self) -> str:
        """The URL of its database without passwords, for messages."""
        return hide_password(self.storage)

    @property
    def safe_files(self) -> str:
        """The URL of its files without passwords, for messages."""
        return hide_password(self.files)

    @property
    def argument(self) -> str:
        """What names the study on a command line: its name where that is enough, else the path of its folder.

        Of a study on a server, the options follow that the environment does not stand for.
        """
        path = nearby(Path(self.folder))
        is_name = path.parent == DEFAULT_STUDIES and not self.name.startswith("-")
        words = [command_argument(self.name if is_name or not self.is_local else path)]
        if not self.is_local:
            if StudyAddress(os.environ.get(STORAGE_VARIABLE, ""), "", "").storage != self.storage:
                words += ["--storage", shlex.quote(self.safe_storage)]
            if not is_name:
                words += ["--studies", command_argument(path.parent)]
        files = self.files.removesuffix(f"/{self.name}")
        if files != str(Path(self.folder).parent) and os.environ.get(FILES_VARIABLE, "").rstrip("/") != files:
            words += ["--files", shlex.quote(hide_password(files))]
        return " ".join(words)

    @property
    def database(self) -> Path:
        """The SQLite file that holds the study.

        Raises:
            UserError: its storage is another one.
        """
        if not self.is_local:
            raise self.refusal()
        return Path(self.storage.removeprefix(_SQLITE))

    def refusal(self) -> UserError:
        """Give the error of a study kept where hpo cannot open it; URLs, which may hold passwords, are not shown."""
        kind = self.storage.partition("://")[0] if "://" in self.storage else "no URL"
        return UserError(
            "--storage: it is the URL of a PostgreSQL or MySQL server, postgresql+psycopg://USER@HOST/DATABASE or "
            f"mysql+pymysql://USER@HOST/DATABASE; without it, a study is an SQLite file in its folder. Received {kind}."
        )


def nearby(path: Path) -> Path:
    """Write a path as seen from the working directory, if it lies in it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def command_argument(path: str | Path) -> str:
    """Write a path as a shell takes it, and no command takes it for an option."""
    text = str(path)
    return shlex.quote(f"./{text}" if text.startswith("-") else text)
