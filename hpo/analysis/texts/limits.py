"""What a study has cost, and when it ends, as people read it."""

from __future__ import annotations

from hpo.analysis.texts.wording import format_duration
from hpo.studies import Budget, EndEstimate, StudyCosts


def format_money(amount: float, currency: str | None) -> str:
    """Write a sum as `12.40 EUR`."""
    return f"{amount:,.2f}{f' {currency}' if currency else ''}"


def format_costs(costs: StudyCosts, budget: Budget) -> str:
    """Write what trials have cost, and of what: `3.2 of 24 GPU-hours, 8.00 EUR, 240 epochs; 6:24:00 of training`."""
    parts = []
    if costs.gpu_hours or budget.gpu_hours is not None:
        limit = "" if budget.gpu_hours is None else f" of {budget.gpu_hours:g}"
        parts.append(f"{costs.gpu_hours:.3g}{limit} GPU-hours")
    if costs.money is not None:
        limit = "" if budget.cost is None else f" of {format_money(budget.cost, None)}"
        parts.append(f"{format_money(costs.money, None)}{limit}{f' {costs.currency}' if costs.currency else ''}")
    limit = "" if budget.epochs is None else f" of {budget.epochs:,}"
    return f"{', '.join([*parts, f'{costs.epochs:,}{limit} epochs'])}; {format_duration(costs.seconds)} of training"


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
