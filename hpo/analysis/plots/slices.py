"""Parameters one by one: what each value came to, and how the values of the best trials go together."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import itemgetter
from statistics import median
from typing import TYPE_CHECKING, Any

from hpo.analysis.plots.axes import ParameterAxis, list_axes
from hpo.analysis.plots.points import Point, describe_share, frame_values, list_points, spread, thin, write_note
from hpo.analysis.plots.theme import (
    BEST_COLOR,
    CLEAR,
    MUTED_COLOR,
    TRIAL_COLOR,
    choose_marker,
    make_panels,
    style,
)
from hpo.studies import StudyRecord

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_PARAMETERS = 12
"""Panels, and rows; those that explain most are shown."""
_COLUMNS = 2
_LETTERS = 22
"""Of a parameter's name: as many as half of a phone has room for."""
_PANEL = 210
_ROW = 64
_MOST_LINES = 150
_MOST_POINTS = 500
"""In a panel."""
_GROUPS = 8
"""Of trials with similar values, each of which has a median."""
_TOP_SHARE = 10
"""One in so many trials is among the best."""


def plot_slice(study: StudyRecord) -> go.Figure:
    """Plot the first objective against each parameter that varies, those first that explain most of it.

    A parameter that only some trials have is shown for these. A line has the median of trials with similar values.
    """
    points, objective = list_points(study), study.spec.objectives[0]
    axes = list_axes(study.spec.space, points)
    dropped = len(axes) - MOST_PARAMETERS
    axes = axes[:MOST_PARAMETERS]
    columns = min(_COLUMNS, len(axes))
    rows = -(-len(axes) // columns)
    figure = make_panels(rows=rows, columns=columns, shares_x=False, shares_y=True, gap=55)
    shown = thin(points, _MOST_POINTS)
    for index, axis in enumerate(axes):
        row, column = index // columns + 1, index % columns + 1
        _draw_slice(figure, axis, shown, points, (row, column))
        vals, texts = axis.ticks(3)
        name = axis.shorten(_LETTERS)
        figure.update_xaxes(
            title={"text": f"{name}<br><sup>if {axis.condition}</sup>" if axis.condition else name, "font_size": 12},
            tickvals=vals,
            ticktext=texts,
            range=[-0.14, 1.14],
            tickfont={"size": 11},
            showgrid=False,
            row=row,
            col=column,
        )
    values = [point.values[0] for point in points]
    span, beyond = frame_values(objective, values)
    figure.update_yaxes(range=span)
    figure.update_yaxes(title=objective.metric, col=1)
    left_out = f"{dropped} parameters left out" if dropped > 0 else ""
    note = write_note(describe_share(len(shown), len(points)), beyond, left_out)
    figure.layout.xaxis.title.text += note
    return style(figure, 80 + (_PANEL + 40) * rows)


def _draw_slice(
    figure: go.Figure, axis: ParameterAxis, shown: Sequence[Point], points: Sequence[Point], cell: tuple[int, int]
) -> None:
    place: dict[str, Any] = {"row": cell[0], "col": cell[1]}
    is_first = cell == (1, 1)
    for name, color, is_best in (("trials", TRIAL_COLOR, False), ("best", BEST_COLOR, True)):
        group = [point for point in shown if axis.name in point.params and point.is_best == is_best]
        figure.add_scatter(
            x=[axis.place(point.params[axis.name]) + axis.jitter(point.number) for point in group],
            y=[point.values[0] for point in group],
            mode="markers",
            marker=choose_marker(2 * len(group), color),
            name=name,
            legendgroup=name,
            showlegend=is_first,
            text=[f"trial {point.number}: {point.params[axis.name]}" for point in group],
            hovertemplate="%{text}<br>%{y}<extra></extra>",
            **place,
        )
    medians = list_medians(axis, points)
    has_line = not axis.places and len(medians) > 1
    figure.add_scatter(
        x=[place for place, _ in medians],
        y=[value for _, value in medians],
        mode="lines" if has_line else "markers",
        line={"color": MUTED_COLOR, "width": 2.5},
        marker={"color": MUTED_COLOR, "size": 11, "symbol": "diamond"},
        name="median",
        legendgroup="median",
        showlegend=is_first,
        hovertemplate="median %{y}<extra></extra>",
        **place,
    )


def list_medians(axis: ParameterAxis, points: Sequence[Point]) -> list[tuple[float, float]]:
    """Give the median value of trials with the same category, or with similar numbers."""
    places = sorted((axis.place(p.params[axis.name]), p.values[0]) for p in points if axis.name in p.params)
    groups: dict[float, list[tuple[float, float]]] = {}
    count = min(_GROUPS, max(1, len(places) // 5))
    for place, value in places:
        first, last = bisect_left(places, place, key=itemgetter(0)), bisect_right(places, place, key=itemgetter(0))
        key = place if axis.places else float((first + last) // 2 * count // len(places))  # equal numbers together
        groups.setdefault(key, []).append((place, value))
    return [(median(p for p, _ in group), median(v for _, v in group)) for group in groups.values()]


def plot_parallel(study: StudyRecord) -> go.Figure:
    """Plot each trial as a line through its values, a row a parameter, so that a phone has room for all of them.

    A parameter that a trial does not have is passed on the left, outside of its axis.
    """
    import plotly.graph_objects as go

    points, objectives = list_points(study), study.spec.objectives
    axes = list_axes(study.spec.space, points)[:MOST_PARAMETERS]
    shown = _choose_lines(points)
    figure = go.Figure()
    rows: list[tuple[str, list[float | None], list[float], list[str]]] = []
    for index, objective in enumerate(objectives):
        values = [point.values[index] for point in points]
        low, high = frame_values(objective, values)[0] or (min(values), max(values))
        places: list[float | None] = [
            min(1.0, max(0.0, (point.values[index] - low) / (high - low or 1.0))) for point in shown
        ]
        rows.append((f"<b>{objective.metric}</b>", places, [0.0, 1.0], [f"{low:.4g}", f"{high:.4g}"]))
    for axis in axes:
        name = f"<b>{axis.label}</b>{f' <sup>if {axis.condition}</sup>' if axis.condition else ''}"
        places = [
            axis.place(p.params[axis.name]) + axis.jitter(p.number) if axis.name in p.params else None for p in shown
        ]
        rows.append((name, places, *axis.ticks(4)))
    for label, color, width, opacity, members in _group_lines(points, shown, is_alone=len(objectives) == 1):
        x: list[float | None] = []
        y: list[float | None] = []
        for member in members:
            x += [*(-0.1 if places[member] is None else places[member] for _, places, _, _ in rows), None]
            y += [*(-float(row) for row in range(len(rows))), None]
        if members:
            line = {"color": color, "width": width}
            figure.add_scatter(x=x, y=y, mode="lines", line=line, opacity=opacity, name=label, hoverinfo="skip")
    _draw_rows(figure, rows, has_missing=any(axis.condition for axis in axes))
    figure.update_xaxes(visible=False, range=[-0.16, 1.06])
    figure.update_yaxes(visible=False, range=[-len(rows) + 0.45, 0.5])
    figure.update_layout(showlegend=True)
    note = describe_share(len(shown), len(points))
    if note:
        figure.add_annotation(
            x=1.05, y=-len(rows) + 0.55, text=note, xref="x", yref="y", xanchor="right", showarrow=False,
            font={"size": 11},
        )  # fmt: skip
    return style(figure, 100 + _ROW * len(rows))


def _draw_rows(
    figure: go.Figure, rows: Sequence[tuple[str, Any, list[float], list[str]]], *, has_missing: bool
) -> None:
    for row, (name, _, places, labels) in enumerate(rows):
        figure.add_shape(
            type="line", x0=0, x1=1, y0=-row, y1=-row, xref="x", yref="y", line={"color": CLEAR.ink, "width": 1}
        )
        options: dict[str, Any] = {"xref": "x", "yref": "y", "showarrow": False, "bgcolor": CLEAR.background}
        figure.add_annotation(x=-0.15, y=-row, text=name, xanchor="left", yshift=14, font={"size": 12}, **options)
        for place, label in zip(places, labels, strict=True):
            figure.add_annotation(x=place, y=-row, text=label, yshift=-12, font={"size": 11}, **options)
    if has_missing:
        figure.add_annotation(
            x=-0.1, y=-len(rows) + 0.55, text="not set", xref="x", yref="y", showarrow=False, font={"size": 11}
        )


def _choose_lines(points: Sequence[Point]) -> list[Point]:
    if len(points) <= _MOST_LINES:
        return list(points)
    ranked = sorted(points, key=lambda point: (not point.is_best, point.rank))
    half = _MOST_LINES // 3
    return [*ranked[:half], *spread(ranked[half:], _MOST_LINES - half)]


def _group_lines(
    points: Sequence[Point], shown: Sequence[Point], *, is_alone: bool
) -> list[tuple[str, str, float, float, list[int]]]:
    """Group lines, what is to be seen best coming last: label, colour, width, opacity, indices of points."""
    if is_alone:
        top, middle = max(1, len(points) // _TOP_SHARE), len(points) // 2
        of = ["best" if p.rank < top else "upper" if p.rank < middle else "lower" for p in shown]
        labels = {"lower": "worse half", "upper": "better half", "best": "best tenth"}
    else:
        of = ["best" if point.is_best else "lower" for point in shown]
        labels = {"lower": "other trials", "best": "Pareto front"}
    looks = {"lower": (MUTED_COLOR, 1.0, 0.5), "upper": (TRIAL_COLOR, 1.0, 0.6), "best": (BEST_COLOR, 2.0, 0.85)}
    return [
        (label, *looks[key], [index for index, group in enumerate(of) if group == key]) for key, label in labels.items()
    ]
