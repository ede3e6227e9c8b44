"""A study as plotly figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpo.analysis.importance import Importances
from hpo.shown import readable
from hpo.studies import StudyRecord

if TYPE_CHECKING:
    import plotly.graph_objects as go

TRIAL_COLOR, BEST_COLOR, MUTED_COLOR = "#6b8fb5", "#c2410c", "#c9ced6"
_MOST_TICKS = 12
"""So many fit side by side on a phone."""


def plot_history(study: StudyRecord) -> go.Figure:
    """The value of each complete trial in the order of their numbers, and the best value so far.

    Optuna's own plot wants trials to be numbered without a gap, and those that lie outside the space leave some.
    """
    import plotly.graph_objects as go

    objective, compared = study.spec.objectives[0], study.compared_trials()
    outside = [trial for trial in study.trials() if trial.values and trial.outside is not None]
    last = study.frozen_trials()[-1].number
    best: list[tuple[int, float]] = []
    for trial in compared:
        if objective.better(trial.values[0], best[-1][1] if best else None):
            best.append((trial.number, trial.values[0]))
    figure = go.Figure()
    for name, color, trials in (("trials", TRIAL_COLOR, compared), ("outside the space", MUTED_COLOR, outside)):
        points = [(trial.number, trial.values[0]) for trial in trials if trial.values]
        if points:
            x, y = zip(*points, strict=True)
            figure.add_scatter(x=x, y=y, mode="markers", marker={"color": color, "size": 8}, name=name)
    if best:
        x, y = zip(*best, (last, best[-1][1]), strict=True)
        figure.add_scatter(x=x, y=y, mode="lines", line={"color": BEST_COLOR, "shape": "hv"}, name="best so far")
    figure.update_xaxes(title="trial", range=[-0.5, last + 0.5], **_make_whole_ticks(last + 1))
    figure.update_yaxes(title=objective.metric)
    return _style(figure)


def plot_front(study: StudyRecord) -> go.Figure:
    """The learned objective of each complete trial against the first other; trials that no other beats stand out."""
    import plotly.graph_objects as go

    unbeaten = {best.number for best in study.front}
    objectives = study.spec.objectives
    up = objectives.index(study.spec.objective)
    across = 0 if up else 1
    figure = go.Figure()
    for name, color, size, is_front in (
        ("other trials", TRIAL_COLOR, 7, False),
        ("Pareto front", BEST_COLOR, 10, True),
    ):
        trials = [trial for trial in study.compared_trials() if (trial.number in unbeaten) == is_front]
        figure.add_scatter(
            x=[trial.values[across] for trial in trials],
            y=[trial.values[up] for trial in trials],
            mode="markers",
            marker={"color": color, "size": size},
            name=name,
            text=[f"trial {trial.number}" for trial in trials],
            hovertemplate="%{text}<br>%{x}, %{y}<extra></extra>",
        )
    figure.update_xaxes(title=objectives[across].metric)
    figure.update_yaxes(title=objectives[up].metric)
    return _style(figure)


def plot_importances(importances: Importances) -> go.Figure:
    """Each parameter's share, the most important on top; those that do no more than chance are pale, below."""
    import plotly.graph_objects as go

    names, shares = list(importances.shares), list(importances.shares.values())
    bars = go.Bar(
        x=shares[::-1],
        y=[readable(name) for name in names[::-1]],
        orientation="h",
        marker={"color": [MUTED_COLOR if name in importances.by_chance else TRIAL_COLOR for name in names[::-1]]},
        text=[f"{share:.0%}" for share in shares[::-1]],
        textposition="outside",
        cliponaxis=False,
    )
    figure = go.Figure(bars)
    figure.update_layout(height=130 + 34 * len(names), bargap=0.35)
    figure.update_xaxes(title="share of importance", tickformat=".0%", range=[0, max(shares) * 1.12])
    return _style(figure)


def plot_learning_curves(study: StudyRecord) -> go.Figure:
    """The learned objective of every trial after each epoch; trials of the front stand out, pruned ones are pale."""
    import plotly.graph_objects as go

    unbeaten = {best.number for best in study.front}
    is_alone = len(study.spec.objectives) == 1
    word = "best" if is_alone else "front"
    figure, last = go.Figure(), 0
    for trial in study.frozen_trials():
        if not trial.intermediate_values:
            continue
        is_best = trial.number in unbeaten
        color = BEST_COLOR if is_best else MUTED_COLOR if trial.state.name == "PRUNED" else TRIAL_COLOR
        epochs, values = zip(*sorted(trial.intermediate_values.items()), strict=True)
        last = max(last, *epochs)
        figure.add_scatter(
            x=epochs,
            y=values,
            mode="lines+markers" if len(epochs) == 1 else "lines",
            line={"color": color, "width": 3 if is_best else 1.2},
            name=f"trial {trial.number}{f' ({word})' if is_best else ''}",
            showlegend=is_best and is_alone,
        )
    figure.update_xaxes(title="epoch", **_make_whole_ticks(last))
    figure.update_yaxes(title=study.spec.objective.metric)
    return _style(figure)


def _make_whole_ticks(values: int) -> dict[str, Any]:
    """Ticks for so many whole numbers: plotly itself puts some between them where they are few."""
    return {"tickformat": "d", "dtick": 1} if values < _MOST_TICKS else {"tickformat": "d"}


def _style(figure: go.Figure) -> go.Figure:
    figure.update_layout(
        template="plotly_white",
        title=None,
        margin={"l": 60, "r": 20, "t": 40, "b": 50},
        font={"family": "system-ui, sans-serif", "size": 13},
        legend={"orientation": "h", "y": 1.08, "x": 0},
    )
    return figure
