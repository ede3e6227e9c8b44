"""What a study has cost, and when it ends, as people read it."""

from __future__ import annotations

from hpo.analysis.texts.wording import format_duration
from hpo.studies import Budget, EndEstimate, StudyCosts


def format_money(amount: float, currency: str | None) -> str:
    """Write a sum as `12.40 EUR`."""
    return f"{amount:,.2f}{f' {currency}' if currency else ''}"


def format_costs(costs: StudyCosts, budget: Budget) -> str:
    """Write what trials have cost, and of what: `3.2 of 24 GPU-hours, 8.00 EUR, 240 epochs; 6:24:00 of training`.

    Args:
        costs: of all trials.
        budget: of the search, which pays for no trial that confirms others.
    """
    used, currency = budget.costs, f" {costs.currency}" if costs.currency else ""
    parts = []
    if costs.gpu_hours or budget.gpu_hours is not None:
        limit = None if budget.gpu_hours is None else f"{budget.gpu_hours:g}"
        parts.append(_format_part(f"{costs.gpu_hours:.3g}", f"{used.gpu_hours:.3g}", limit, " GPU-hours"))
    if costs.money is not None:
        limit = None if budget.cost is None else format_money(budget.cost, None)
        parts.append(
            _format_part(format_money(costs.money, None), format_money(used.money or 0, None), limit, currency)
        )
    if costs.energy_kwh is not None:
        parts.append(f"{costs.energy_kwh:.3g} kWh")
    limit = None if budget.epochs is None else f"{budget.epochs:,}"
    parts.append(_format_part(f"{costs.epochs:,}", f"{used.epochs:,}", limit, " epochs"))
    return f"{', '.join(parts)}; {format_duration(costs.seconds)} of training"


def _format_part(total: str, used: str, limit: str | None, unit: str) -> str:
    if limit is None:
        return f"{total}{unit}"
    return f"{used} of {limit}{unit}{'' if total == used else f' ({total} with those that confirm)'}"


def format_estimate(estimate: EndEstimate, budget: Budget) -> str:
    """Write how long a study goes on: `0:50 to 1:20 until 100 trials have run, if no rule ends it sooner`."""
    until = {
        "trials": f"until {budget.trials:,} trials have run",
        "timeout": f"until it has worked for {format_duration(budget.timeout_s or 0)}",
        "epochs": f"until {budget.epochs or 0:,} epochs are trained",
        "gpu_hours": f"until {budget.gpu_hours or 0:g} GPU-hours are used",
        "cost": f"until {format_money(budget.cost or 0, budget.costs.currency)} are spent",
    }.get(estimate.by, "until the trials that run have ended")
    return f"{format_range(estimate)} {until}{', if no rule ends it sooner' if estimate.may_stop else ''}"


def format_range(estimate: EndEstimate) -> str:
    """Write the range of an estimate: `0:50 to 1:20`."""
    low, high = format_duration(estimate.low), format_duration(estimate.high)
    return low if low == high else f"{low} to {high}"
