"""TPE as Optuna's draws, value for value, at less cost where a study has thousands of trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler
from optuna.samplers._tpe import sampler as tpe
from optuna.search_space.group_decomposed import _SearchSpaceGroup
from optuna.trial import FrozenTrial, TrialState

_Split = tuple[list[FrozenTrial], list[FrozenTrial]]
_ENDED = (TrialState.COMPLETE, TrialState.PRUNED)


class TrialColumns:
    """The parameters of ended trials in columns, each trial read once: TPE computes with all of them for each draw."""

    def __init__(self) -> None:
        self._numbers: set[int] = set()
        self._columns: dict[str, NDArray[np.float64]] = {}
        self._groups: dict[frozenset[str], tuple[int, dict[str, BaseDistribution]]] = {}

    def add(self, trials: Sequence[FrozenTrial]) -> None:
        """Read those of the ended trials that were not read before."""
        for trial in trials:
            number, distributions = trial.number, trial.distributions
            if number in self._numbers:
                continue
            self._numbers.add(number)
            names = frozenset(distributions)
            first, _ = self._groups.get(names, (number, distributions))
            self._groups[names] = min(first, number), distributions
            for name, distribution in distributions.items():
                self._column(name, number + 1)[number] = distribution.to_internal_repr(trial.params[name])

    def _column(self, name: str, size: int) -> NDArray[np.float64]:
        column = self._columns.get(name, np.empty(0))
        if len(column) < size:
            column = np.append(column, np.full(2 * size - len(column), np.nan))
            self._columns[name] = column
        return column

    def group(self) -> _SearchSpaceGroup:
        """Part the parameters into those that always come together; a trial with the names of another adds nothing."""
        group = _SearchSpaceGroup()
        for _, distributions in sorted(self._groups.values(), key=lambda item: item[0]):
            group.add_distributions(distributions)
        return group

    def select(self, names: Sequence[str], numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give the values `[parameters, trials]` as Optuna stores them; NaN where a trial has none."""
        size = int(numbers.max(initial=-1)) + 1
        return np.array([self._column(name, size)[numbers] for name in names])


class GroupedTpe(TPESampler):
    """TPE in groups of parameters that come together, for one draw.

    Optuna 5.0 finds the groups, and for each of them the good trials and the values of all, by loops over all trials.
    """

    def __init__(self, columns: TrialColumns, **options: Any) -> None:  # noqa: ANN401 - Optuna's
        super().__init__(multivariate=True, group=True, **options)
        self._trial_columns = columns
        self._split: _Split | None = None

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """See `TPESampler`."""
        self._trial_columns.add(study.get_trials(deepcopy=False, states=_ENDED))
        self._search_space_group = self._trial_columns.group()
        spaces = (sorted(space.items()) for space in self._search_space_group.search_spaces)
        return {name: distribution for space in spaces for name, distribution in space if not distribution.single()}

    def _sample(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        good, others = self._split = self._split or self._split_trials(study, trial)
        likely = self._build_parzen_estimator(study, search_space, good, handle_below=True)
        unlikely = self._build_parzen_estimator(study, search_space, others, handle_below=False)
        candidates = likely.sample(self._rng.rng, self._n_ei_candidates)
        best = self._compare(candidates, self._compute_acquisition_func(candidates, likely, unlikely))
        return {name: distribution.to_external_repr(best[name]) for name, distribution in search_space.items()}

    def _split_trials(self, study: optuna.Study, trial: FrozenTrial) -> _Split:
        states = (*_ENDED, TrialState.RUNNING) if self._constant_liar else _ENDED
        trials = [other for other in study.get_trials(deepcopy=False, states=states) if other.number != trial.number]
        ended = [other for other in trials if other.state in _ENDED]
        self._trial_columns.add(ended)
        if self._gamma is None:
            self._gamma = tpe.default_gamma if len(study.directions) == 1 else tpe.default_gamma_multiobjective
        return tpe._split_trials(study, trials, self._gamma(len(ended)))

    def _get_internal_repr(
        self, trials: list[FrozenTrial], search_space: dict[str, BaseDistribution], study: optuna.Study
    ) -> dict[str, NDArray[np.float64]]:
        names = list(search_space)
        rows = self._trial_columns.select(names, np.array([trial.number for trial in trials], dtype=np.int64))
        for index, trial in enumerate(trials):
            if trial.state not in _ENDED:
                params = self._get_params(trial, study)
                if params.keys() >= search_space.keys():
                    rows[:, index] = [search_space[name].to_internal_repr(params[name]) for name in names]
        rows = rows[:, ~np.isnan(rows).any(axis=0)]
        return dict(zip(names, rows, strict=True))
