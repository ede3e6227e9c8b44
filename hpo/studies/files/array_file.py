"""Arrays in an uncompressed `.npz` file, none of objects: what one holds, and what another need not hold again."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpo.studies.files.file_store import FileStore

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[Any]]

_SMALL = 2**16
"""Bytes below which an array is written each time: to look for it elsewhere saves nothing."""


@dataclass(frozen=True, slots=True)
class ArrayFile:
    """A file that was written.

    Attributes:
        name: in its store, without `.npz`.
        size: in bytes.
        sha256: digest of the file, in hexadecimal.
        members: its large arrays: name by digest.
    """

    name: str
    size: int
    sha256: str
    members: Mapping[str, str]


def digests_of(arrays: Arrays) -> dict[str, str]:
    """Digest each large array, with its type and shape: 0.7 ms a megabyte."""
    return {name: _digest(array) for name, array in arrays.items() if array.nbytes >= _SMALL}


def find_earlier(arrays: Arrays, digests: Mapping[str, str], files: Iterable[ArrayFile]) -> dict[str, tuple[str, str]]:
    """Find arrays in files that were written before.

    A file is used where it saves writing half of its bytes at least: what is kept for the sake of others is never more
    than twice as large as they are.

    Returns:
        The file and the name in it, by the name of an array.
    """
    found: dict[str, tuple[str, str]] = {}
    for file in files:
        here = {name: (file.name, file.members[digest]) for name, digest in digests.items() if digest in file.members}
        if 2 * sum({digests[name]: arrays[name].nbytes for name in here}.values()) >= file.size:
            found |= here
    return found


def write_arrays(store: FileStore, name: str, arrays: Arrays, digests: Mapping[str, str]) -> ArrayFile:
    """Write arrays to `NAME.npz`.

    Raises:
        ValueError: an array holds objects.
        StorageError: it cannot be written.
    """
    measures: dict[str, Any] = {}

    def write(path: Path) -> None:
        _write(path, arrays)
        measures.update(measure(path))

    store.put(f"{name}.npz", write)
    return ArrayFile(name, members={digest: array for array, digest in digests.items()}, **measures)


def read_arrays(
    store: FileStore, name: str, measures: Mapping[str, Any], wanted: Collection[str] | None = None
) -> dict[str, NDArray[Any]]:
    """Read arrays of `NAME.npz`, all or those that are wanted, as NumPy knows them.

    Args:
        store: has the file.
        name: of the file.
        measures: its size and digest, as `measure` gives them.
        wanted: names of arrays.

    Raises:
        ValueError: the file is another than was written.
        Exception: it is not there, or holds anything whatever.
    """
    import numpy as np

    with store.open_local(f"{name}.npz") as path:
        measured = measure(path)
        if measured != dict(measures):
            raise ValueError(f"{measured['size']} bytes with another digest than was noted")
        with np.load(path, allow_pickle=False) as file:
            if any(member.compress_type != zipfile.ZIP_STORED for member in file.zip.infolist()):
                raise ValueError("compressed, which hpo does not write")
            return {array: file[array] for array in (file.files if wanted is None else wanted)}


def measure(path: Path) -> dict[str, Any]:
    """Give size and digest of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"size": file.tell(), "sha256": digest}


def _digest(array: NDArray[Any]) -> str:
    import numpy as np

    head = f"{array.dtype.name} {array.shape} "
    return hashlib.sha256(head.encode() + np.ascontiguousarray(_plain(array)).data).hexdigest()


def _write(path: Path, arrays: Arrays) -> None:
    from numpy.lib import format as npy

    with zipfile.ZipFile(path, "w") as archive:  # `numpy.savez` would pickle objects, and takes no array called `file`
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                npy.write_array(member, _plain(array), allow_pickle=False)


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    """Give an array of a type that NumPy's files have a name for: not bfloat16 and its like."""
    import numpy as np

    array = np.asarray(array)
    return array.view(np.dtype(f"u{array.dtype.itemsize}")) if array.dtype.kind == "V" else array
