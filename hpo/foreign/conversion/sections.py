"""A foreign search to the sections of a space file that loads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from hpo.errors import SpaceError
from hpo.foreign.conversion.blocks import BLOCKS, DEPTH
from hpo.foreign.conversion.entries import (
    DATA_SET,
    FAMILY_PATH,
    Group,
    PlacedEntry,
    Unmatched,
    list_numbers,
    list_values,
    names_at,
)
from hpo.foreign.conversion.option_names import DATASET, FAMILY, options
from hpo.foreign.conversion.placement import place_all
from hpo.foreign.search import Entry, ForeignSearch
from hpo.models.families import APPLICATIONS
from hpo.spaces import Recipe, StudySpec, parse_spec
from hpo.spaces.text.source import KeyPath

_SAMPLER, _TRIALS = ("search", "sampler"), ("search", "trials")
_LARGEST_GRID = 100_000
_PIXELS = 8
"""Side of the images of `digits`."""
_ANY_SIZE = {"simple_cnn", "deep_cnn"}
"""Families that take images of any size that their depth allows."""
_USUAL_PIXELS = 32
"""Least side of images that the other ones take."""
_MOST_HALVINGS = 6
"""Larger images would cost more than a first try should."""


@dataclass(frozen=True, slots=True)
class Assembly:
    """The sections of a space file that loads, and the hyperparameters that are in it and that are not."""

    sections: Group
    converted: tuple[str, ...]
    unmatched: tuple[Unmatched, ...]


def assemble(search: ForeignSearch) -> Assembly:
    """Put every hyperparameter where its counterpart stands.

    What the language refuses beside the rest of the file is left out, with the rule that it breaks.
    """
    placed, unmatched = place_all(search)
    placed, refused = _keep_valid(placed)
    unmatched += refused
    order = {hyperparameter.name: index for index, hyperparameter in enumerate(search.hyperparameters)}
    return Assembly(
        _make_sections(placed, _fit_budget(search.settings, placed), search.tool),
        tuple(sorted({used.name for entry in placed for used in entry.hyperparameters}, key=order.__getitem__)),
        tuple(sorted(unmatched, key=lambda refusal: order[refusal.hyperparameter.name])),
    )


def _keep_valid(placed: list[PlacedEntry]) -> tuple[list[PlacedEntry], list[Unmatched]]:
    """The entries that the language takes beside those before them, and the hyperparameters of the others."""
    if _broken_rule(placed) is None:
        return placed, []
    valid: list[PlacedEntry] = []
    refused: list[Unmatched] = []
    for entry in placed:
        rule = _broken_rule([*valid, entry])
        if rule is None:
            valid.append(entry)
        else:
            refused += [Unmatched(hyperparameter, rule) for hyperparameter in entry.hyperparameters]
    return valid, refused


def _broken_rule(placed: list[PlacedEntry]) -> str | None:
    try:
        _parse(placed)
    except SpaceError as error:
        return error.faults[0].rule
    return None


def _parse(placed: list[PlacedEntry]) -> StudySpec:
    return parse_spec(json.dumps(_make_sections(placed, {}, "").plain()), "converted")


def _fit_budget(settings: Mapping[KeyPath, Entry], placed: list[PlacedEntry]) -> Mapping[KeyPath, Entry]:
    """The settings, a grid among them made to fit the space: it is finite, and its size is its budget."""
    if _SAMPLER not in settings or settings[_SAMPLER].value != "grid":
        return settings
    size = _parse(placed).space.size
    if size is None:
        return {**settings, _SAMPLER: Entry("random", ("was grid, which needs a step in every float",))}
    if settings[_TRIALS].comments and size <= _LARGEST_GRID:
        return {**settings, _TRIALS: Entry(size, ("the whole grid",))}
    return settings


def _make_sections(placed: list[PlacedEntry], settings: Mapping[KeyPath, Entry], tool: str) -> Group:
    """What stands in the file, in the order of its sections and of their options."""
    root = Group()
    for path, entry in settings.items():
        if len(path) == 1:
            root.put(path, entry)
    note = f"{tool} does not name the images; for yours: {{dataset: folder, path: ...}}, or cifar10"
    root.put(("data", "dataset"), Entry(DATASET, (note,)))
    names_data_set = any(entry.path == DATA_SET for entry in placed)
    family = next(iter(names_at(FAMILY_PATH, placed)), FAMILY)
    if (image_size := _choose_image_size(placed)) is not None and not names_data_set:
        root.put(("data", "image_size"), image_size)
    root.put(FAMILY_PATH, Entry(FAMILY, ("see `hpo models` for others",)))
    root.put(("training", "epochs"), Entry(Recipe().epochs, (f"the default; the {tool} file does not say",)))
    for item in sorted(placed, key=lambda item: _position(item.path, family)):
        if item.alternative is None:
            root.put(item.path, item.entry)
        else:
            _open_alternatives(root, item.path[:-2]).put(item.path[-2:], item.entry)
    for path, entry in settings.items():
        if len(path) > 1:
            root.put(path, entry)
    return root


def _position(path: KeyPath, family: str) -> int:
    """Where an option stands among all; blocks are where their number would be, and what names others comes first."""
    if path in (DATA_SET, FAMILY_PATH):
        return -1
    return [option.path for option in options(family)].index(DEPTH if path == BLOCKS else path)


def _choose_image_size(placed: list[PlacedEntry]) -> Entry | None:
    """A size that leaves the deepest network of the space a pixel, where the images of the data set are too small."""
    if set(names_at(FAMILY_PATH, placed)) - _ANY_SIZE:
        names = names_at(("model", "name"), placed)
        pixels = max((APPLICATIONS[name].smallest for name in names if name in APPLICATIONS), default=_USUAL_PIXELS)
        return Entry(pixels, (f"digits have {_PIXELS} x {_PIXELS} pixels, less than the network takes",))
    deepest = max((depth for item in placed for depth in _depths(item)), default=0)
    pixels = 2 ** min(deepest, _MOST_HALVINGS)
    if pixels <= _PIXELS:
        return None
    return Entry(pixels, (f"digits have {_PIXELS} x {_PIXELS} pixels; each of {deepest} blocks halves them",))


def _depths(item: PlacedEntry) -> list[int]:
    """The numbers of blocks that are searched, where this entry says them."""
    entry = item.entry.entries["repeat"] if isinstance(item.entry, Group) else item.entry
    if item.path not in (BLOCKS, DEPTH) or not isinstance(entry, Entry):
        return []
    return [len(entry.value)] if isinstance(entry.value, list) else list_numbers(entry.value)


def _open_alternatives(root: Group, path: KeyPath) -> Group:
    """The group of alternatives at a path: a name there, or a choice of names, becomes one."""
    holder = root.group(path[:-1])
    entry = holder.entries.get(path[-1])
    if isinstance(entry, Entry):
        alternatives = Group({str(name): Entry(None) for name in list_values(entry.value)})
        is_choice = isinstance(entry.value, dict)
        holder.entries[path[-1]] = Group(
            {"choice": alternatives} if is_choice else alternatives.entries, entry.comments
        )
    group = root.group(path)
    return root.group((*path, "choice")) if "choice" in group.entries else group
