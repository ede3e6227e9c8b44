"""Figures of one trial: its learning curves, and which classes its model takes for which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpo.analysis.plots.theme import BEST_COLOR, TRIAL_COLOR, escape_label, make_whole_ticks, style
from hpo.analysis.predictions import load_predictions
from hpo.studies import StudyRecord, TrialLedger

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MOST_CLASSES = 40
"""With more, the names of classes cannot be read."""


def plot_trial(study: StudyRecord, number: int) -> go.Figure | None:
    """Draw the loss and the metric of a trial after each epoch, training against validation; None without an epoch."""
    from plotly.subplots import make_subplots

    trial = study.frozen_trials()[number]
    ledger, metric = TrialLedger(trial.user_attrs), study.spec.objective.metric
    history = {name: values for name, values in ledger.history.items() if any(value is not None for value in values)}
    history.setdefault(metric, [value for _, value in sorted(trial.intermediate_values.items())])
    names = [name for name in dict.fromkeys(("loss", metric.removeprefix("val_"))) if f"val_{name}" in history]
    if not names or not history[metric]:
        return None
    figure = make_subplots(rows=len(names), shared_xaxes=True, vertical_spacing=0.08)
    for row, name in enumerate(names, start=1):
        for label, key, color in (("training", name, TRIAL_COLOR), ("validation", f"val_{name}", BEST_COLOR)):
            values = history.get(key, [])
            figure.add_scatter(
                x=list(range(1, len(values) + 1)),
                y=values,
                mode="lines" if values[1:] else "lines+markers",
                line={"color": color, "width": 2},
                name=label,
                showlegend=row == 1,
                row=row,
                col=1,
            )
        figure.update_yaxes(title=escape_label(name), row=row, col=1)
    figure.update_xaxes(**make_whole_ticks(max(map(len, history.values()))))
    figure.update_xaxes(title="epoch", row=len(names), col=1)
    return style(figure)


def plot_confusion(study: StudyRecord, number: int) -> go.Figure | None:
    """Draw how many validation images of each class a trial's model takes for which; None where that is not known."""
    import numpy as np
    import plotly.graph_objects as go

    predictions = load_predictions(study.files, number, "validation")
    if predictions is None:
        return None
    count = len(predictions.classes)
    counts = np.bincount(predictions.labels * count + predictions.predicted, minlength=count * count)
    counts = counts.reshape(count, count)
    names = [escape_label(name, 20) for name in predictions.classes]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    text = {"text": counts, "texttemplate": "%{text}"} if count <= _MOST_CLASSES // 2 else {}
    heat = go.Heatmap(z=shares, x=names, y=names, colorscale="Blues", zmin=0, zmax=1, showscale=False, **text)
    figure = go.Figure(heat)
    figure.update_xaxes(title="held for", type="category", showticklabels=count <= _MOST_CLASSES)
    figure.update_yaxes(title="class", type="category", autorange="reversed", showticklabels=count <= _MOST_CLASSES)
    return style(figure)
