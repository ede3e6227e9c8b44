"""Averages of a model's weights over the last epochs of a training, by which those are evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from numpy.typing import NDArray

from hpo.training.trial.session import TrialSession
from hpo.training.trial.variables import Arrays, group, join, read_values

_GROUP = "average"
"""The name in a checkpoint."""


class EpochAverages:
    """Puts averages into the model while it is validated (Izmailov et al., 2018), of each repeat by itself.

    An epoch of the last K of the last phase counts as the mean of the weights at the ends of those so far; the last
    one, of all K. All weights are averaged, the statistics of batch normalization among them, as where checkpoints
    are averaged: those that the averaged weights would have themselves take a pass over the training part. Whole
    numbers and truth values, as of layers that count, are those of the last epoch.
    """

    def __init__(self, session: TrialSession) -> None:
        """Begin without averages; a checkpoint may have some.

        Args:
            session: of the trial.
        """
        self._session = session
        self._averages: list[list[NDArray[Any]]] = [[] for _ in session.repeats]
        self._weights: list[NDArray[Any]] = []

    def swap_in(self, model: keras.Model) -> None:
        """Take in the weights of the repeat whose turn it is, at the end of an epoch; leave the mean in the model."""
        turn, count = self._session.turn, self._count
        if count < 1:
            return
        self._weights = weights = read_values(model.weights)
        if count == 1:
            self._averages[turn] = weights
            return
        triples = zip(model.weights, self._averages[turn], weights, strict=True)
        self._averages[turn] = [
            average + (weight - average) / count if keras.backend.is_float_dtype(variable.dtype) else weight
            for variable, average, weight in triples
        ]
        model.set_weights(self._averages[turn])

    def swap_out(self, model: keras.Model) -> None:
        """Give the model its own weights back, with which training goes on."""
        if self._weights:
            model.set_weights(self._weights)
            self._weights = []

    def group(self, repeat: int) -> Arrays:
        """Name the averages of a repeat as a checkpoint has them."""
        return join({_GROUP: {f"{index:04}": array for index, array in enumerate(self._averages[repeat])}})

    def restore(self, repeat: int, arrays: Arrays) -> None:
        """Go on with the averages of a repeat that a checkpoint has."""
        self._averages[repeat] = list(group(arrays, _GROUP).values())

    @property
    def _count(self) -> int:
        """Of how many epochs the mean is at the end of the one under way; below 1 where it does not count."""
        session, repeat = self._session, self._session.repeat
        last_epochs = repeat.recipe.average_last_epochs
        if last_epochs is None or repeat.phase < len(session.phases) - 1:
            return 0
        return repeat.phase_epoch + 1 - max(0, repeat.recipe.epochs - last_epochs)


def is_averaged(phases: Sequence[tuple[Any, Any]]) -> bool:
    """Say whether what is validated may be other weights than those that are trained."""
    recipe = phases[0][0]
    return recipe.ema is not None or recipe.average_last_epochs is not None
