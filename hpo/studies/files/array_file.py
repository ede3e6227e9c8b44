"""Arrays in an uncompressed `.npz` file, none of objects: what one holds, and what another need not hold again."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import ref

from hpo.studies.files.file_store import FileStore

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class ArrayFile:
    """A file that was written.

    Attributes:
        name: in its store, without `.npz`.
        size: in bytes.
        members: its arrays: name by digest.
    """

    name: str
    size: int
    members: Mapping[str, str]


class ArrayDigests:
    """Digests arrays whose values do not change, each once for as long as the array lives."""

    def __init__(self) -> None:
        """Begin without any."""
        self._known: dict[int, tuple[ref[NDArray[Any]], str]] = {}

    def digest(self, arrays: Arrays) -> dict[str, str]:
        """Digest arrays by their names; of earlier ones that are not among them, nothing is kept.

        NumPy's scalars, which arithmetic makes of arrays without axes, are digested as those.
        """
        import numpy as np

        arrays = {name: np.asarray(array) for name, array in arrays.items()}
        known, self._known = self._known, {}
        for array in arrays.values():
            found = known.get(id(array))
            if found is None or found[0]() is not array:  # another one may have got its address
                found = ref(array), digest_array(array)
            self._known[id(array)] = found
        return {name: self._known[id(array)][1] for name, array in arrays.items()}


def digest_array(array: NDArray[Any]) -> str:
    """Digest an array with its type and shape, as a file has it, by SHA-256: 0.7 ms a megabyte; in hexadecimal.

    Raises:
        ValueError: it holds objects.
    """
    plain = _plain(array)
    digest = hashlib.sha256(f"{plain.dtype.str} {plain.shape} ".encode())
    digest.update(plain.data)
    return digest.hexdigest()


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

    Args:
        store: gets the file.
        name: of the file.
        arrays: none of objects.
        digests: of the arrays, by their names.

    Raises:
        StorageError: it cannot be written.
    """
    size = 0

    def write(path: Path) -> None:
        nonlocal size
        _write(path, arrays)
        size = path.stat().st_size

    store.put(f"{name}.npz", write)
    return ArrayFile(name, size, {digests[array]: array for array in arrays})


def read_arrays(
    store: FileStore, name: str, size: int, digests: Mapping[str, str], file_digest: str | None = None
) -> dict[str, NDArray[Any]]:
    """Read arrays of `NAME.npz`, as NumPy knows them.

    Args:
        store: has the file.
        name: of the file.
        size: of the file, in bytes.
        digests: of the arrays that are wanted, by their names.
        file_digest: of the file, in hexadecimal; of what an earlier version has written, which gives all arrays.

    Raises:
        ValueError: an array is another than was written, or the file holds anything else.
        OSError: it is not there.
    """
    import numpy as np

    with store.open_local(f"{name}.npz") as path:
        if (found := path.stat().st_size) != size:
            raise ValueError(f"{found} bytes in place of {size}")
        if file_digest is not None and _digest_file(path) != file_digest:
            raise ValueError("its digest is another than was noted")
        try:
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:  # which leaves it open itself
                if any(member.compress_type != zipfile.ZIP_STORED for member in file.zip.infolist()):
                    raise ValueError("compressed, which hpo does not write")
                arrays = {array: file[array] for array in (digests if file_digest is None else file.files)}
        except Exception as error:  # whatever reading raises of bytes that nobody has looked at
            raise ValueError(str(error) or type(error).__name__) from error
    for array, digest in digests.items():
        if digest_array(arrays[array]) != digest:
            raise ValueError(f"the digest of {array} is another than was noted")
    return arrays


def _digest_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, arrays: Arrays) -> None:
    from numpy.lib import format as npy

    # `numpy.savez` would copy each array, and takes none called `file`
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            plain = _plain(array)
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                npy.write_array_header_1_0(member, npy.header_data_from_array_1_0(plain))
                member.write(plain.data)


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    """Give an array in C's order, of a type that NumPy's files have a name for: not bfloat16 and its like.

    Raises:
        ValueError: it holds objects.
    """
    import numpy as np

    if array.dtype.hasobject:
        raise ValueError("Object arrays cannot be saved")
    array = np.asarray(array, order="C")
    return array.view(np.dtype(f"u{array.dtype.itemsize}")) if array.dtype.kind == "V" else array
