"""Alerts that can never be told, whatever a trial does, and what should be known of those that can."""

from __future__ import annotations

from collections.abc import Iterator

from hpo.spaces.sections.alerts import AlertTarget, DropRule
from hpo.spaces.sections.search import SettingRemark
from hpo.spaces.spec.spec import StudySpec

_NEVER = "it can never be told"


def idle_alerts(spec: StudySpec, epochs: int) -> Iterator[SettingRemark]:
    """Tell which rules of the section `alerts` can never act, where no trial has more epochs.

    Args:
        spec: the study.
        epochs: of the longest training.
    """
    alerts = spec.alerts
    if alerts.send and not alerts.rules:
        yield "alerts", "no rule is on, so nothing is sent. Add finished: true, or failed: true"
    if alerts.stalled is not None and alerts.stalled.trials >= spec.search.trials:
        why = f"{_NEVER}: the budget is {spec.search.trials} trials, and the first of them is not counted"
        yield "alerts.stalled.trials", why
    if alerts.drop is not None:
        yield from _of_drop(alerts.drop, spec, epochs)
    for index, channel in enumerate(alerts.send):
        if isinstance(channel, AlertTarget) and isinstance(channel.webhook, str):
            why = "the URL is kept with the study, and goes into bundles of it. If it is secret, write {env: NAME}"
            yield f"alerts.send.{index}.webhook", why


def _of_drop(drop: DropRule, spec: StudySpec, epochs: int) -> Iterator[SettingRemark]:
    at, metric = "alerts.drop", drop.metric or spec.objective.metric
    measured = {"loss", "accuracy", *_measured(spec)}
    if metric.removeprefix("val_") not in measured:
        remedy = f"Add {metric.removeprefix('val_')} to training.metrics"
        yield f"{at}.metric", f"{_NEVER}: no trial measures {metric}. {remedy}"
    first = drop.window + 1 if drop.below == "mean" else 2
    if first > epochs:
        yield at, f"{_NEVER}: it acts at epoch {first} at the earliest, and the training has {epochs}"
    if drop.below == "best" and "window" in drop.model_fields_set:
        yield f"{at}.window", "it acts only with below: mean"
    if drop.by >= 1 and metric != "val_loss":
        yield f"{at}.by", f"{_NEVER}: {metric} runs from 0 to 1"


def _measured(spec: StudySpec) -> set[str]:
    """The metrics that some config of the space measures beside loss and accuracy."""
    return {str(metric) for _, params in spec.corners() for metric in spec.config(params).training.metrics}
