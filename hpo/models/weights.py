"""Weights of a file that a network starts from: found by the names of layers, held to their shapes, never executed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import Field, Strict

from hpo.errors import WeightsError
from hpo.models.names import renumber, strip_number
from hpo.spaces.sections.options import PathRule

if TYPE_CHECKING:
    import h5py
    import keras

    from hpo.models.family import ModelFamily

StoredLayers: TypeAlias = "dict[str, list[h5py.Dataset]]"
_MOST_EXPANSION = 20
"""An archive that grows more than this many times as it is unpacked was not made by Keras."""


def explain_unreadable(path: Path) -> str | None:
    """Explain why a file holds no weights to load; None where it does. Whether they fit is for a network to say.

    The file is opened and its layers are listed, a tenth of a second of which is to load h5py.
    """
    try:
        with _open_layers(path):
            return None
    except WeightsError as error:
        return " ".join(str(error.__cause__).split())


StudyWeights = Annotated[str, Field(pattern=r"^study:.+$", title="study:NAME")]
"""The best trial of another study, which whoever trains replaces by the path of its model."""
WeightsFile = Annotated[Path, Strict(False), PathRule(explain_unreadable)]


def load_weights(weights: str | Path, family: ModelFamily, network: keras.Model) -> keras.Model:
    """Give a network the weights of a file.

    Nothing of the file is executed, and no layer is made of it: its arrays alone are read.

    Args:
        weights: the path of what Keras 2 or 3 saved (`.keras`, `.weights.h5`, `.h5`): the base alone, a whole network,
            or one nested in another; or `none`, which changes nothing.
        family: says what of the network is its base.
        network: as the family made it.

    Returns:
        The network.

    Raises:
        WeightsError: the file cannot be read, or a layer of the base is missing in it or has other shapes; or `weights`
            is a study, which nobody has replaced by its model.
    """
    import numpy as np

    if weights == "none":
        return network
    if not isinstance(weights, Path):
        raise WeightsError(
            "model.weights: a study's best model takes the place of its name before a network is built. "
            f"Received {weights!r}. Give the path of the model."
        )
    with _matching_layers(weights, family, network) as (base, stored):
        in_base = {id(layer) for layer in base}
        head = [layer for layer in _flatten(network) if id(layer) not in in_base]
        fits = not any(_find_misfit(layer, stored) for layer in head)
        for layer in [*base, *(head if fits else [])]:
            if _list_variables(layer):
                arrays = stored[layer.name]
                layer.load_own_variables({str(index): np.asarray(array) for index, array in enumerate(arrays)})
    return network


def check_fit(weights: object, family: ModelFamily, network: keras.Model) -> None:
    """Hold that the file that weights name, if they name one, fits a network, whose own may be symbolic.

    Raises:
        WeightsError: as `load_weights`.
    """
    if isinstance(weights, Path):
        with _matching_layers(weights, family, network):
            pass


@contextmanager
def _matching_layers(
    weights: Path, family: ModelFamily, network: keras.Model
) -> Iterator[tuple[list[keras.layers.Layer], StoredLayers]]:
    """Give the layers of the base, and the arrays of a file, which has all that those need.

    Raises:
        WeightsError: it has not.
    """
    base = [layer for part in family.base_layers(network) for layer in _flatten(part)]
    with _open_layers(weights) as layers:
        stored = _renumber(layers, [layer.name for layer in base if _list_variables(layer)])
        misfit = next((reason for layer in base if (reason := _find_misfit(layer, stored))), None)
        if misfit:
            raise WeightsError(
                f"model.weights: the file has every layer of the base of {family.family} by its name. "
                f"Received {weights} {misfit}. Give the file of a network of the same family and options, "
                "or set weights to none."
            )
        yield base, stored


def _flatten(layer: keras.layers.Layer) -> Iterator[keras.layers.Layer]:
    """List a layer and all those in it. Keras (3.15) has no public name for that of layers that are no models."""
    yield from layer._flatten_layers(include_self=True, recursive=True)


def _list_variables(layer: keras.layers.Layer) -> list[Any]:
    """List the variables that a layer stores itself, those of the layers in it left out."""
    store: dict[str, Any] = {}
    layer.save_own_variables(store)
    return list(store.values())


def _find_misfit(layer: keras.layers.Layer, stored: StoredLayers) -> str | None:
    """Say how a file differs at a layer; None where it does not."""
    needed = [tuple(variable.shape) for variable in _list_variables(layer)]
    if not needed:
        return None
    if layer.name not in stored:
        return f"without layer {layer.name}"
    shapes = [tuple(array.shape) for array in stored[layer.name]]
    if shapes == needed:
        return None
    return f"with {_describe_shapes(shapes)} in layer {layer.name} where {_describe_shapes(needed)} is needed"


def _describe_shapes(shapes: list[tuple[int, ...]]) -> str:
    return " and ".join(" x ".join(map(str, shape)) if shape else "one number" for shape in shapes) or "nothing"


def _renumber(stored: StoredLayers, names: list[str]) -> StoredLayers:
    """Give a file's layers the names that they have in the network.

    Layers that nobody has named are numbered by Keras as it makes them, in each process from where it was: the order of
    those numbers is what two networks have in common.
    """
    missing = {strip_number(name) for name in names if name not in stored}
    new = renumber(name for name in stored if strip_number(name) in missing)
    return {**stored, **{name: stored[old] for old, name in new.items()}}


@contextmanager
def _open_layers(path: Path) -> Iterator[StoredLayers]:
    """Open the arrays of every layer in a file, by the layer's name, in the order in which Keras stores them.

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
    """Unpack the weights in a `.keras` file; Keras does not compress them."""
    info = archive.getinfo("model.weights.h5")
    if info.file_size > _MOST_EXPANSION * max(info.compress_size, 1):
        raise ValueError("its weights would unpack to a suspicious size")
    return archive.read(info)


def _read_layers(file: h5py.File) -> StoredLayers:
    """Read the arrays by layer: Keras 3 names it at its `vars`, earlier ones in names of weights (`conv1/kernel:0`).

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
            layers[_decode(group.attrs["name"])] = [datasets[f"{path}/{index}"] for index in sorted(group, key=int)]
        for weight in _weight_names(group):
            layer = weight.split("/")[-2] if "/" in weight else path.rsplit("/", 1)[-1]
            layers.setdefault(layer, []).append(datasets[f"{path}/{weight}"])
        for layer, arrays in layers.items():
            stored.setdefault(layer, arrays)
    return stored


def _weight_names(group: h5py.Group) -> list[str]:
    """List what earlier versions of Keras list at a layer: in several attributes where one has no room for it."""
    parts = sorted((key for key in group.attrs if key.startswith("weight_names")), key=lambda key: (len(key), key))
    return [_decode(name) for part in parts for name in group.attrs[part]]


def _decode(value: str | bytes) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
