"""Hyperparameters that are numbered block by block, such as `filters_0` and `filters_1`, as the blocks of a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hpo.foreign.conversion.entries import Group, PlacedEntry, name_origin, note_conditions
from hpo.foreign.conversion.option_names import block_options, counterparts, numbered, options
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

Family = Mapping[int, Hyperparameter]


@dataclass(frozen=True, slots=True)
class _Column:
    """One option of every block: by number where each block has its own, else the same for all."""

    hyperparameters: tuple[Hyperparameter, ...]
    fits: Mapping[int, Entry]
    common: Entry | None
    notes: tuple[str, ...]

    def of(self, number: int) -> Entry | None:
        return self.common or self.fits.get(number)


def place_blocks(search: ForeignSearch) -> PlacedEntry | None:
    """The blocks that a search numbers; None where it does not, or where they are no blocks of the language.

    Blocks of the same ranges become a repetition, as often as the search's own depth says, else once to as often as
    there are numbers. Blocks of different ranges become a list.
    """
    families = _families(search)
    numbers = sorted({number for family in families.values() for number in family})
    if not numbers:
        return None
    try:
        columns = {name: _column(search, name, family) for name, family in families.items()}
        columns |= _shared_columns(search, set(columns))
        depth = _first(search, DEPTH)
        if all(column.common is not None for column in columns.values()):
            return _repeat_block(search, columns, depth, len(numbers))
    except UnfitError:
        return None
    return _list_blocks(columns, numbers) if len(numbers) <= _MOST else None


def _families(search: ForeignSearch) -> dict[str, Family]:
    """The numbered hyperparameters by the option of a block that they mean, two or more of each."""
    found: dict[KeyPath, dict[int, Hyperparameter]] = {}
    for hyperparameter in search.hyperparameters:
        known = numbered(hyperparameter.name)
        if known is not None:
            option, number = known
            found.setdefault(option.path, {}).setdefault(number, hyperparameter)
    families: dict[str, Family] = {
        name: found[path] for path, name in _OF_A_BLOCK.items() if len(found.get(path, ())) > 1
    }
    dropouts = found.get(("model", "dropout"), {})
    if "dropout" not in families and any(family.keys() == dropouts.keys() for family in families.values()):
        families["dropout"] = dropouts
    return families


def _first(search: ForeignSearch, path: KeyPath) -> Hyperparameter | None:
    for hyperparameter in search.hyperparameters:
        found = counterparts(hyperparameter.name)
        if [option.path for option in found] == [path] and numbered(hyperparameter.name) is None:
            return hyperparameter
    return None


def _column(search: ForeignSearch, name: str, family: Family) -> _Column:
    option = block_options()[name]
    members = {number: family[number] for number in sorted(family)}
    fits = {number: fit(member.domain, option) for number, member in members.items()}
    first = next(iter(fits.values()))
    is_common = all(entry.value == first.value for entry in fits.values())
    notes = name_origin((member.name for member in members.values()), name)
    notes += tuple(dict.fromkeys(note for member in members.values() for note in _notes(search, member)))
    notes += tuple(dict.fromkeys(note for entry in fits.values() for note in entry.comments)) if is_common else ()
    return _Column(tuple(members.values()), fits, first if is_common else None, notes)


def _notes(search: ForeignSearch, hyperparameter: Hyperparameter) -> tuple[str, ...]:
    """Of its distribution, and of conditions that a repetition does not express."""
    others = [
        condition
        for condition in hyperparameter.conditions
        if [option.path for option in counterparts(condition.parent)] != [DEPTH]
    ]
    return (*hyperparameter.notes, *note_conditions(search.tool, others))


def _shared_columns(search: ForeignSearch, names: set[str]) -> dict[str, _Column]:
    """Options that the search gives to all blocks at once."""
    found = {}
    for path, name in _OF_A_BLOCK.items():
        hyperparameter = None if name in names else _first(search, path)
        if hyperparameter is not None:
            entry = fit(hyperparameter.domain, block_options()[name])
            notes = (*name_origin([hyperparameter.name], name), *_notes(search, hyperparameter), *entry.comments)
            notes += ("each block has its own here",) if isinstance(entry.value, dict) else ()
            found[name] = _Column((hyperparameter,), {}, entry, notes)
    return found


def _repeat_block(
    search: ForeignSearch, columns: Mapping[str, _Column], depth: Hyperparameter | None, count: int
) -> PlacedEntry:
    if depth is None:
        most = min(count, _MOST)
        repeat = Entry({"int": [1, most]}, (f"the file does not say how many; repeat: {most} is always {most}",))
    else:
        entry = fit(depth.domain, next(option for option in options() if option.path == DEPTH))
        repeat = Entry(entry.value, (*name_origin([depth.name], "repeat"), *_notes(search, depth), *entry.comments))
    ordered = [name for name in block_options() if name in columns]
    block = Group({name: Entry(_common(columns[name]), columns[name].notes) for name in ordered})
    used = tuple(member for name in ordered for member in columns[name].hyperparameters)
    return PlacedEntry((*used, *((depth,) if depth else ())), BLOCKS, Group({"repeat": repeat, "of": block}))


def _common(column: _Column) -> Value:
    return None if column.common is None else column.common.value


def _list_blocks(columns: Mapping[str, _Column], numbers: list[int]) -> PlacedEntry:
    ordered = [name for name in block_options() if name in columns]
    blocks: list[Value] = []
    for number in numbers:
        fits = {name: columns[name].of(number) for name in ordered}
        blocks.append({name: entry.value for name, entry in fits.items() if entry is not None})
    used = tuple(member for name in ordered for member in columns[name].hyperparameters)
    notes = tuple(dict.fromkeys(note for name in ordered for note in columns[name].notes))
    return PlacedEntry(used, BLOCKS, Entry(blocks, notes))
