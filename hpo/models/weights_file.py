"""Files of weights: the arrays of every layer in what Keras saved, of which nothing is executed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from hpo.errors import WeightsError

if TYPE_CHECKING:
    import h5py

StoredLayers: TypeAlias = "dict[str, list[h5py.Dataset]]"
_MOST_EXPANSION = 20
"""An archive that grows more than this many times as it is unpacked was not made by Keras."""


def why_unreadable(path: Path) -> str | None:
    """Why a file holds no weights that could be loaded; None where it does. Whether they fit is for a network to tell.

    The file is opened and its layers are listed, a tenth of a second of which is to load h5py.
    """
    try:
        with open_layers(path):
            return None
    except WeightsError as error:
        return " ".join(str(error.__cause__).split())


@contextmanager
def open_layers(path: Path) -> Iterator[StoredLayers]:
    """The arrays of every layer in a file, by the layer's name, in the order in which Keras stores them.

    Raises:
        WeightsError: it is no such file; its cause says why.
    """
    import h5py

    try:
        if not path.is_file():
            raise ValueError("it is a folder" if path.is_dir() else "there is no such file")
        if not (zipfile.is_zipfile(path) or h5py.is_hdf5(path)):
            raise ValueError("it is neither HDF5 nor an archive that Keras has made")
        with ExitStack() as stack:
            source: io.BytesIO | Path = path
            if zipfile.is_zipfile(path):
                source = io.BytesIO(_unpack_weights(stack.enter_context(zipfile.ZipFile(path))))
            layers = _read_layers(stack.enter_context(h5py.File(source, "r")))
            if not layers:
                raise ValueError("it has no layers that Keras has saved")
            yield layers
    except (OSError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile) as error:
        raise WeightsError(
            "model.weights: a file of weights is one that Keras saved: .keras, .weights.h5 or .h5. "
            f"Received {path}: {' '.join(str(error).split())}. Give such a file, or set weights to none."
        ) from error


def _unpack_weights(archive: zipfile.ZipFile) -> bytes:
    """The weights in a `.keras` file; Keras does not compress them."""
    info = archive.getinfo("model.weights.h5")
    if info.file_size > _MOST_EXPANSION * max(info.compress_size, 1):
        raise ValueError("its weights would unpack to a suspicious size")
    return archive.read(info)


def _read_layers(file: h5py.File) -> StoredLayers:
    """Keras 3 names a layer at its `vars`, earlier ones in the names of its weights (`conv1/kernel:0`).

    What lies in other files, or nowhere, is no part of it: `visititems` follows no links.
    """
    import h5py

    groups: dict[str, h5py.Group] = {}
    datasets: dict[str, h5py.Dataset] = {}

    def note(path: str, item: object) -> None:
        if isinstance(item, h5py.Group):
            groups[path] = item
        elif isinstance(item, h5py.Dataset) and not item.external and not item.is_virtual:
            datasets[path] = item

    file.visititems(note)
    stored: StoredLayers = {}
    for path, group in groups.items():
        layers: StoredLayers = {}
        if "name" in group.attrs and path.rsplit("/", 1)[-1] == "vars":
            layers[_text(group.attrs["name"])] = [datasets[f"{path}/{index}"] for index in sorted(group, key=int)]
        for weight in _weight_names(group):
            layer = weight.split("/")[-2] if "/" in weight else path.rsplit("/", 1)[-1]
            layers.setdefault(layer, []).append(datasets[f"{path}/{weight}"])
        for layer, arrays in layers.items():
            stored.setdefault(layer, arrays)
    return stored


def _weight_names(group: h5py.Group) -> list[str]:
    """What earlier versions of Keras list at a layer: in several attributes where one has no room for it."""
    parts = sorted((key for key in group.attrs if key.startswith("weight_names")), key=lambda key: (len(key), key))
    return [_text(name) for part in parts for name in group.attrs[part]]


def _text(value: str | bytes) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
