"""Which configs of a space the trials of a study have tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence, Set
from functools import cached_property
from typing import TYPE_CHECKING

from hpo.spaces import ConfigIdentity, Params, ScalarValue, SearchSpace
from hpo.studies.store.ledger import FIXED, is_candidate
from hpo.studies.store.stored import StoredTrial
from hpo.studies.store.view import ChangedTrials

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

_MOST_LISTED = 2000


class TriedConfigs:
    """Compares the configs of trials; that of a trial which has begun is computed once."""

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._identity = ConfigIdentity(space)
        self._keys: dict[int, Hashable] = {}
        self._changed = ChangedTrials()
        self._last: dict[int, Hashable] = {}
        self._counts = Counter[Hashable]()

    @cached_property
    def _count(self) -> int | None:
        return self._identity.count()

    @property
    def is_finite(self) -> bool:
        """Whether the configs come to an end."""
        return self._count is not None

    def key(self, params: Mapping[str, ScalarValue]) -> Hashable:
        """Give a key that is equal for the same configs; see `ConfigIdentity`."""
        return self._identity.key(params)

    def keys(self, trials: Iterable[FrozenTrial | StoredTrial]) -> set[Hashable]:
        """Give the configs of trials, also of those that wait; a trial that lacks a parameter has none."""
        known = self._keys
        keys = {known.get(trial.number) or self._key_of(trial) for trial in trials}
        keys.discard(None)
        return keys

    def find_taken(self, trials: Sequence[FrozenTrial | StoredTrial], besides: int) -> Callable[[Params], bool]:
        """Find what trials have; only those are looked at that have changed since this was asked before.

        Args:
            trials: by number, in a list that stays as it is.
            besides: the number of one that does not count.

        Returns:
            Whether another one has a config, until this is asked again.
        """
        last, counts = self._last, self._counts
        changed, forgets = self._changed.find(trials)
        if forgets:
            last.clear()
            counts.clear()
        for trial in changed:
            number = trial.number
            if (before := last.pop(number, None)) is not None:
                counts[before] -= 1
            if (key := self._keys.get(number) or self._key_of(trial)) is not None:
                last[number] = key
                counts[key] += 1
        own = last.get(besides)

        def is_taken(params: Params) -> bool:
            key = self.key(params)
            return counts[key] > (key == own)

        return is_taken

    def select_starts(self, starts: Iterable[Params], tried: Set[Hashable] = frozenset()) -> list[Params]:
        """Select what to start from, without what could only repeat a config: one of the list, or one that is tried.

        Values that leave something to be drawn may come as often as there are configs that have them.

        Args:
            starts: the values of all parameters, or of some.
            tried: the configs that are tried.
        """
        selection: list[tuple[Params, Set[Hashable] | None]] = []
        for start in starts:
            configs = self._completions(start)
            if configs is not None:
                within = sum(others is not None and others <= configs for _, others in selection)
                if within + len(configs & tried) >= len(configs):
                    continue
            selection.append((start, configs))
        return [start for start, _ in selection]

    def _completions(self, start: Params) -> Set[Hashable] | None:
        """List the configs that have these values; None where they are too many."""
        rest = self._space.restrict(start)
        if rest.size is None or rest.size > _MOST_LISTED:
            return None
        return {self.key({**start, **rest.nth(index)}) for index in range(rest.size)}

    def exhausted_after(self, trials: Iterable[FrozenTrial | StoredTrial]) -> int | None:
        """Count the trials after which every config is tried, infeasible ones included; None if that never is.

        Trials that wait have not tried anything yet; one that runs and has no config yet is drawing one.
        """
        if self._count is None:
            return None
        tried = [trial for trial in trials if trial.state.name != "WAITING"]
        drawing = sum(trial.state.name == "RUNNING" and self._key_of(trial) is None for trial in tried)
        return len(tried) + max(0, self._count - len(self.keys(tried)) - drawing)

    def _key_of(self, trial: FrozenTrial | StoredTrial) -> Hashable | None:
        if trial.number in self._keys:
            return self._keys[trial.number]
        if not is_candidate(trial.user_attrs):
            return None
        waits = trial.state.name == "WAITING"
        try:
            key = self.key({**trial.system_attrs.get(FIXED, {}), **trial.params} if waits else trial.params)
        except KeyError:
            return None
        if not waits:
            self._keys[trial.number] = key
        return key
