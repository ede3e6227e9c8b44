"""Which option each hyperparameter of another tool becomes, and which of them have no counterpart."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from hpo.foreign.conversion.blocks import STANDS_FOR, place_blocks
from hpo.foreign.conversion.counterparts import FAMILY, counterparts, data_set, model_named, options, why_not
from hpo.foreign.conversion.fitting import Fit, UnfitError, fit
from hpo.foreign.conversion.foreign import ForeignSearch, Hyperparameter, ParentCondition, ValueList
from hpo.foreign.conversion.placement import DATA_SET, Placed, Unmatched, condition_notes, origin
from hpo.foreign.conversion.writing import Entry, shown
from hpo.spaces import Value
from hpo.spaces.file.options import PlacedOption
from hpo.spaces.text.source import KeyPath

_USUAL = ("constant", "rmsprop", "adam", "sgd")
"""Which alternative an option most likely means: the last."""


def place_all(search: ForeignSearch) -> tuple[list[Placed], list[Unmatched]]:
    """Give every hyperparameter the options that it means; an option goes to the first that means it.

    One that has a counterpart in several alternatives, such as the momentum of two optimizers, is placed in each.
    """
    desk = _Desk(search)
    desk.place_model()
    desk.place_blocks()
    for hyperparameter in sorted(search.hyperparameters, key=_is_of_an_alternative):
        desk.place(hyperparameter)
    return desk.placed, desk.unmatched


def _is_of_an_alternative(hyperparameter: Hyperparameter) -> int:
    """What others depend on comes first, so that a choice of alternatives stands before their options."""
    found = counterparts(hyperparameter.name)
    return int(bool(found) and found[0].alternative is not None)


@dataclass
class _Desk:
    """Takes hyperparameters in, one after the other."""

    search: ForeignSearch
    placed: list[Placed] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)
    taken: dict[KeyPath, str] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    family: str = FAMILY

    def place_model(self) -> None:
        """The model family comes first: it says which options there are."""
        for hyperparameter in self.search.hyperparameters:
            named = model_named(hyperparameter.name, hyperparameter.domain)
            if named is None:
                continue
            keys, left_out = named
            self.family = keys["family"][0]
            notes = (*origin([hyperparameter.name], list(keys)[-1]), *hyperparameter.notes)
            if left_out:
                notes += (f"left out {shown(list(left_out), 60)}: no network of hpo by that name",)
            for key, names in keys.items():
                value: Value = names[0] if len(names) == 1 else {"choice": list(names)}
                entry = Entry(value, notes if key == list(keys)[-1] else ())
                self.placed.append(Placed((hyperparameter,), ("model", key), entry))
                self.taken["model", key] = hyperparameter.name
            self.done = {id(hyperparameter)}
            return

    def place_blocks(self) -> None:
        blocks = place_blocks(self.search) if self.family == FAMILY else None
        if blocks is not None:
            self.placed.append(blocks)
            self.done |= {id(each) for each in blocks.hyperparameters}
            self.taken |= dict.fromkeys(STANDS_FOR, blocks.hyperparameters[0].name)

    def place(self, hyperparameter: Hyperparameter) -> None:
        if id(hyperparameter) in self.done:
            return
        found = counterparts(hyperparameter.name, self.family)
        named = data_set(hyperparameter.name, hyperparameter.domain)
        if named is not None and DATA_SET not in self.taken:
            entry = Entry(named, origin([hyperparameter.name], DATA_SET[-1]))
            self.taken[DATA_SET] = hyperparameter.name
            self.placed.append(Placed((hyperparameter,), DATA_SET, entry))
            return
        if not found:
            self._refuse(hyperparameter, why_not(hyperparameter.name))
            return
        try:
            self.placed += self._placed(hyperparameter, found)
        except UnfitError as error:
            self._refuse(hyperparameter, str(error))

    def _refuse(self, hyperparameter: Hyperparameter, reason: str) -> None:
        self.unmatched.append(Unmatched(hyperparameter, reason))

    def _placed(self, hyperparameter: Hyperparameter, found: tuple[PlacedOption, ...]) -> list[Placed]:
        others = hyperparameter.conditions
        if found[0].alternative is not None:
            found, others = self._where_it_exists(hyperparameter, found)
        free = [option for option in found if option.path not in self.taken]
        if not free:
            raise UnfitError(f"`{found[0]}` is taken from {shown(self.taken[found[0].path], 60)}")
        notes = (*hyperparameter.notes, *condition_notes(self.search.tool, others))
        if len(found) > 1:
            notes += (f"of {' and of '.join(str(option.alternative) for option in found)}, searched apart",)
        fits = [(option, fit(hyperparameter.domain, option)) for option in free]
        self.taken |= {option.path: hyperparameter.name for option in free}
        return [_placed(hyperparameter, option, notes, fitted) for option, fitted in fits]

    def _where_it_exists(
        self, hyperparameter: Hyperparameter, found: tuple[PlacedOption, ...]
    ) -> tuple[tuple[PlacedOption, ...], tuple[ParentCondition, ...]]:
        """The alternatives of the file that have the option, as its conditions allow; and the other conditions."""
        holder = found[0].path[:-2]
        chosen = self._alternatives(holder) or [self._busiest[holder]]
        others: list[ParentCondition] = []
        for condition in hyperparameter.conditions:
            if [option.path for option in counterparts(condition.parent)] == [holder]:
                chosen = [name for name in chosen if name in _names(condition.values, holder)]
            else:
                others.append(condition)
        existing = tuple(option for option in found if option.alternative in chosen)
        if not existing:
            raise UnfitError(f"no `{holder[-1]}` of this file has it")
        return existing, tuple(others)

    def _alternatives(self, holder: KeyPath) -> list[str]:
        entry = next((each.entry for each in self.placed if each.path == holder), None)
        value = entry.value if isinstance(entry, Entry) else None
        if isinstance(value, dict):
            return [str(name) for name in value["choice"]]  # type: ignore[union-attr]
        return [] if value is None else [str(value)]

    @cached_property
    def _busiest(self) -> dict[KeyPath, str]:
        """That which has most of the file's hyperparameters, by what it is one of; of equals the usual one."""
        found = [option for each in self.search.hyperparameters for option in counterparts(each.name, self.family)]
        counts = Counter((option.path[:-2], option.alternative) for option in found if option.alternative)
        ordered = sorted(counts, key=lambda each: (counts[each], _USUAL.index(each[1]) if each[1] in _USUAL else -1))
        return dict(ordered)


def _placed(hyperparameter: Hyperparameter, option: PlacedOption, notes: tuple[str, ...], fitted: Fit) -> Placed:
    comments = (*origin([hyperparameter.name], option.path[-1]), *notes, *fitted.notes)
    return Placed((hyperparameter,), option.path, Entry(fitted.value, comments), option.alternative)


def _names(values: tuple[Value, ...], holder: KeyPath) -> list[Value]:
    """The alternatives that a condition means."""
    option = next(option for option in options() if option.path == holder)
    try:
        allowed = fit(ValueList(values), option).value
    except UnfitError:
        return []
    return allowed["choice"] if isinstance(allowed, dict) else [allowed]  # type: ignore[return-value]
