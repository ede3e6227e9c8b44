"""Parameters two by two: where in the plane of a pair the good trials lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from hpo.analysis.plots.axes import ParameterAxis, list_axes
from hpo.analysis.plots.points import Point, describe_share, list_points, thin
from hpo.analysis.plots.theme import CLEAR, SCALE, make_colorbar, make_panels, style
from hpo.studies import StudyRecord

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from numpy.typing import NDArray

MOST_PARAMETERS = 4
"""Six panels, which are as many as can be read on a phone."""
_PANEL = 200
_MOST_POINTS = 300
"""In a panel."""
_GRID = 24
"""Values across and up at which the surface is computed."""
_WIDTHS = (0.08, 0.25)
"""Of the kernel, as shares of an axis: the narrowest, for many trials, and the widest."""
_LEAST_WEIGHT = 0.05
"""Of all trials near a place; where there is less, nothing is known."""
_CATEGORY_HALF = 0.5
_STANDOFF = 34
"""Pixels from an axis to its title. Plotly 7.1 leaves the labels of ticks out of it, and moves the title down only if
it covers one: titles side by side would stand at two heights."""
_LABEL = 12
"""Characters of a name: three stand side by side on a phone."""


def plot_contour(study: StudyRecord) -> go.Figure:
    """Plot the first objective over each pair of the parameters that explain most of it.

    The surface is the mean of the trials near a place (Nadaraya and Watson, 1964), and blank where none is.
    """
    points, objective = list_points(study), study.spec.objectives[0]
    values = sorted(point.values[0] for point in points)
    worst = len(values) // 4  # the colours tell the better three quarters apart
    is_up = objective.direction == "maximize"
    low, high = (values[worst], values[-1]) if is_up else (values[0], values[-1 - worst])
    high = high if high > low else low + 1e-12
    scale = [*SCALE] if is_up else [(1 - stop, color) for stop, color in reversed(SCALE)]

    def draw(figure: go.Figure, across: ParameterAxis, up: ParameterAxis, cell: dict[str, int], is_first: bool) -> None:
        both = [point for point in points if across.name in point.params and up.name in point.params]
        x, y, z = _smooth(across, up, both)
        figure.add_heatmap(
            x=x, y=y, z=z, zmin=low, zmax=high, colorscale=scale, showscale=is_first,
            colorbar=make_colorbar(objective.metric, nticks=5),
            hovertemplate=f"{objective.metric} about %{{z:.4g}}<extra></extra>", zsmooth=False, **cell,
        )  # fmt: skip
        _add_points(figure, across, up, thin(both, _MOST_POINTS), cell)

    return _draw_pairs(study, points, draw)


def plot_rank(study: StudyRecord) -> go.Figure:
    """Plot the trials over each pair of those parameters, coloured by how many others they beat."""
    points = list_points(study)

    def draw(figure: go.Figure, across: ParameterAxis, up: ParameterAxis, cell: dict[str, int], is_first: bool) -> None:
        both = [point for point in points if across.name in point.params and up.name in point.params]
        shown = sorted(thin(both, _MOST_POINTS), key=lambda point: -point.rank)
        last = max(1, len(points) - 1)
        figure.add_scatter(
            x=[across.place(point.params[across.name]) + across.jitter(point.number, 0) for point in shown],
            y=[up.place(point.params[up.name]) + up.jitter(point.number, 1) for point in shown],
            mode="markers",
            marker={
                "size": 7, "color": [1 - point.rank / last for point in shown], "colorscale": [*SCALE], "cmin": 0,
                "cmax": 1, "showscale": is_first, "line": {"width": 0.5, "color": CLEAR.ink},
                "colorbar": make_colorbar("rank", tickvals=[0, 0.5, 1], ticktext=["worst", "middle", "best"]),
            },
            text=[f"trial {point.number}: {point.values[0]:.4g}, rank {point.rank + 1}" for point in shown],
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
            **cell,
        )  # fmt: skip

    return _draw_pairs(study, points, draw)


Drawer = Callable[["go.Figure", ParameterAxis, ParameterAxis, dict[str, int], bool], None]


def _draw_pairs(study: StudyRecord, points: Sequence[Point], draw: Drawer) -> go.Figure:
    axes = list_axes(study.spec.space, points)[:MOST_PARAMETERS]
    side = len(axes) - 1
    specs: list[list[dict[str, Any] | None]] = [
        [{} if column <= row else None for column in range(side)] for row in range(side)
    ]
    figure = make_panels(rows=side, columns=side, shares_y=True, specs=specs)
    is_first = True
    for row, up in enumerate(axes[1:], start=1):
        for column, across in enumerate(axes[:row], start=1):
            cell = {"row": row, "col": column}
            draw(figure, across, up, cell, is_first)
            is_first = False
            for update, axis, is_outer in (
                (figure.update_xaxes, across, row == side),
                (figure.update_yaxes, up, column == 1),
            ):
                places, texts = axis.ticks(2)
                title = {
                    "text": axis.shorten(_LABEL) if is_outer else None,
                    "font": {"size": 12},
                    "standoff": _STANDOFF,
                }
                update(
                    tickvals=places, ticktext=texts, range=_find_range(axis), title=title, showticklabels=is_outer,
                    tickfont={"size": 11}, tickangle=0, **cell,
                )  # fmt: skip
    shown = min(len(points), _MOST_POINTS)
    note = describe_share(shown, len(points))
    if note and side > 1:
        figure.add_annotation(
            text=note, x=1, y=1, xref="paper", yref="paper", xanchor="right", yanchor="top", showarrow=False,
            font={"size": 11},
        )  # fmt: skip
    return style(figure, 90 + max(_PANEL, 340 // side) * side)


def _find_range(axis: ParameterAxis) -> list[float]:
    margin = _CATEGORY_HALF / (axis.places - 1) if axis.places else 0.06
    return [-margin, 1 + margin]


def _add_points(
    figure: go.Figure, across: ParameterAxis, up: ParameterAxis, points: Sequence[Point], cell: dict[str, int]
) -> None:
    for is_best in (False, True):
        group = [point for point in points if point.is_best == is_best]
        marker: dict[str, Any] = {"size": 3, "color": "#10151b", "opacity": 0.55}
        if is_best:
            marker = {"size": 12, "color": "#ffffff", "symbol": "star", "line": {"width": 1, "color": "#10151b"}}
        figure.add_scatter(
            x=[across.place(point.params[across.name]) + across.jitter(point.number, 0) for point in group],
            y=[up.place(point.params[up.name]) + up.jitter(point.number, 1) for point in group],
            mode="markers",
            marker=marker,
            text=[f"trial {point.number}: {point.values[0]:.4g}" for point in group],
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
            **cell,
        )


def _smooth(
    across: ParameterAxis, up: ParameterAxis, points: Sequence[Point]
) -> tuple[list[float], list[float], list[list[float | None]]]:
    """Average the values of trials near each place of a grid; None where no trial is near."""
    import numpy as np

    grids = [_list_places(axis) for axis in (across, up)]
    values = np.array([point.values[0] for point in points])
    width = min(_WIDTHS[1], max(_WIDTHS[0], 0.45 * max(1, len(points)) ** (-1 / 3)))
    weights = []
    for axis, grid in zip((across, up), grids, strict=True):
        places = np.array([axis.place(point.params[axis.name]) for point in points])
        distances = np.asarray(grid)[:, None] - places[None, :]
        weights.append(_weigh(distances, 0.0 if axis.categories is not None else width))
    total = weights[1] @ weights[0].T  # [up, across]
    sums = (weights[1] * values) @ weights[0].T if len(points) else total
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(total > _LEAST_WEIGHT, sums / total, np.nan)
    surface = [[float(f"{value:.5g}") if np.isfinite(value) else None for value in row] for row in means.tolist()]
    return grids[0], grids[1], surface


def _list_places(axis: ParameterAxis) -> list[float]:
    if axis.categories is not None:
        return [axis.place(category) for category in axis.categories]
    return [(index - 1) / (_GRID - 3) for index in range(_GRID)]


def _weigh(distances: NDArray[Any], width: float) -> NDArray[Any]:
    """Weigh trials by their distances, by a normal kernel; of one without a width, those in the same place alone."""
    import numpy as np

    if not width:
        near: NDArray[Any] = (np.abs(distances) < 1e-9).astype(float)  # noqa: PLR2004 - rounding
        return near
    weights: NDArray[Any] = np.exp(-0.5 * (distances / width) ** 2)
    return weights
