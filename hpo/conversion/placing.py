"""Which option each hyperparameter of another tool becomes, and which of them have no counterpart."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from hpo.conversion.counterparts import Option, counterparts, options, why_not
from hpo.conversion.fitting import Fit, UnfitError, fit
from hpo.conversion.foreign import Condition, ForeignSearch, Hyperparameter, Values
from hpo.conversion.writing import shown
from hpo.spaces import Value


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A hyperparameter without a counterpart, and why."""

    hyperparameter: Hyperparameter
    reason: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A hyperparameter that became an option's constant or parameter."""

    hyperparameter: Hyperparameter
    option: Option
    fit: Fit

    @property
    def comments(self) -> tuple[str, ...]:
        """What is said of it in the file: its name, if it has another there, and what was changed."""
        name = self.hyperparameter.name
        return (*((f"from {shown(name, 60)}",) if name != self.option.path[-1] else ()), *self.fit.notes)


def place_all(search: ForeignSearch) -> tuple[list[Placed], list[Unmatched]]:
    """Give every hyperparameter the options that it means; an option goes to the first that means it.

    One that has a counterpart in several alternatives, such as the momentum of two optimizers, is placed in each.
    """
    desk = _Desk(search)
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

    def place(self, hyperparameter: Hyperparameter) -> None:
        found = counterparts(hyperparameter.name)
        if not found:
            self._refuse(hyperparameter, why_not(hyperparameter.name))
            return
        try:
            self.placed += self._placed(hyperparameter, found)
        except UnfitError as error:
            self._refuse(hyperparameter, str(error))

    def _refuse(self, hyperparameter: Hyperparameter, reason: str) -> None:
        self.unmatched.append(Unmatched(hyperparameter, reason))

    def _placed(self, hyperparameter: Hyperparameter, found: tuple[Option, ...]) -> list[Placed]:
        notes = list(hyperparameter.notes)
        if found[0].alternative is not None:
            found, others = self._where_it_exists(hyperparameter, found)
        else:
            others = hyperparameter.conditions
        notes += [
            f"in {self.search.tool} only where {shown(each.parent, 60)} is {_listed(each)}; here always"
            for each in others
        ]
        if len(found) > 1:
            notes.append(f"of {' and of '.join(str(option.alternative) for option in found)}, searched apart")
        taken = {each.option.path: each.hyperparameter for each in self.placed}
        free = [option for option in found if option.path not in taken]
        if not free:
            raise UnfitError(f"`{found[0]}` is taken from {shown(taken[found[0].path].name, 60)}")
        fits = [(option, fit(hyperparameter.domain, option)) for option in free]
        return [Placed(hyperparameter, option, Fit(each.value, (*notes, *each.notes))) for option, each in fits]

    def _where_it_exists(
        self, hyperparameter: Hyperparameter, found: tuple[Option, ...]
    ) -> tuple[tuple[Option, ...], tuple[Condition, ...]]:
        """The alternatives of the file that have the option, as its conditions allow; and the other conditions."""
        holder = found[0].path[:-2]
        chosen = self._alternatives(holder) or [self._busiest[holder]]
        others: list[Condition] = []
        for condition in hyperparameter.conditions:
            if [option.path for option in counterparts(condition.parent)] == [holder]:
                chosen = [name for name in chosen if name in _names(condition.values, holder)]
            else:
                others.append(condition)
        existing = tuple(option for option in found if option.alternative in chosen)
        if not existing:
            raise UnfitError(f"no `{holder[-1]}` of this file has it")
        return existing, tuple(others)

    def _alternatives(self, holder: tuple[str, ...]) -> list[str]:
        value = next((each.fit.value for each in self.placed if each.option.path == holder), None)
        if isinstance(value, dict):
            return [str(name) for name in value["choice"]]  # type: ignore[union-attr]
        return [] if value is None else [str(value)]

    @cached_property
    def _busiest(self) -> dict[tuple[str, ...], str]:
        """The alternative that has most of the file's hyperparameters, by what it is one of; the last one of equals."""
        found = [option for each in self.search.hyperparameters for option in counterparts(each.name)]
        counts = Counter((option.path[:-2], option.alternative) for option in found if option.alternative)
        return {holder: name for (holder, name), _ in sorted(counts.items(), key=lambda item: item[1])}


def _names(values: tuple[Value, ...], holder: tuple[str, ...]) -> list[Value]:
    """The alternatives that a condition means."""
    option = next(option for option in options() if option.path == holder)
    try:
        allowed = fit(Values(values), option).value
    except UnfitError:
        return []
    return allowed["choice"] if isinstance(allowed, dict) else [allowed]  # type: ignore[return-value]


def _listed(condition: Condition) -> str:
    return shown(" or ".join(shown(value, 40) for value in condition.values[:5]), 80)
