"""The budget of a study: how much it may do in all, how much of it is used, and why no trial begins any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from hpo.errors import UserError
from hpo.spaces import StudySpec
from hpo.studies.limits.costs import StudyCosts
from hpo.studies.limits.stopping import find_stop
from hpo.studies.limits.tally import TrialTally
from hpo.studies.store.ledger import StudyLedger
from hpo.studies.store.stored import Admitted, StoredTrial

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

Spent = Literal["trials", "timeout", "epochs", "gpu_hours", "cost", "stop", "space"]
"""Why no trial begins any more: a part of the budget, by its key in a file, is used up; a rule of `search.stop` says
so; or every config of the space is tried."""
_UNITS = {
    "trials": "trials",
    "timeout": "seconds",
    "epochs": "epochs",
    "gpu_hours": "GPU-hours",
    "cost": "units of money",
}


@dataclass(frozen=True, slots=True)
class Budget:
    """How much a study may do in all, and how much of it is used; None stands for as much as the trials take.

    Attributes:
        trials: how many may be trained; no more than the space has configs.
        used: how many were, or are being trained.
        timeout_s: seconds that may be worked.
        worked_s: seconds worked.
        configs: how many can be trained at all, which constraints do not rule out; None if there is no end of them.
        epochs: of all trials together.
        gpu_hours: of all trials together.
        cost: in money.
        costs: what is used of the last three.
        stop: why a rule of `search.stop` ends the study, as a sentence without its full stop; None while none does.
        exhausted: why a search is over that has not tried every config, in the same form.
        has_rounds: whether a search in rounds may promote trials that are pruned.
        lacks_model: whether none is complete, and some are pruned or wait.
    """

    trials: int
    used: int
    timeout_s: float | None
    worked_s: float
    configs: int | None = None
    epochs: int | None = None
    gpu_hours: float | None = None
    cost: float | None = None
    costs: StudyCosts = field(default_factory=StudyCosts)
    stop: str | None = None
    exhausted: str | None = None
    has_rounds: bool = False
    lacks_model: bool = False

    @property
    def remaining(self) -> int:
        """How many more trials may start; 0 where something else than their number ends the study."""
        return 0 if self.is_over else max(0, self.trials - self.used)

    @property
    def may_begin(self) -> int:
        """How many trials may begin yet, or go on in another round."""
        return self.remaining or int(self.may_promote)

    @property
    def may_promote(self) -> bool:
        """Whether a pruned trial may go on in another round: also after the end, where there is no model otherwise."""
        return self.has_rounds and (self.lacks_model or not self.is_over)

    @property
    def admitted(self) -> Admitted:
        """Which trials may be taken on, as far as it is not their number that ends the study."""
        if not self.is_over:
            return "any"
        return "begun" if self.may_promote else "none"

    @property
    def is_over(self) -> bool:
        """Whether no trial begins however many may be trained: something else is used up, or a rule says so."""
        return self._over is not None

    @property
    def share(self) -> float:
        """Which share is used of what limits the study besides the number of trials; of several limits, the largest."""
        return max((used / limit for limit, used in self._limits.values() if limit), default=0.0)

    @property
    def _limits(self) -> dict[Spent, tuple[float | None, float]]:
        return {
            "timeout": (self.timeout_s, self.worked_s),
            "epochs": (self.epochs, self.costs.epochs),
            "gpu_hours": (self.gpu_hours, self.costs.gpu_hours),
            "cost": (self.cost, self.costs.money or 0.0),
        }

    @property
    def _over(self) -> Spent | None:
        spent = (name for name, (limit, used) in self._limits.items() if limit is not None and used >= limit)
        return next(spent, None if self.stop is None else "stop")

    @property
    def spent(self) -> Spent | None:
        """Why no trial begins any more; None while one may begin."""
        if self.remaining:
            return None
        if self.configs is not None and self.used >= self.configs:
            return "space"
        return "trials" if self.used >= self.trials else self._over

    @property
    def end(self) -> str | None:
        """Say why no trial begins any more, as a sentence without its full stop; None while one may begin or go on."""
        currency = f" {self.costs.currency}" if self.costs.currency else ""
        used_up: dict[Spent, str] = {
            "trials": f"budget of {self.trials} trial{'' if self.trials == 1 else 's'}",
            "timeout": f"working time of {timedelta(seconds=round(self.timeout_s or 0))}",
            "epochs": f"budget of {self.epochs} epoch{'' if self.epochs == 1 else 's'}",
            "gpu_hours": f"budget of {self.gpu_hours or 0:g} GPU-hours",
            "cost": f"budget of {self.cost or 0:g}{currency}",
        }
        spent = None if self.may_begin else self.spent
        if spent is None or spent == "stop":
            return None if spent is None else self.stop
        return (self.exhausted or "every config is tried") if spent == "space" else f"its {used_up[spent]} is used up"

    def to_json(self) -> dict[str, float | None]:
        """Give plain values; programs rely on the keys."""
        return {
            "trials": self.trials,
            "used": self.used,
            "timeout_s": self.timeout_s,
            "worked_s": round(self.worked_s, 1),
            "epochs": self.epochs,
            "gpu_hours": self.gpu_hours,
            "cost": self.cost,
        }


def read_budget(
    spec: StudySpec,
    ledger: StudyLedger,
    trials: Sequence[FrozenTrial | StoredTrial],
    configs: int | None,
    tally: TrialTally,
) -> Budget:
    """Read what a study may do in all, and what is used of it.

    Trials that constraints ruled out before any training cost nothing and are not counted.

    Args:
        spec: of the study.
        ledger: of the study.
        trials: those of the search.
        configs: trials after which every config is tried, infeasible ones included; None if that never is.
        tally: of the same trials.
    """
    stored, counts = ledger.budget, tally.count(trials)
    limits = {key: stored.get(key) for key in ("epochs", "gpu_hours", "cost")}
    if configs is not None:
        configs -= counts["infeasible"]
    return Budget(
        stored["trials"] if configs is None else min(stored["trials"], configs),
        counts.total() - counts["waiting"] - counts["infeasible"],
        stored.get("timeout"),
        ledger.worked_seconds,
        configs,
        **limits,
        costs=tally.measure_costs(trials, spec) if any(limits.values()) else StudyCosts(currency=spec.cost.currency),
        stop=find_stop(spec, ledger, trials),
        exhausted=ledger.end,
        has_rounds=ledger.has_rounds,
        lacks_model=not counts["complete"] and counts["pruned"] + counts["waiting"] > 0,
    )


def raise_totals(
    name: str, stored: Mapping[str, Any], totals: Mapping[str, float | None], *, has_price: bool
) -> dict[str, Any]:
    """Give the budget of a study that may do more in all.

    Args:
        name: of the study.
        stored: what it may do so far, by the options of `search`.
        totals: what it is to do, likewise; None leaves one as it is.
        has_price: whether an hour of a GPU has a price.

    Raises:
        UserError: that would be less than it may do already, or a cost without a price.
    """
    given = {key: total for key, total in totals.items() if total is not None}
    for key, total in given.items():
        least, unit = stored.get(key) or 0, _UNITS[key]
        if total < least or total <= 0:
            raise UserError(
                f"{key}: a budget is a total, and resuming raises it. Received {total:g} {unit}, where study {name} "
                f"may do {least:g} already. Give a larger total."
            )
    if given.get("cost") is not None and not has_price:
        raise UserError(
            f"cost: a budget in money needs a price. Received study {name}, which has none. Add "
            "--set cost.per_gpu_hour=PRICE"
        )
    return {**stored, **given}
