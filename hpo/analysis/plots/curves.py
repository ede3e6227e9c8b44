"""What each epoch gave: the learned objective of many trials, and how the top ones learned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hpo.analysis.plots.points import describe_share, frame_values, list_points, spread, write_note
from hpo.analysis.plots.theme import (
    BEST_COLOR,
    CLEAR,
    MUTED_COLOR,
    SERIES,
    TRIAL_COLOR,
    choose_log,
    make_panels,
    make_whole_ticks,
    style,
)
from hpo.studies import StudyRecord
from hpo.studies.store.ledger import TrialLedger, is_outside

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_CURVES = 100
"""Of more, the best are drawn, and others at even distances."""
TOP = 4
"""So many colours are told apart."""
_BEST = 60
_PANEL = 230


def plot_intermediate_values(study: StudyRecord) -> go.Figure:
    """Plot the learned objective after each epoch; trials of the front stand out, pruned ones are pale."""
    import plotly.graph_objects as go

    points = list_points(study)
    unbeaten = {point.number for point in points if point.is_best}
    ranks = {point.number: point.rank for point in points}
    with_epochs = [
        trial for trial in study.frozen_trials() if trial.intermediate_values and not is_outside(trial.user_attrs)
    ]
    ranked = sorted(
        with_epochs, key=lambda trial: (trial.number not in unbeaten, ranks.get(trial.number, len(with_epochs)))
    )
    shown = ranked if len(ranked) <= MOST_CURVES else [*ranked[:_BEST], *spread(ranked[_BEST:], MOST_CURVES - _BEST)]
    is_alone = len(study.spec.objectives) == 1
    groups: dict[str, list[Any]] = {"pruned": [], "other": [], "best" if is_alone else "Pareto front": []}
    best = next(reversed(groups))
    for trial in shown:
        is_pruned = trial.state.name == "PRUNED"
        groups[best if trial.number in unbeaten else "pruned" if is_pruned else "other"].append(trial)
    figure = go.Figure()
    styles = {"pruned": (MUTED_COLOR, 1.0, 0.55), "other": (TRIAL_COLOR, 1.2, 0.6), best: (BEST_COLOR, 3.0, 1.0)}
    for name, trials in groups.items():
        if trials:
            color, width, opacity = styles[name]
            number = f"trial {trials[0].number}, the best" if is_alone and name == best else f"{name} trials"
            label = name if name == "Pareto front" else number
            _add_curves(figure, trials, label, {"color": color, "width": width}, opacity)
    values = [value for trial in shown for value in trial.intermediate_values.values() if math.isfinite(value)]
    last = max(max(trial.intermediate_values) for trial in shown)
    share = describe_share(len(shown), len(ranked))
    span, beyond = frame_values(study.spec.objective, values)
    note = write_note(f"{share}, the best among them" if share else "", beyond)
    figure.update_xaxes(title=f"epoch{note}", **make_whole_ticks(last))
    figure.update_yaxes(title=study.spec.objective.metric, range=span)
    figure.update_layout(showlegend=True)
    return style(figure)


def _add_curves(figure: go.Figure, trials: Sequence[Any], name: str, line: dict[str, Any], opacity: float) -> None:
    """Add the curves of several trials as one trace, which a browser draws much faster than a trace a trial."""
    x: list[int | None] = []
    y: list[float | None] = []
    labels: list[str] = []
    has_single = False
    for trial in trials:
        epochs = sorted(trial.intermediate_values)
        x += [*epochs, None]
        y += [*(_finite(trial.intermediate_values[epoch]) for epoch in epochs), None]
        labels += [f"trial {trial.number}"] * (len(epochs) + 1)
        has_single = has_single or len(epochs) == 1
    figure.add_scatter(
        x=x,
        y=y,
        text=labels,
        mode="lines+markers" if has_single else "lines",
        marker={"size": 5, "color": line["color"]},
        line=line,
        opacity=opacity,
        name=name,
        hovertemplate="%{text}, epoch %{x}: %{y}<extra></extra>",
    )


def find_top_curves(study: StudyRecord) -> list[int]:
    """List the top trials of which both parts' metrics are known, the best first; up to `TOP`."""
    points = sorted(list_points(study), key=lambda point: (not point.is_best, point.rank))
    numbers = [point.number for point in points[:TOP]]
    histories = _read_histories(study, numbers)
    return [number for number in numbers if any(name.startswith("val_") for name in histories[number].history)]


