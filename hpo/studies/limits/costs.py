"""What the trials of a study have cost: time, GPU-hours, epochs, and money where the file has a price."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hpo.spaces import StudySpec
from hpo.studies.store.ledger import TrialLedger
from hpo.studies.store.stored import TRIAL_STATES, StoredTrial, TrialState, state_of

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

HOUR = 3600.0
_KWH = 3.6e6
"""In joules."""


@dataclass(frozen=True, slots=True)
class TrialCost:
    """What trials have cost, in all of their attempts.

    Attributes:
        seconds: they ran; of trials that ran side by side, the sum.
        gpu_hours: hours of a whole GPU; a share of one counts as its share, and training on the CPU as 0.
        epochs: they trained, each of their repeats; one that was trained again after an interruption counts again, and
            one that another trial has trained for them does not.
        energy_kwh: kilowatt-hours that their shares of GPUs took, without attempts that were cut off; None where NVML
            told it of none.
    """

    seconds: float = 0.0
    gpu_hours: float = 0.0
    epochs: int = 0
    energy_kwh: float | None = None


@dataclass(frozen=True, slots=True)
class StudyCosts:
    """What all trials of a study have cost, whatever became of them; see `TrialCost` for what is not said here.

    What workers do between trials is not in it: loading the engine and the data, and evaluating on the test part.

    Attributes:
        money: GPU-hours times their price; None where the file has no price.
        currency: of the price, as the file calls it; None where it does not.
        by_state: the cost of the trials in each state.
    """

    seconds: float = 0.0
    gpu_hours: float = 0.0
    epochs: int = 0
    money: float | None = None
    currency: str | None = None
    by_state: Mapping[TrialState, TrialCost] = field(default_factory=dict)
    energy_kwh: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Give plain values; programs rely on the keys."""
        digits = {"seconds": 1, "gpu_hours": 4, "money": 4, "energy_kwh": 6}
        values = asdict(self)
        for mapping in (values, *values["by_state"].values()):
            for key in digits.keys() & mapping.keys():
                mapping[key] = None if mapping[key] is None else round(mapping[key], digits[key])
        return values


def measure_costs(
    trials: Iterable[FrozenTrial | StoredTrial],
    spec: StudySpec,
    measure: Callable[[FrozenTrial | StoredTrial, StudySpec], TrialCost] | None = None,
) -> StudyCosts:
    """Add up what trials have cost until now.

    Args:
        trials: the trials.
        spec: of the study.
        measure: in place of `measure_trial`, where what it gave is remembered.
    """
    measure = measure or measure_trial
    states: dict[TrialState, list[TrialCost]] = {state: [] for state in TRIAL_STATES}
    for trial in trials:
        states[state_of(trial)].append(measure(trial, spec))
    by_state = {state: _add(costs) for state, costs in states.items() if costs}
    total, price = _add(by_state.values()), spec.cost.per_gpu_hour
    money = None if price is None else price * total.gpu_hours
    return StudyCosts(
        total.seconds, total.gpu_hours, total.epochs, money, spec.cost.currency, by_state, total.energy_kwh
    )


def _add(costs: Iterable[TrialCost]) -> TrialCost:
    costs = list(costs)
    return TrialCost(
        math.fsum(cost.seconds for cost in costs),
        math.fsum(cost.gpu_hours for cost in costs),
        sum(cost.epochs for cost in costs),
        _add_known(cost.energy_kwh for cost in costs),
    )


def _add_known(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) if known else None


def measure_trial(trial: FrozenTrial | StoredTrial, spec: StudySpec) -> TrialCost:
    """Measure what a trial has cost until now.

    Attempts of earlier versions have no share of a GPU: that of the file counts, and 0 where it has none. Of those that
    kept no attempts, only the last is known.
    """
    ledger, share = TrialLedger(trial.user_attrs), spec.resources.gpus or 0.0
    attempts = ledger.attempt_entries
    reported = len(trial.intermediate_values) - (ledger.prefix or {"epochs": 0})["epochs"]
    if not attempts:
        seconds = trial.duration.total_seconds() if trial.duration is not None and trial.state.is_finished() else 0.0
        return TrialCost(seconds, share * seconds / HOUR, reported)
    is_running = trial.state.name == "RUNNING"
    parts = [
        (_attempt_seconds(entry, is_running=is_running and attempt == ledger.attempts), entry.get("gpus", share))
        for attempt, entry in attempts.items()
    ]
    return TrialCost(
        math.fsum(seconds for seconds, _ in parts),
        math.fsum(seconds * gpus for seconds, gpus in parts) / HOUR,
        max(reported, sum(entry.get("trained", 0) for entry in attempts.values())),
        _add_known(entry["energy_j"] / _KWH if "energy_j" in entry else None for entry in attempts.values()),
    )


def _attempt_seconds(entry: Mapping[str, Any], *, is_running: bool) -> float:
    """Give the seconds that an attempt has taken: as it was recorded at its end, or until now."""
    if "seconds" in entry:
        return float(entry["seconds"])
    end = datetime.fromisoformat(entry["ended"]) if "ended" in entry else datetime.now(UTC)
    if "ended" in entry or is_running:
        return max(0.0, (end - datetime.fromisoformat(entry["started"])).total_seconds())
    return 0.0
