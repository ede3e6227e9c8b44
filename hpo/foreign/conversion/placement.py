"""Which option each hyperparameter of another tool becomes, and which of them have no counterpart."""

from __future__ import annotations

from collections import Counter
from functools import cached_property

from hpo.foreign.conversion.blocks import STANDS_FOR, place_blocks
from hpo.foreign.conversion.entries import (
    DATA_SET,
    PlacedEntry,
    Unmatched,
    name_origin,
    note_conditions,
    values_of,
)
from hpo.foreign.conversion.option_names import FAMILY, counterparts, data_set, model_named, options, why_not
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
    matches = counterparts(hyperparameter.name)
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
            named = model_named(hyperparameter.name, hyperparameter.domain)
            if named is None:
                continue
            keys, left_out = named
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
        name, domain = hyperparameter.name, hyperparameter.domain
        matches = counterparts(name, self.family)
        named = data_set(name, domain)
        if named is not None and DATA_SET not in self.taken:
            self._put(hyperparameter, DATA_SET, Entry(named, name_origin([name], DATA_SET[-1])))
            return
        try:
            if not matches:
                raise UnfitError(why_not(name))
            self._place_in(hyperparameter, matches)
        except UnfitError as error:
            self.unmatched.append(Unmatched(hyperparameter, str(error)))

    def _put(self, hyperparameter: Hyperparameter, path: KeyPath, entry: Entry, alternative: str | None = None) -> None:
        self.placed.append(PlacedEntry((hyperparameter,), path, entry, alternative))
        self.taken[path] = hyperparameter.name

    def _place_in(self, hyperparameter: Hyperparameter, matches: tuple[PlacedOption, ...]) -> None:
        conditions = hyperparameter.conditions
        if matches[0].alternative is not None:
            matches, conditions = self._existing(hyperparameter, matches)
        free = [option for option in matches if option.path not in self.taken]
        if not free:
            raise UnfitError(f"`{matches[0]}` is taken from {excerpt(self.taken[matches[0].path], 60)}")
        notes = (*hyperparameter.notes, *note_conditions(self.search.tool, conditions))
        if len(matches) > 1:
            notes += (f"of {' and of '.join(str(option.alternative) for option in matches)}, searched apart",)
        for option, entry in [(option, fit(hyperparameter.domain, option)) for option in free]:
            comments = (*name_origin([hyperparameter.name], option.path[-1]), *notes, *entry.comments)
            self._put(hyperparameter, option.path, Entry(entry.value, comments), option.alternative)

    def _existing(
        self, hyperparameter: Hyperparameter, matches: tuple[PlacedOption, ...]
    ) -> tuple[tuple[PlacedOption, ...], tuple[ParentCondition, ...]]:
        """The alternatives of the file that have the option, as its conditions allow; and the other conditions."""
        path = matches[0].path[:-2]
        chosen = self._alternatives(path) or [self._busiest[path]]
        others: list[ParentCondition] = []
        for condition in hyperparameter.conditions:
            if [option.path for option in counterparts(condition.parent)] == [path]:
                chosen = [name for name in chosen if name in _names(condition.values, path)]
            else:
                others.append(condition)
        existing = tuple(option for option in matches if option.alternative in chosen)
        if not existing:
            raise UnfitError(f"no `{path[-1]}` of this file has it")
        return existing, tuple(others)

    def _alternatives(self, path: KeyPath) -> list[str]:
        entry = next((item.entry for item in self.placed if item.path == path), None)
        value = entry.value if isinstance(entry, Entry) else None
        return [] if value is None else [str(name) for name in values_of(value)]

    @cached_property
    def _busiest(self) -> dict[KeyPath, str]:
        """The alternative with most of the file's hyperparameters, by its choice; of equals the usual one."""
        matches = [option for item in self.search.hyperparameters for option in counterparts(item.name, self.family)]
        counts = Counter((option.path[:-2], option.alternative) for option in matches if option.alternative)
        return dict(sorted(counts, key=lambda key: (counts[key], _USUAL.index(key[1]) if key[1] in _USUAL else -1)))


def _names(values: tuple[Value, ...], path: KeyPath) -> list[Value]:
    """The alternatives that a condition means."""
    option = next(option for option in options() if option.path == path)
    try:
        return values_of(fit(ValueList(values), option).value)
    except UnfitError:
        return []