def plot_top_curves(study: StudyRecord) -> go.Figure:
    """Plot how the top trials learned; see `plot_learning_curves`."""
    return plot_learning_curves(study, find_top_curves(study))


def plot_learning_curves(study: StudyRecord, numbers: Sequence[int]) -> go.Figure:
    """Plot metric and loss of trials after each epoch, on the training part and on the validation part.

    Args:
        study: whose trials they are.
        numbers: of up to `TOP` trials, which have reported an epoch.
    """
    ledgers = _read_histories(study, numbers[:TOP])
    histories = {number: ledger.history for number, ledger in ledgers.items()}
    learned = study.spec.objective.metric.removeprefix("val_")
    metrics = list(dict.fromkeys([learned if learned != "loss" else "accuracy", "loss"]))
    metrics = [metric for metric in metrics if any(f"val_{metric}" in history for history in histories.values())]
    figure, last = make_panels(rows=len(metrics)), 1
    for row, metric in enumerate(metrics, start=1):
        seen: list[float] = []
        for (number, history), color in zip(histories.items(), SERIES, strict=False):
            for name, dash, width in ((metric, "dot", 1.5), (f"val_{metric}", "solid", 2.2)):
                values = [None if value is None else float(value) for value in history.get(name, ())]
                if not values:
                    continue
                last = max(last, len(values))
                seen += [value for value in values if value is not None]
                part = "validation" if dash == "solid" else "training"
                figure.add_scatter(
                    x=list(range(1, len(values) + 1)), y=values, mode="lines" if len(values) > 1 else "markers",
                    line={"color": color, "dash": dash, "width": width}, marker={"color": color, "size": 7},
                    name=f"trial {number}", legendgroup=f"trial {number}",
                    showlegend=row == 1 and dash == "solid",
                    hovertemplate=f"trial {number}, {part}, epoch %{{x}}: %{{y}}<extra></extra>", row=row, col=1,
                )  # fmt: skip
            _mark_best(figure, history.get(f"val_{metric}", ()), ledgers[number].best_epoch, color, row)
        figure.update_yaxes(title=metric, type="log" if choose_log(seen, 20) else "linear", row=row, col=1)
    for name, dash in (("validation", "solid"), ("training", "dot")):
        figure.add_scatter(
            x=[None], y=[None], mode="lines", line={"color": CLEAR.ink, "dash": dash}, name=name, row=1, col=1
        )
    figure.update_xaxes(range=[1 - 0.02 * last, last * 1.02], **make_whole_ticks(last))
    figure.update_xaxes(title="epoch; a dot marks the best one", row=len(metrics), col=1)
    return style(figure, 80 + _PANEL * len(metrics))


def _mark_best(figure: go.Figure, values: Sequence[float | None], epoch: int, color: str, row: int) -> None:
    if 0 < epoch <= len(values) and values[epoch - 1] is not None:
        figure.add_scatter(
            x=[epoch], y=[values[epoch - 1]], mode="markers", marker={"color": color, "size": 8}, showlegend=False,
            hoverinfo="skip", row=row, col=1,
        )  # fmt: skip


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _read_histories(study: StudyRecord, numbers: Sequence[int]) -> dict[int, TrialLedger]:
    trials = {trial.number: trial for trial in study.frozen_trials()}
    return {number: TrialLedger(trials[number].user_attrs) for number in numbers}
