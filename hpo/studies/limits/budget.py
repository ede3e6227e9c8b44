"""The budget of a study: how much it may do in all, and how much of it is used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Budget:
    """How much a study may do in all, and how much of it is used.

    Attributes:
        trials: how many may be trained; no more than the space has configs.
        used: how many were, or are being trained.
        timeout_s: seconds that may be worked; None for as many as that takes.
        worked_s: seconds worked.
        configs: how many can be trained at all, which constraints do not rule out; None if there is no end of them.
    """

    trials: int
    used: int
    timeout_s: float | None
    worked_s: float
    configs: int | None = None

    @property
    def remaining(self) -> int:
        """How many more trials may start; 0 where the time is used up."""
        if self.timeout_s is not None and self.worked_s >= self.timeout_s:
            return 0
        return max(0, self.trials - self.used)

    @property
    def spent(self) -> Literal["trials", "timeout", "space"] | None:
        """Why no trial begins any more: every config is tried, or the budget is used up; None while one may begin."""
        if self.remaining:
            return None
        if self.configs is not None and self.used >= self.configs:
            return "space"
        return "trials" if self.used >= self.trials else "timeout"
