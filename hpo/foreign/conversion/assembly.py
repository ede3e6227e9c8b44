"""A foreign search to the sections of a space file that loads."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from hpo.errors import SpaceError
from hpo.foreign.conversion.blocks import BLOCKS, DEPTH
from hpo.foreign.conversion.counterparts import DATASET, FAMILY, options
from hpo.foreign.conversion.foreign import ForeignSearch, Setting
from hpo.foreign.conversion.placement import DATA_SET, FAMILY_PATH, Placed, Unmatched
from hpo.foreign.conversion.placing import place_all
from hpo.foreign.conversion.writing import Entry, Group, plain
from hpo.models.families import APPLICATIONS
from hpo.spaces import Recipe, StudySpec, Value, parse_spec
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
    placed, refused = _those_that_load(placed)
    unmatched += refused
    settings = _with_a_budget(search.settings, placed)
    order = {hyperparameter.name: index for index, hyperparameter in enumerate(search.hyperparameters)}
    return Assembly(
        _sections(placed, settings, search.tool),
        tuple(sorted({used.name for each in placed for used in each.hyperparameters}, key=order.__getitem__)),
        tuple(sorted(unmatched, key=lambda each: order[each.hyperparameter.name])),
    )


def _those_that_load(placed: list[Placed]) -> tuple[list[Placed], list[Unmatched]]:
    if _broken_rule(placed) is None:
        return placed, []
    kept: list[Placed] = []
    refused: list[Unmatched] = []
    for each in placed:
        rule = _broken_rule([*kept, each])
        if rule is None:
            kept.append(each)
        else:
            refused += [Unmatched(hyperparameter, rule) for hyperparameter in each.hyperparameters]
    return kept, refused


def _broken_rule(placed: list[Placed]) -> str | None:
    try:
        _spec(placed)
    except SpaceError as error:
        return error.faults[0].rule
    return None


def _spec(placed: list[Placed]) -> StudySpec:
    return parse_spec(json.dumps(plain(_sections(placed, (), ""))), "converted")


def _with_a_budget(settings: Iterable[Setting], placed: list[Placed]) -> list[Setting]:
    """The settings, a grid among them made to fit the space: it is finite, and its size is its budget."""
    found = {each.path: each for each in settings}
    if _SAMPLER in found and found[_SAMPLER].value == "grid":
        size = _spec(placed).space.size
        if size is None:
            found[_SAMPLER] = Setting(_SAMPLER, "random", ("was grid, which needs a step in every float",))
        elif found[_TRIALS].notes and size <= _LARGEST_GRID:
            found[_TRIALS] = Setting(_TRIALS, size, ("the whole grid",))
    return list(found.values())


def _sections(placed: list[Placed], settings: Iterable[Setting], tool: str) -> Group:
    """What stands in the file, in the order of its sections and of their options."""
    head = [each for each in settings if len(each.path) == 1]
    root = Group()
    for setting in head:
        _put(root, setting.path, Entry(setting.value, setting.notes))
    note = f"{tool} does not name the images; for yours: {{dataset: folder, path: ...}}, or cifar10"
    _put(root, ("data", "dataset"), Entry(DATASET, (note,)))
    names_data_set = any(each.path == DATA_SET for each in placed)
    family = next(iter(_names_at(FAMILY_PATH, placed)), FAMILY)
    if (image_size := _image_size(placed)) is not None and not names_data_set:
        _put(root, ("data", "image_size"), image_size)
    _put(root, FAMILY_PATH, Entry(FAMILY, ("see `hpo models` for others",)))
    _put(root, ("training", "epochs"), Entry(Recipe().epochs, (f"the default; the {tool} file does not say",)))
    for each in sorted(placed, key=lambda each: _order(each.path, family)):
        if each.alternative is None:
            _put(root, each.path, each.entry)
        else:
            _put(_alternatives(root, each.path[:-2]), each.path[-2:], each.entry)
    for setting in settings:
        if setting not in head:
            _put(root, setting.path, Entry(setting.value, setting.notes))
    return root


def _order(path: KeyPath, family: str) -> int:
    """Where an option stands among all; blocks are where their number would be, and what names others comes first."""
    if path in (DATA_SET, FAMILY_PATH):
        return -1
    return [option.path for option in options(family)].index(DEPTH if path == BLOCKS else path)


def _image_size(placed: list[Placed]) -> Entry | None:
    """A size that leaves the deepest network of the space a pixel, where the images of the data set are too small."""
    if set(_names_at(FAMILY_PATH, placed)) - _ANY_SIZE:
        names = _names_at(("model", "name"), placed)
        pixels = max((APPLICATIONS[name].smallest for name in names if name in APPLICATIONS), default=_USUAL_PIXELS)
        return Entry(pixels, (f"digits have {_PIXELS} x {_PIXELS} pixels, less than the network takes",))
    deepest = max((number for each in placed for number in _depths(each)), default=0)
    pixels = 2 ** min(deepest, _MOST_HALVINGS)
    if pixels <= _PIXELS:
        return None
    return Entry(pixels, (f"digits have {_PIXELS} x {_PIXELS} pixels; each of {deepest} blocks halves them",))


def _names_at(path: KeyPath, placed: list[Placed]) -> list[str]:
    """The names at a path, be it a constant or a choice."""
    entry = next((each.entry for each in placed if each.path == path), None)
    value = entry.value if isinstance(entry, Entry) else []
    names = value["choice"] if isinstance(value, dict) else value
    return [str(name) for name in names] if isinstance(names, list | dict) else [str(names)]


def _depths(placed: Placed) -> list[int]:
    """The numbers of blocks that are searched, where it is this that says them."""
    entry = placed.entry
    if placed.path == BLOCKS and isinstance(entry, Entry):
        return [len(entry.value)] if isinstance(entry.value, list) else []
    if placed.path == BLOCKS and isinstance(entry, Group):
        entry = entry.entries["repeat"]
    elif placed.path != DEPTH:
        return []
    return _numbers(entry.value) if isinstance(entry, Entry) else []


def _numbers(value: Value) -> list[int]:
    """The whole numbers of a constant or a parameter."""
    match value:
        case bool():
            return []
        case int():
            return [value]
        case {"int": list(numbers)} | {"choice": list(numbers)}:
            return [number for number in numbers if isinstance(number, int)]
    return []


def _put(group: Group, path: KeyPath, entry: Entry | Group) -> None:
    """Place an entry below a group; groups on the way are opened."""
    *above, key = path
    for name in above:
        below = group.entries.get(name)
        if not isinstance(below, Group):
            below = group.entries[name] = Group()
        group = below
    group.entries[key] = entry


def _alternatives(root: Group, holder: KeyPath) -> Group:
    """The group of alternatives at `holder`: a name there, or a choice of names, becomes one."""
    group: Group = root
    for name in holder[:-1]:
        below = group.entries.setdefault(name, Group())
        assert isinstance(below, Group)  # noqa: S101 - sections hold options
        group = below
    found = group.entries.get(holder[-1], Group())
    if isinstance(found, Entry):
        is_choice = isinstance(found.value, dict)
        names = found.value["choice"] if isinstance(found.value, dict) else [found.value]
        alternatives = Group({str(name): Entry(None) for name in names})  # type: ignore[union-attr]
        found = Group({"choice": alternatives} if is_choice else alternatives.entries, found.comments)
    group.entries[holder[-1]] = found
    below = found.entries.get("choice", found)
    assert isinstance(below, Group)  # noqa: S101 - made above
    return below
