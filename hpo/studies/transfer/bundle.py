"""A bundle: one file with all that a study needs to go on elsewhere, and the digests by which a damaged one shows.

A bundle is a zip archive whose members are stored as they are. Its last member, `bundle.json`, lists the others with
their sizes and SHA-256 digests.
"""

from __future__ import annotations

import hashlib
import json
import re
import stat
import struct
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from hpo import __version__
from hpo.errors import StudyNotFoundError, UserError
from hpo.files import fresh_file
from hpo.studies.address import DATABASE, StudyAddress, nearby
from hpo.studies.files.file_store import FileStore, scratch_folder
from hpo.studies.files.finding import explain_missing
from hpo.studies.files.place import open_place
from hpo.studies.store.copying import release_trials
from hpo.studies.store.sqlite.reading import is_there

FORMAT = 1
_MANIFEST = "bundle.json"
_LARGEST_MANIFEST = 64_000_000
_MEMBER = re.compile(r"study\.db|space\.yaml|(artifacts|checkpoints|weights)(/[^/\\\0:]+)+")
"""What a bundle may hold; without `..`, which is looked for by itself."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says of itself.

    Attributes:
        study: the name of the study.
        hpo: the version that made it.
        files: size in bytes and SHA-256 of each member, by name.
        waiting: trials that were running when it was made, and wait in it.
    """

    study: str
    hpo: str
    files: Mapping[str, tuple[int, str]]
    waiting: int = 0

    @property
    def size(self) -> int:
        """Bytes of all members."""
        return sum(size for size, _ in self.files.values())


def write_bundle(address: StudyAddress, target: Path | None = None) -> tuple[Path, Manifest]:
    """Make a bundle of a study; it may be worked on meanwhile: the bundle is as it was at one moment.

    Args:
        address: of the study.
        target: a new file, which gets its name when it is whole; by default `NAME.hpo.zip` in the working directory.

    Returns:
        The file, and what it says of itself.

    Raises:
        StudyNotFoundError: there is no such study.
        UserError: the file is there, or cannot be written.
        StorageError: the study cannot be read.
    """
    place = open_place(address)
    if not place.exists():
        raise StudyNotFoundError(explain_missing(address))
    target = Path(f"{address.name}.hpo.zip") if target is None else target
    if is_there(target):
        raise UserError(
            f"{nearby(target)}: a bundle is a new file. Received one that is there. Name another by --output."
        )
    try:
        with fresh_file(target) as partial, zipfile.ZipFile(partial, "w") as archive, scratch_folder() as folder:
            files: dict[str, tuple[int, str]] = {}
            # Checkpoints are copied before the database, which says of no trial less than its checkpoint then; models
            # after it, since those of its best trials are kept before it says so.
            stores = place.files.stores
            for room in ("checkpoints", "weights"):
                _add_store(archive, files, room, stores[room])
            database = folder / DATABASE
            place.copy_database(database)
            waiting = release_trials(database)
            files[DATABASE] = _add(archive, DATABASE, database)
            _add_store(archive, files, "artifacts", stores["artifacts"])
            space = place.files.path / "space.yaml"
            if space.is_file():
                files[space.name] = _add(archive, space.name, space)
            manifest = Manifest(address.name, __version__, files, waiting)
            archive.writestr(_MANIFEST, json.dumps({"format": FORMAT, **asdict(manifest)}, indent=1))
    except OSError as error:
        remedy = "Make room, or name another file by --output"
        reason = error.strerror or error
        raise UserError(f"{nearby(target)}: a bundle is written there. Received: {reason}. {remedy}.") from error
    return target, manifest


def _add_store(archive: zipfile.ZipFile, files: dict[str, tuple[int, str]], room: str, store: FileStore) -> None:
    for name in store.sizes():
        try:
            with store.open_local(name) as path:
                files[f"{room}/{name}"] = _add(archive, f"{room}/{name}", path)
        except FileNotFoundError:  # removed meanwhile: a model that was beaten, a checkpoint with a newer one
            continue


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> tuple[int, str]:
    with path.open("rb") as source, archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
        return _copy(source, member)


def _copy(source: IO[bytes], target: IO[bytes] | None) -> tuple[int, str]:
    """Copy a file, if there is a target, and give its size and digest."""
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if target is not None:
            target.write(chunk)
    return size, digest.hexdigest()


