"""Hyperparameters that are numbered block by block, such as `filters_0` and `filters_1`, as the blocks of a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hpo.foreign.conversion.entries import Group, PlacedEntry, name_origin, note_conditions
from hpo.foreign.conversion.option_names import block_options, find_options, match_number, options
from hpo.foreign.conversion.option_values import UnfitError, fit
from hpo.foreign.search import Entry, ForeignSearch, Hyperparameter
from hpo.spaces import Value
from hpo.spaces.text.source import KeyPath

BLOCKS: KeyPath = ("model", "blocks")
DEPTH: KeyPath = ("model", "depth")
_OF_A_BLOCK: dict[KeyPath, str] = {
    ("model", "filters"): "filters",
    ("model", "kernel_size"): "kernel_size",
    ("model", "block_dropout"): "dropout",
}
"""Options of all blocks, and what each is called in one block."""
STANDS_FOR: tuple[KeyPath, ...] = (DEPTH, *_OF_A_BLOCK)
"""What a file with `blocks` does not have besides."""
_MOST = 16

Numbered = Mapping[int, Hyperparameter]
"""Hyperparameters of one option by the numbers of their blocks."""


@dataclass(frozen=True, slots=True)
class _Column:
    """One option of every block: by number where each block has its own, else the same for all."""

    hyperparameters: tuple[Hyperparameter, ...]
    by_number: Mapping[int, Entry]
    common: Entry | None
    notes: tuple[str, ...]


def place_blocks(search: ForeignSearch) -> PlacedEntry | None:
    """The blocks that a search numbers; None where it does not, or where they are no blocks of the language.

    Blocks of the same ranges become a repetition, as often as the search's own depth says, else once to as often as
    there are numbers. Blocks of different ranges become a list.
    """
    numbered_options = _group_by_option(search)
    numbers = sorted({number for members in numbered_options.values() for number in members})
    if not numbers:
        return None
    depth = _find_unnumbered(search, DEPTH)
    try:
        made = {name: _numbered_column(search, name, members) for name, members in numbered_options.items()}
        made |= _shared_columns(search, set(made))
        columns = {name: made[name] for name in block_options() if name in made}
        used = tuple(member for column in columns.values() for member in column.hyperparameters)
        commons = {name: Entry(column.common.value, column.notes) for name, column in columns.items() if column.common}
        if len(commons) == len(columns):
            repeat = _repeat_entry(search, depth, len(numbers))
            used += (depth,) if depth else ()
            return PlacedEntry(used, BLOCKS, Group({"repeat": repeat, "of": Group(dict(commons))}))
    except UnfitError:
        return None
    if len(numbers) > _MOST:
        return None
    blocks: list[Value] = []
    for number in numbers:
        entries = {name: column.common or column.by_number.get(number) for name, column in columns.items()}
        blocks.append({name: entry.value for name, entry in entries.items() if entry is not None})
    notes = dict.fromkeys(note for column in columns.values() for note in column.notes)
    return PlacedEntry(used, BLOCKS, Entry(blocks, tuple(notes)))


def _group_by_option(search: ForeignSearch) -> dict[str, Numbered]:
    """The numbered hyperparameters by the option of a block that they mean, two or more of each."""
    members: dict[KeyPath, dict[int, Hyperparameter]] = {}
    for hyperparameter in search.hyperparameters:
        match = match_number(hyperparameter.name)
        if match is not None:
            option, number = match
            members.setdefault(option.path, {}).setdefault(number, hyperparameter)
    groups: dict[str, Numbered] = {
        name: members[path] for path, name in _OF_A_BLOCK.items() if len(members.get(path, ())) > 1
    }
    dropouts = members.get(("model", "dropout"), {})
    if "dropout" not in groups and any(group.keys() == dropouts.keys() for group in groups.values()):
        groups["dropout"] = dropouts
    return groups


def _find_unnumbered(search: ForeignSearch, path: KeyPath) -> Hyperparameter | None:
    """The first hyperparameter that means an option without a number."""
    for hyperparameter in search.hyperparameters:
        paths = [option.path for option in find_options(hyperparameter.name)]
        if paths == [path] and match_number(hyperparameter.name) is None:
            return hyperparameter
    return None


def _numbered_column(search: ForeignSearch, name: str, members: Numbered) -> _Column:
    ordered = {number: members[number] for number in sorted(members)}
    entries = {number: fit(member.domain, block_options()[name]) for number, member in ordered.items()}
    first = next(iter(entries.values()))
    is_common = all(entry.value == first.value for entry in entries.values())
    notes = [note for member in ordered.values() for note in _notes(search, member)]
    notes += [note for entry in entries.values() for note in entry.comments] if is_common else []
    origin = name_origin((member.name for member in ordered.values()), name)
    return _Column(tuple(ordered.values()), entries, first if is_common else None, (*origin, *dict.fromkeys(notes)))


def _notes(search: ForeignSearch, hyperparameter: Hyperparameter) -> tuple[str, ...]:
    """Of its distribution, and of conditions that a repetition does not express."""
    others = [
        condition
        for condition in hyperparameter.conditions
        if [option.path for option in find_options(condition.parent)] != [DEPTH]
    ]
    return (*hyperparameter.notes, *note_conditions(search.tool, others))


def _shared_columns(search: ForeignSearch, names: set[str]) -> dict[str, _Column]:
    """Options that the search gives to all blocks at once."""
    columns = {}
    for path, name in _OF_A_BLOCK.items():
        hyperparameter = None if name in names else _find_unnumbered(search, path)
        if hyperparameter is not None:
            entry = fit(hyperparameter.domain, block_options()[name])
            notes = (*name_origin([hyperparameter.name], name), *_notes(search, hyperparameter), *entry.comments)
            notes += ("each block has its own here",) if isinstance(entry.value, dict) else ()
            columns[name] = _Column((hyperparameter,), {}, entry, notes)
    return columns


def _repeat_entry(search: ForeignSearch, depth: Hyperparameter | None, count: int) -> Entry:
    """How often the block is repeated: as the search's depth says, or up to as often as it has numbers."""
    if depth is None:
        most = min(count, _MOST)
        return Entry({"int": [1, most]}, (f"the file does not say how many; repeat: {most} is always {most}",))
    entry = fit(depth.domain, next(option for option in options() if option.path == DEPTH))
    return Entry(entry.value, (*name_origin([depth.name], "repeat"), *_notes(search, depth), *entry.comments))
