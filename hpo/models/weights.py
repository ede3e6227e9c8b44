"""Weights that a network starts from: those of a file, found in it by the names of layers and held to their shapes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import Field, Strict

from hpo.errors import WeightsError
from hpo.models.names import by_number, stem
from hpo.spaces import Section

if TYPE_CHECKING:
    import h5py
    import keras

    from hpo.models.family import ModelFamily

    StoredLayers: TypeAlias = dict[str, list[h5py.Dataset]]

StudyWeights = Annotated[str, Field(pattern=r"^study:.+$", title="study:NAME")]
"""The best trial of another study, which whoever trains replaces by the path of its model."""
WeightsFile = Annotated[Path, Strict(False)]
_MOST_EXPANSION = 20
"""An archive that grows more than this many times as it is unpacked was not made by Keras."""


class Started(Section):
    """The option of families that have no published weights."""

    weights: Literal["none"] | WeightsFile | StudyWeights = "none"
    """What training starts from: `none` (drawn at random), the path of a `.keras`, `.weights.h5` or `.h5` file, or
    `study:NAME` for the best trial of another study. Layers are found by name; all of the base must be there, and the
    head is taken over where all of it fits."""

    def started(self, family: ModelFamily, network: keras.Model) -> keras.Model:
        """The network with the weights of the file, where the option names one."""
        return start_from(self.weights, family, network)


class Pretrained(Section):
    """The option of families that have published weights."""

    weights: Literal["imagenet", "none"] | WeightsFile | StudyWeights = "imagenet"
    """What training starts from: `imagenet` (Keras downloads them once), `none` (drawn at random), the path of a
    `.keras`, `.weights.h5` or `.h5` file of a network that takes RGB, or `study:NAME` for the best trial of another
    study. Layers are found by name; all of the base must be there, and the head is taken over where all of it fits."""

    def started(self, family: ModelFamily, network: keras.Model) -> keras.Model:
        """The network with the weights of the file, where the option names one."""
        return network if self.weights == "imagenet" else start_from(self.weights, family, network)


def start_from(weights: str | Path, family: ModelFamily, network: keras.Model) -> keras.Model:
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
    base = [layer for part in family.base_layers(network) for layer in _flat(part)]
    in_base = {id(layer) for layer in base}
    head = [layer for layer in _flat(network) if id(layer) not in in_base]
    with _stored_layers(weights) as found:
        stored = _renumbered(found, [layer.name for layer in base if _own(layer)])
        for layer in base:
            misfit = _misfit(layer, stored)
            if misfit:
                raise WeightsError(
                    f"model.weights: the file has every layer of the base of {family.family} by its name. "
                    f"Received {weights} {misfit}. Give the file of a network of the same family and options, "
                    "or set weights to none."
                )
        fits = not any(_misfit(layer, stored) for layer in head)
        for layer in [*base, *(head if fits else [])]:
            if _own(layer):
                arrays = stored[layer.name]
                layer.load_own_variables({str(index): np.asarray(array) for index, array in enumerate(arrays)})
    return network


def _flat(layer: keras.layers.Layer) -> Iterator[keras.layers.Layer]:
    """A layer and all those in it. Keras (3.15) has no public name for that of layers that are no models."""
    yield from layer._flatten_layers(include_self=True, recursive=True)


def _own(layer: keras.layers.Layer) -> list[Any]:
    """The variables that a layer stores itself, those of the layers in it left out."""
    store: dict[str, Any] = {}
    layer.save_own_variables(store)
    return list(store.values())


def _misfit(layer: keras.layers.Layer, stored: StoredLayers) -> str | None:
    """How a file differs at a layer; None where it does not."""
    wanted = [tuple(variable.shape) for variable in _own(layer)]
    if not wanted:
        return None
    if layer.name not in stored:
        return f"without layer {layer.name}"
    found = [tuple(array.shape) for array in stored[layer.name]]
    return None if found == wanted else f"with {_shapes(found)} in layer {layer.name} where {_shapes(wanted)} is needed"


def _shapes(shapes: list[tuple[int, ...]]) -> str:
    return " and ".join(" x ".join(map(str, shape)) if shape else "one number" for shape in shapes) or "nothing"


def _renumbered(stored: StoredLayers, names: list[str]) -> StoredLayers:
    """A file's layers by the names that they have in the network.

    Layers that nobody has named are numbered by Keras as it makes them, in each process from where it was: the order of
    those numbers is what two networks have in common.
    """
    missing = {stem(name) for name in names if name not in stored}
    new = by_number(name for name in stored if stem(name) in missing)
    return {**stored, **{name: stored[old] for old, name in new.items()}}


@contextmanager
def _stored_layers(path: Path) -> Iterator[StoredLayers]:
    """The arrays of every layer in a file, by the layer's name, in the order in which Keras stores them.

    Raises:
        WeightsError: it is no such file.
    """
    import h5py

    try:
        if not path.is_file():
            raise ValueError("there is no such file")
        with ExitStack() as opened:
            source: io.BytesIO | Path = path
            if zipfile.is_zipfile(path):
                source = io.BytesIO(_from_archive(opened.enter_context(zipfile.ZipFile(path))))
            found = _layers_of(opened.enter_context(h5py.File(source, "r")))
            if not found:
                raise ValueError("it has no layers that Keras has saved")
            yield found
    except (OSError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile) as error:
        raise WeightsError(
            "model.weights: a file of weights is one that Keras saved: .keras, .weights.h5 or .h5. "
            f"Received {path}: {' '.join(str(error).split())}. Give such a file, or set weights to none."
        ) from error


def _from_archive(archive: zipfile.ZipFile) -> bytes:
    """The weights in a `.keras` file; Keras does not compress them."""
    info = archive.getinfo("model.weights.h5")
    if info.file_size > _MOST_EXPANSION * max(info.compress_size, 1):
        raise ValueError("its weights would unpack to a suspicious size")
    return archive.read(info)


def _layers_of(file: h5py.File) -> StoredLayers:
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
    found: StoredLayers = {}
    for path, group in groups.items():
        layers: StoredLayers = {}
        if "name" in group.attrs and path.rsplit("/", 1)[-1] == "vars":
            layers[_text(group.attrs["name"])] = [datasets[f"{path}/{index}"] for index in sorted(group, key=int)]
        for weight in _weight_names(group):
            layer = weight.split("/")[-2] if "/" in weight else path.rsplit("/", 1)[-1]
            layers.setdefault(layer, []).append(datasets[f"{path}/{weight}"])
        for layer, arrays in layers.items():
            found.setdefault(layer, arrays)
    return found


def _weight_names(group: h5py.Group) -> list[str]:
    """What earlier versions of Keras list at a layer: in several attributes where one has no room for it."""
    parts = sorted((key for key in group.attrs if key.startswith("weight_names")), key=lambda key: (len(key), key))
    return [_text(name) for part in parts for name in group.attrs[part]]


def _text(value: str | bytes) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
