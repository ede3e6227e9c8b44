"""Times, values and parameters as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hpo.spaces import Objective, ScalarValue


def duration(seconds: float) -> str:
    """Seconds as `3:07`, or `2:03:07` from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def value_text(metric: str, value: float) -> str:
    """A metric's value: four decimals where it is learned, else whole where it is 100 or more, or three digits."""
    if metric.startswith("val_"):
        return f"{value:.4f}"
    return f"{value:,.0f}" if abs(value) >= 99.95 else f"{value:.3g}"  # noqa: PLR2004 - what rounds to 100


def values_text(objectives: Sequence[Objective], values: Sequence[float]) -> str:
    """One value for each objective: `val_accuracy 0.9514, parameters 12,410`."""
    pairs = zip(objectives, values, strict=True)
    return ", ".join(f"{objective.metric} {value_text(objective.metric, value)}" for objective, value in pairs)


def parameter_text(params: Mapping[str, ScalarValue]) -> str:
    """Parameters as `depth=2, learning_rate=0.00123`: four significant digits are what a comparison needs."""
    return ", ".join(f"{name}={_short(value)}" for name, value in params.items())


def _short(value: ScalarValue) -> str:
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    return f"{value:.4g}" if isinstance(value, float) else str(value)
