"""What one good thing costs in another: objectives against each other, and accuracy against time, memory and size."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hpo.analysis.plots.points import (
    Point,
    describe_share,
    find_running_best,
    frame_values,
    list_points,
    thin,
    write_note,
)
from hpo.analysis.plots.theme import BEST_COLOR, HEIGHT, TRIAL_COLOR, choose_log, choose_marker, make_panels, style
from hpo.studies import StudyRecord

if TYPE_CHECKING:
    import plotly.graph_objects as go

_PANEL = 260
_COSTS = {
    "duration_s": ("training time (s)", 1.0),
    "memory": ("memory to train, estimated (MB)", 1e-6),
    "parameters": ("parameters of the network", 1.0),
    "latency_ms": ("time for one image (ms)", 1.0),
}
"""By measure: how its axis is called, and what a value is multiplied by."""


def plot_front(study: StudyRecord) -> go.Figure:
    """Plot the learned objective of each complete trial against each other one; those that no other beats stand out."""
    points, objectives = list_points(study), study.spec.objectives
    up = objectives.index(study.spec.objective)
    others = [index for index in range(len(objectives)) if index != up]
    figure, shown = make_panels(rows=len(others), shares_x=False, gap=45), thin(points)
    for row, across in enumerate(others, start=1):
        for name, color, is_front in (("other trials", TRIAL_COLOR, False), ("Pareto front", BEST_COLOR, True)):
            group = sorted((p for p in shown if p.is_best == is_front), key=lambda point: point.values[across])
            has_line = is_front and len(objectives) == 2  # noqa: PLR2004 - else it is no line
            figure.add_scatter(
                x=[point.values[across] for point in group],
                y=[point.values[up] for point in group],
                mode="lines+markers" if has_line else "markers",
                line={"color": color, "width": 1.5, "dash": "dot"},
                marker=choose_marker(len(group), color),
                name=name,
                legendgroup=name,
                showlegend=row == 1,
                text=[f"trial {point.number}" for point in group],
                hovertemplate="%{text}<br>%{x}, %{y}<extra></extra>",
                row=row,
                col=1,
            )
        values = [point.values[across] for point in points]
        span, note = frame_values(objectives[up], [point.values[up] for point in points])
        title = f"{objectives[across].metric}{write_note(describe_share(len(shown), len(points)), note)}"
        scale = {"type": "log", "dtick": 1} if choose_log(values, 20) else {}
        figure.update_xaxes(title=title, row=row, col=1, **scale)
        figure.update_yaxes(title=objectives[up].metric, range=span, row=row, col=1)
    return style(figure, HEIGHT if len(others) == 1 else 60 + (_PANEL + 50) * len(others))


def find_costs(points: list[Point]) -> list[str]:
    """List the costs that trials have measured, and that differ between them."""
    return [
        name
        for name in _COSTS
        if len({point.measures[name] for point in points if math.isfinite(point.measures.get(name, math.nan))}) > 1
    ]


def plot_costs(study: StudyRecord) -> go.Figure:
    """Plot the learned objective of complete trials against time, memory, size and latency, as far as they differ.

    A line has the best value that a trial of at most that cost came to.
    """
    points, objective = list_points(study), study.spec.objective
    up, shown, names = study.spec.objectives.index(objective), thin(points), find_costs(points)
    figure = make_panels(rows=len(names), shares_x=False, gap=45)
    for row, name in enumerate(names, start=1):
        title, factor = _COSTS[name]
        known = sorted(
            (factor * point.measures[name], point.values[up], point.number)
            for point in points
            if math.isfinite(point.measures.get(name, math.nan))
        )
        numbers = {point.number for point in shown}
        drawn = [entry for entry in known if entry[2] in numbers]
        figure.add_scatter(
            x=[cost for cost, _, _ in drawn],
            y=[value for _, value, _ in drawn],
            mode="markers",
            marker=choose_marker(len(drawn)),
            text=[f"trial {number}" for _, _, number in drawn],
            hovertemplate="%{text}: %{x}, %{y}<extra></extra>",
            name="trials",
            legendgroup="trials",
            showlegend=row == 1,
            row=row,
            col=1,
        )
        steps = [known[index] for index in find_running_best(objective, [value for _, value, _ in known])]
        x = [*(cost for cost, _, _ in steps), known[-1][0]]
        y = [*(value for _, value, _ in steps), steps[-1][1]]
        figure.add_scatter(
            x=x, y=y, mode="lines", line={"color": BEST_COLOR, "shape": "hv", "width": 2.5}, name="best at that cost",
            legendgroup="best", showlegend=row == 1, row=row, col=1,
        )  # fmt: skip
        costs = [cost for cost, _, _ in known]
        span, note = frame_values(objective, [value for _, value, _ in known])
        title += write_note(describe_share(len(shown), len(points)), note)
        scale = {"type": "log", "dtick": 1 if costs[-1] > 30 * costs[0] else None} if choose_log(costs, 5) else {}
        figure.update_xaxes(title=title, row=row, col=1, **scale)
        figure.update_yaxes(title=objective.metric, range=span, row=row, col=1)
    return style(figure, HEIGHT if len(names) == 1 else 60 + (_PANEL + 30) * len(names))