class Bundle:
    """A bundle that was looked at, and found to be whole, and to hold what a bundle may hold."""

    def __init__(self, file: Path, archive: zipfile.ZipFile) -> None:
        """Read the manifest, and check every member by it; nothing is written.

        Raises:
            UserError: it is no bundle, a damaged one, or one that holds something else than a study's files.
        """
        self._file, self._archive = file, archive
        self.manifest = self._read_manifest()
        self._check_members()
        for name in self.manifest.files:
            self._copy_member(name, None)

    @classmethod
    @contextmanager
    def open(cls, file: Path) -> Iterator[Bundle]:
        """Open a bundle; see `__init__`."""
        if file.exists() and not file.is_file():  # reading a pipe could last for ever
            raise UserError(f"{nearby(file)}: a bundle is a file. Received something else. Name the bundle.")
        try:
            source = file.open("rb")
        except OSError as error:
            remedy = "Name a file that `hpo bundle` has made"
            raise UserError(f"{nearby(file)}: a bundle is read. Received: {error.strerror}. {remedy}.") from error
        try:
            with source, zipfile.ZipFile(source) as archive:
                yield cls(file, archive)
        except (zipfile.BadZipFile, EOFError, struct.error, NotImplementedError) as error:
            raise _damaged(file, f"no whole zip archive ({error})") from error

    def extract(self, folder: Path) -> None:
        """Write the members to an empty folder.

        Raises:
            UserError: the bundle has changed since it was looked at.
            OSError: they cannot be written.
        """
        for name in self.manifest.files:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as target:
                self._copy_member(name, target)

    def _copy_member(self, name: str, target: IO[bytes] | None) -> None:
        with self._archive.open(name) as source:
            if _copy(source, target) != tuple(self.manifest.files[name]):
                raise _damaged(self._file, f"another {name}")

    def _read_manifest(self) -> Manifest:
        members = [member for member in self._archive.infolist() if member.filename == _MANIFEST]
        if len(members) != 1 or members[0].file_size > _LARGEST_MANIFEST or members[0].compress_type:
            raise UserError(
                f"{nearby(self._file)}: a bundle is what `hpo bundle` makes. Received another zip archive, or a part "
                "of a bundle. Nothing was written. Name the bundle, or copy it here again."
            )
        try:
            plain: dict[str, Any] = json.loads(self._archive.read(_MANIFEST))
            if (number := plain.pop("format")) != FORMAT:
                raise UserError(
                    f"{nearby(self._file)}: a bundle of format {FORMAT} can be read. Received format {number!r}. "
                    f"Install the hpo that made it: {plain.get('hpo')}."
                )
            files = {name: (int(size), str(digest)) for name, (size, digest) in plain.pop("files").items()}
            return Manifest(str(plain["study"]), str(plain["hpo"]), files, int(plain["waiting"]))
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            raise _damaged(self._file, f"a list of its files that cannot be read ({error})") from error

    def _check_members(self) -> None:
        members = [member for member in self._archive.infolist() if member.filename != _MANIFEST]
        for member in members:
            name = member.filename
            if not _MEMBER.fullmatch(name) or {".", ".."} & set(name.split("/")):
                raise self._refuse(name, "something that is no file of a study")
            kind = stat.S_IFMT(member.external_attr >> 16)
            if kind not in (0, stat.S_IFREG):
                raise self._refuse(name, "a link, or another thing that is no file")
            if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
                raise self._refuse(name, "a compressed or an encrypted file, which hpo does not make")
        sizes = {member.filename: member.file_size for member in members}
        if len(sizes) != len(members) or sizes != {name: size for name, (size, _) in self.manifest.files.items()}:
            raise _damaged(self._file, "other files than it lists")
        if DATABASE not in sizes:
            raise _damaged(self._file, f"no {DATABASE}")
        if (total := sum(sizes.values())) > (size := self._file.stat().st_size):
            raise self._refuse(_MANIFEST, f"files of {total:,} bytes in a bundle of {size:,}")

    def _refuse(self, name: str, received: str) -> UserError:
        return UserError(
            f"{nearby(self._file)}: a bundle holds a study's database, models, checkpoints and weights. Received "
            f"{received}: {name}. Nothing was written. Ask whoever made it for a bundle by `hpo bundle`."
        )


def _damaged(file: Path, received: str) -> UserError:
    return UserError(
        f"{nearby(file)}: every file of a bundle has the size and the digest that it was made with. Received "
        f"{received}. Nothing was written. Copy the bundle here again, or make it anew: hpo bundle STUDY."
    )
