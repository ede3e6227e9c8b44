"""The brackets and rounds of Hyperband as KerasTuner has them: how many trials, for how many epochs.

Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar (2018), with the sizes of `keras_tuner.oracles.HyperbandOracle`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Brackets:
    """Brackets in their order, counted from 0: the one with the most rounds first, and after the last one it again.

    Attributes:
        max_epochs: what a trial of the last round of a bracket is trained for.
        factor: one in so many trials goes on to the next round, with so many times the epochs.
    """

    max_epochs: int
    factor: int

    @property
    def count(self) -> int:
        """Count the different brackets."""
        epochs, brackets = float(self.max_epochs), 0
        while epochs >= 1:
            epochs, brackets = epochs / self.factor, brackets + 1
        return brackets

    def halvings(self, bracket: int) -> int:
        """Count the rounds of a bracket after its first."""
        return self.count - 1 - bracket % self.count

    def size(self, bracket: int, round_: int) -> int:
        """Count the trials of a round."""
        halvings = self.halvings(bracket)
        last = math.ceil(1 + math.log(self.max_epochs, self.factor)) / (halvings + 1)
        return math.ceil(last * math.pow(self.factor, halvings - round_))

    def epochs(self, bracket: int, round_: int) -> int:
        """Count the epochs that a trial has at the end of a round."""
        return math.ceil(self.max_epochs / math.pow(self.factor, self.halvings(bracket) - round_))
