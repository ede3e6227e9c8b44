"""Which option each hyperparameter of another tool becomes, and which of them have no counterpart."""

from __future__ import annotations

from collections import Counter
from functools import cached_property

from hpo.foreign.conversion.blocks import STANDS_FOR, place_blocks
from hpo.foreign.conversion.entries import (
    DATA_SET,
    PlacedEntry,
    Unmatched,
    list_values,
    name_origin,
    names_at,
    note_conditions,
)
from hpo.foreign.conversion.option_names import (
    FAMILY,
    explain_mismatch,
    find_options,
    match_data_set,
    match_model,
    options,
)
from hpo.foreign.conversion.option_values import UnfitError, fit
from hpo.foreign.excerpt import excerpt
from hpo.foreign.search import Entry, ForeignSearch, Hyperparameter, ParentCondition, ValueList
from hpo.spaces import Value
from hpo.spaces.file.options import PlacedOption
from hpo.spaces.text.source import KeyPath

_USUAL = ("constant", "rmsprop", "adam", "sgd")
"""Which alternative an option most likely means: the last."""


def place_all(search: ForeignSearch) -> tuple[list[PlacedEntry], list[Unmatched]]:
    """Give every hyperparameter the options that it means; an option goes to the first that means it.

    One that has a counterpart in several alternatives, such as the momentum of two optimizers, is placed in each.
    """
    placement = _Placement(search)
    placement.place_model()
    placement.place_blocks()
    for hyperparameter in sorted(search.hyperparameters, key=_is_of_an_alternative):
        placement.place(hyperparameter)
    return placement.placed, placement.unmatched


def _is_of_an_alternative(hyperparameter: Hyperparameter) -> bool:
    """What others depend on comes first, so that a choice of alternatives stands before their options."""
    matches = find_options(hyperparameter.name)
    return bool(matches) and matches[0].alternative is not None


class _Placement:
    """Places hyperparameters, one after the other; `taken` says which of them has an option."""

    def __init__(self, search: ForeignSearch) -> None:
        self.search = search
        self.placed: list[PlacedEntry] = []
        self.unmatched: list[Unmatched] = []
        self.taken: dict[KeyPath, str] = {}
        self.done: set[int] = set()
        self.family = FAMILY

    def place_model(self) -> None:
        """The model family comes first: it says which options there are."""
        for hyperparameter in self.search.hyperparameters:
            match = match_model(hyperparameter.name, hyperparameter.domain)
            if match is None:
                continue
            keys, left_out = match
            *_, last = keys
            self.family = keys["family"][0]
            notes = (*name_origin([hyperparameter.name], last), *hyperparameter.notes)
            if left_out:
                notes += (f"left out {excerpt(list(left_out), 60)}: no network of hpo by that name",)
            for key, names in keys.items():
                value: Value = names[0] if len(names) == 1 else {"choice": list(names)}
                self._put(hyperparameter, ("model", key), Entry(value, notes if key == last else ()))
            self.done = {id(hyperparameter)}
            return

    def place_blocks(self) -> None:
        blocks = place_blocks(self.search) if self.family == FAMILY else None
        if blocks is not None:
            self.placed.append(blocks)
            self.done |= set(map(id, blocks.hyperparameters))
            self.taken |= dict.fromkeys(STANDS_FOR, blocks.hyperparameters[0].name)

    def place(self, hyperparameter: Hyperparameter) -> None:
        if id(hyperparameter) in self.done:
            return
        name = hyperparameter.name
        data_set = match_data_set(name, hyperparameter.domain)
        if data_set is not None and DATA_SET not in self.taken:
            self._put(hyperparameter, DATA_SET, Entry(data_set, name_origin([name], DATA_SET[-1])))
            return
        try:
            self._place_in(hyperparameter, find_options(name, self.family))
        except UnfitError as error:
            self.unmatched.append(Unmatched(hyperparameter, str(error)))

    def _put(self, hyperparameter: Hyperparameter, path: KeyPath, entry: Entry, alternative: str | None = None) -> None:
        self.placed.append(PlacedEntry((hyperparameter,), path, entry, alternative))
        self.taken[path] = hyperparameter.name

    def _place_in(self, hyperparameter: Hyperparameter, matches: tuple[PlacedOption, ...]) -> None:
        if not matches:
            raise UnfitError(explain_mismatch(hyperparameter.name))
        conditions = hyperparameter.conditions
        if matches[0].alternative is not None:
            matches, conditions = self._existing_alternatives(hyperparameter, matches)
        free = [option for option in matches if option.path not in self.taken]
        if not free:
            raise UnfitError(f"`{matches[0]}` is taken from {excerpt(self.taken[matches[0].path], 60)}")
        notes = (*hyperparameter.notes, *note_conditions(self.search.tool, conditions))
        if len(matches) > 1:
            notes += (f"of {' and of '.join(str(option.alternative) for option in matches)}, searched apart",)
        for option, entry in [(option, fit(hyperparameter.domain, option)) for option in free]:
            comments = (*name_origin([hyperparameter.name], option.path[-1]), *notes, *entry.comments)
            self._put(hyperparameter, option.path, Entry(entry.value, comments), option.alternative)

    def _existing_alternatives(
        self, hyperparameter: Hyperparameter, matches: tuple[PlacedOption, ...]
    ) -> tuple[tuple[PlacedOption, ...], tuple[ParentCondition, ...]]:
        """The alternatives of the file that have the option, as its conditions allow; and the other conditions."""
        path = matches[0].path[:-2]
        chosen = names_at(path, self.placed) or [self._busiest[path]]
        others: list[ParentCondition] = []
        for condition in hyperparameter.conditions:
            if [option.path for option in find_options(condition.parent)] == [path]:
                meant = _alternatives_of(condition, path)
                chosen = [name for name in chosen if name in meant]
            else:
                others.append(condition)
        existing = tuple(option for option in matches if option.alternative in chosen)
        if not existing:
            raise UnfitError(f"no `{path[-1]}` of this file has it")
        return existing, tuple(others)

    @cached_property
    def _busiest(self) -> dict[KeyPath, str]:
        """The alternative with most of the file's hyperparameters, by its choice; of equals the usual one."""
        matches = [option for item in self.search.hyperparameters for option in find_options(item.name, self.family)]
        counts = Counter((option.path[:-2], option.alternative) for option in matches if option.alternative)
        return dict(sorted(counts, key=lambda key: (counts[key], _USUAL.index(key[1]) if key[1] in _USUAL else -1)))


def _alternatives_of(condition: ParentCondition, path: KeyPath) -> list[Value]:
    """The alternatives at a path that a condition means."""
    option = next(option for option in options() if option.path == path)
    try:
        return list_values(fit(ValueList(condition.values), option).value)
    except UnfitError:
        return []
