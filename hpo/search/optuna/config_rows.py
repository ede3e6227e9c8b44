"""Configs as rows of numbers, of which hundreds are drawn, changed and compared at once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hpo.search.optuna.unit_cube import from_unit, to_unit
from hpo.spaces import Params, ScalarValue, SearchSpace
from hpo.spaces.space.parameters import Choice, Parameter

RowMatrix = NDArray[np.float64]

_ABSENT = 0.5
"""The coordinate of a number that a config does not have: in the middle, at the same distance from all others."""
_CHANGES = 0.5
_CHOICE_CHANGES = 0.15


class ConfigRows:
    """A column for each parameter: a number's place between 0 and 1, a choice's index, NaN where it is not active."""

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._columns = list(space.conditions())
        self._index = {parameter.name: column for column, (parameter, _) in enumerate(self._columns)}

    def empty(self, count: int) -> RowMatrix:
        """Give rows `[count, parameters]` in which everything is yet to be drawn, by `settle`."""
        return np.full((count, len(self._columns)), np.nan)

    def row(self, params: Mapping[str, ScalarValue]) -> RowMatrix:
        """Give a config's row `[parameters]`."""
        return np.array(
            [
                _to_number(parameter, params[parameter.name]) if parameter.name in params else np.nan
                for parameter, _ in self._columns
            ]
        )

    def middle(self) -> RowMatrix:
        """Give the priors, and where there is none, the middle of a range or the first alternative: one row."""
        return np.array(
            [
                _to_number(parameter, parameter.prior)
                if parameter.prior is not None
                else (0.0 if isinstance(parameter, Choice) else 0.5)
                for parameter, _ in self._columns
            ]
        )

    def settle(self, rows: RowMatrix, fixed: Mapping[str, ScalarValue], generator: np.random.Generator) -> RowMatrix:
        """Make configs of rows: draw what is active and missing, drop what is not active, round to steps."""
        for column, (parameter, conditions) in enumerate(self._columns):
            values = rows[:, column]
            missing = np.isnan(values)
            if parameter.name in fixed:
                values[:] = _to_number(parameter, fixed[parameter.name])
            elif isinstance(parameter, Choice):
                values[missing] = generator.integers(0, len(parameter.categories), missing.sum())
            else:
                values[missing] = generator.random(missing.sum())
                if not parameter.log and parameter.size is not None:
                    values[:] = (
                        np.minimum(np.floor(values * parameter.size), parameter.size - 1) + 0.5
                    ) / parameter.size
            for name, allowed in conditions.items():
                values[~self._has(rows, name, allowed)] = np.nan
        return rows

    def _has(self, rows: RowMatrix, name: str, allowed: tuple[ScalarValue, ...]) -> NDArray[np.bool_]:
        parameter, values = self._columns[self._index[name]][0], rows[:, self._index[name]]
        if isinstance(parameter, Choice):
            return np.isin(values, [parameter.categories.index(category) for category in allowed])
        return np.array([not np.isnan(value) and from_unit(parameter, value) in allowed for value in values], bool)

    def change(self, rows: RowMatrix, widths: RowMatrix, generator: np.random.Generator) -> RowMatrix:
        """Give rows in which some values differ: numbers by about so much as `widths` `[rows]` says."""
        rows = rows.copy()
        for column, (parameter, _) in enumerate(self._columns):
            if isinstance(parameter, Choice):
                rows[generator.random(len(rows)) < _CHOICE_CHANGES, column] = np.nan  # drawn anew
            else:
                is_changed = generator.random(len(rows)) < _CHANGES
                moved = rows[:, column] + generator.normal(size=len(rows)) * widths
                rows[:, column] = np.where(is_changed, np.clip(moved, 0.0, 1.0), rows[:, column])
        return rows

    def points(self, rows: RowMatrix) -> RowMatrix:
        """Give points `[rows, axes]` of a unit cube: an axis for each number, and for each alternative."""
        axes: list[RowMatrix] = []
        for column, (parameter, _) in enumerate(self._columns):
            values = rows[:, column]
            if isinstance(parameter, Choice):
                axes += [(values == index).astype(float) for index in range(len(parameter.categories))]
            else:
                axes.append(np.where(np.isnan(values), _ABSENT, values))
        return np.column_stack(axes)

    def log_prior(self, rows: RowMatrix, width: float) -> RowMatrix:
        """Give how far rows lie from the priors: the logarithm of a bell curve of that width around each, 0 at most."""
        total = np.zeros(len(rows))
        for column, (parameter, _) in enumerate(self._columns):
            if parameter.prior is not None:
                away = rows[:, column] - _to_number(parameter, parameter.prior)
                distance = (away != 0).astype(float) if isinstance(parameter, Choice) else away / width
                total -= 0.5 * np.where(np.isnan(away), 0.0, distance) ** 2
        return total

    def params(self, row: RowMatrix, fixed: Mapping[str, ScalarValue]) -> Params:
        """Give the config of a row that was settled."""

        def value_of(parameter: Parameter) -> ScalarValue:
            if parameter.name in fixed:
                return fixed[parameter.name]
            value = row[self._index[parameter.name]]
            return parameter.categories[int(value)] if isinstance(parameter, Choice) else from_unit(parameter, value)

        return self._space.fill(value_of)[1]


def _to_number(parameter: Parameter, value: ScalarValue) -> float:
    if isinstance(parameter, Choice):
        return float(parameter.alternatives.index(parameter.alternative(value)))
    return min(1.0, max(0.0, to_unit(parameter, value)))
