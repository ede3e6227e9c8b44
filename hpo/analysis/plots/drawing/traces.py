"""Traces of plotly's on axes of matplotlib's: lines, points, bars, heat maps and contours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hpo.analysis.plots.drawing.axis import AxisScale, to_color, to_text
from hpo.analysis.plots.theme import CLEAR, FONT_SIZE, TRIAL_COLOR

POINTS = 0.72
"""Of a pixel, at 100 pixels an inch."""
DASHES: Mapping[str, Any] = {"solid": "-", "dot": ":", "dash": "--", "dashdot": "-.", "longdash": (0, (8, 3))}
_MARKERS = {
    "circle": "o",
    "square": "s",
    "diamond": "D",
    "x": "X",
    "cross": "P",
    "triangle-up": "^",
    "triangle-down": "v",
    "line-ns": "|",
    "star": "*",
}
_THICK = 4
"""Pixels of a line that stands for a bar: it ends where its value is."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """Where a trace is drawn.

    Attributes:
        panel: matplotlib's axes.
        x: the scale across.
        y: the scale up.
        layout: the figure's, as plotly has it.
        bars: all traces of bars of the panel, which may stand side by side.
    """

    panel: Any
    x: AxisScale
    y: AxisScale
    layout: Any
    bars: list[Any]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What became of a trace: what stands for it in the legend, and what its colours mean, where they do."""

    handle: Any = None
    mappable: Any = None
    colorbar: Any = None


def draw_trace(canvas: Canvas, trace: Any) -> Drawn:  # noqa: ANN401 - plotly's
    """Draw a trace.

    Raises:
        KeyError: of a type that no plot of hpo's has.
    """
    draw: Callable[[Canvas, Any], Drawn] = {
        "scatter": _draw_scatter,
        "bar": _draw_bars,
        "heatmap": _draw_heatmap,
        "contour": _draw_contour,
    }[trace.type]
    return draw(canvas, trace)


def _draw_scatter(canvas: Canvas, trace: Any) -> Drawn:  # noqa: ANN401 - plotly's
    import numpy as np

    panel, x, y = canvas.panel, canvas.x.convert(trace.x), canvas.y.convert(trace.y)
    mode, drawn = trace.mode or "lines", Drawn()
    color = trace.line.color or (trace.marker.color if _is_single(trace.marker.color) else None) or TRIAL_COLOR
    width = 2 if trace.line.width is None else trace.line.width
    if trace.fill in ("tonexty", "toself"):
        panel.fill(x, y, color=to_color(trace.fillcolor), linewidth=0)
    elif trace.fill == "tozeroy":
        panel.fill_between(x, y, color=to_color(trace.fillcolor), linewidth=0)
    if "lines" in mode:
        (line,) = panel.plot(
            x,
            y,
            color=to_color(color),
            linewidth=width * POINTS,
            linestyle=DASHES[trace.line.dash or "solid"],
            drawstyle="steps-post" if trace.line.shape == "hv" else "default",
            alpha=trace.opacity,
            solid_capstyle="butt" if width > _THICK else "projecting",
        )
        drawn = Drawn(line)
    if "markers" in mode and len(x):
        drawn = _draw_markers(canvas, trace, x, y)
    _draw_errors(panel, trace, x, y)
    if "text" in mode:
        texts = [trace.text] * len(x) if isinstance(trace.text, str) else np.asarray(trace.text).tolist()
        _write(canvas, trace, zip(x, y, texts, strict=True))
    return drawn


def _draw_markers(canvas: Canvas, trace: Any, x: Any, y: Any) -> Drawn:  # noqa: ANN401 - plotly's and numpy's
    import numpy as np

    marker, opacity = trace.marker, trace.opacity
    symbol = (marker.symbol if isinstance(marker.symbol, str) else None) or "circle"
    is_open = symbol.endswith("-open")
    edge = (marker.line.width or 0) if not is_open else marker.line.width or 1.5
    options: dict[str, Any] = {
        "s": (np.asarray(6 if marker.size is None else marker.size, float) * POINTS) ** 2,
        "marker": _MARKERS[symbol.removesuffix("-open")],
        "alpha": opacity if marker.opacity is None else marker.opacity,
        "linewidths": edge * POINTS,
    }
    if marker.colorscale is not None:
        values = np.array([np.nan if value is None else value for value in marker.color], float)
        colors = _scale_colors(marker.colorscale, marker.cmin, marker.cmax, values)
        points = canvas.panel.scatter(x, y, c=values, **colors, **options)
        return Drawn(None, points, marker.colorbar) if marker.showscale else Drawn()
    own = marker.color if marker.color is not None else trace.line.color or TRIAL_COLOR
    fills: Any = [to_color(own)] if _is_single(own) else list(map(to_color, own))
    if is_open:
        return Drawn(canvas.panel.scatter(x, y, facecolors="none", edgecolors=fills, **options))
    border = to_color(marker.line.color) if _is_single(marker.line.color) else "none"
    return Drawn(canvas.panel.scatter(x, y, c=fills, edgecolors=border, **options))


def _draw_errors(panel: Any, trace: Any, x: Any, y: Any) -> None:  # noqa: ANN401 - plotly's and numpy's
    for letter, errors in (("x", trace.error_x), ("y", trace.error_y)):
        if errors.array is not None:
            lengths = [errors.array if errors.arrayminus is None else errors.arrayminus, errors.array]
            style: dict[str, Any] = {"fmt": "none", "ecolor": to_color(errors.color or CLEAR.ink), "capsize": 0}
            panel.errorbar(x, y, **{f"{letter}err": lengths}, elinewidth=(errors.thickness or 2) * POINTS, **style)


def _write(canvas: Canvas, trace: Any, texts: Iterable[tuple[float, float, str]]) -> None:  # noqa: ANN401 - plotly's
    vertical, _, horizontal = (trace.textposition or "middle center").partition(" ")
    horizontal = horizontal or "center"
    font, general = trace.textfont, canvas.layout.font
    for index, (x, y, text) in enumerate(texts):
        color = font.color if font.color is not None else general.color
        canvas.panel.annotate(
            to_text(text),
            (x, y),
            xytext=(
                {"left": -5, "center": 0, "right": 5}[horizontal],
                {"top": 4, "middle": 0, "bottom": -4}[vertical],
            ),
            textcoords="offset points",
            ha={"left": "right", "center": "center", "right": "left"}[horizontal],
            va={"top": "bottom", "middle": "center", "bottom": "top"}[vertical],
            color=to_color(color if _is_single(color) else color[index]),
            fontsize=(font.size or general.size or FONT_SIZE) * POINTS,
            annotation_clip=False,
        )


def _draw_bars(canvas: Canvas, trace: Any) -> Drawn:  # noqa: ANN401 - plotly's
    is_flat = trace.orientation == "h"
    places, lengths = (trace.y, trace.x) if is_flat else (trace.x, trace.y)
    positions = (canvas.y if is_flat else canvas.x).convert(places)
    gap = 0.2 if canvas.layout.bargap is None else canvas.layout.bargap
    thickness, shift = 1 - gap, 0.0
    if canvas.layout.barmode in (None, "group") and len(canvas.bars) > 1:
        thickness /= len(canvas.bars)
        shift = (canvas.bars.index(trace) - (len(canvas.bars) - 1) / 2) * thickness
    if trace.width is not None:
        thickness, shift = trace.width, 0.0
    color = trace.marker.color or TRIAL_COLOR
    alpha = trace.opacity if trace.marker.opacity is None else trace.marker.opacity
    draw = canvas.panel.barh if is_flat else canvas.panel.bar
    bars = draw(
        positions + shift,
        lengths,
        thickness,
        0 if trace.base is None else trace.base,
        color=to_color(color) if _is_single(color) else list(map(to_color, color)),
        alpha=alpha,
    )
    across, up = (lengths, positions + shift) if is_flat else (positions + shift, lengths)
    _draw_errors(canvas.panel, trace, across, up)
    if trace.text is not None and trace.textposition == "outside":
        for x, y, text in zip(across, up, trace.text, strict=True):
            canvas.panel.annotate(
                to_text(text),
                (x, y),
                xytext=(4, 0) if is_flat else (0, 4),
                textcoords="offset points",
                ha="left" if is_flat else "center",
                va="center" if is_flat else "bottom",
                color=to_color(canvas.layout.font.color),
                fontsize=(canvas.layout.font.size or FONT_SIZE) * POINTS,
                annotation_clip=False,
            )
    return Drawn(bars)


def _draw_heatmap(canvas: Canvas, trace: Any) -> Drawn:  # noqa: ANN401 - plotly's
    z = _to_numbers(trace.z)
    x, y = _find_edges(canvas.x.convert(trace.x)), _find_edges(canvas.y.convert(trace.y))
    colors = _scale_colors(trace.colorscale, trace.zmin, trace.zmax, z)
    cells = canvas.panel.pcolormesh(x, y, z, rasterized=True, **colors)
    return Drawn() if trace.showscale is False else Drawn(None, cells, trace.colorbar)


def _draw_contour(canvas: Canvas, trace: Any) -> Drawn:  # noqa: ANN401 - plotly's
    import numpy as np

    z = np.ma.masked_invalid(_to_numbers(trace.z))
    colors = _scale_colors(trace.colorscale, trace.zmin, trace.zmax, z.filled(np.nan))
    norm = colors["norm"]
    levels = np.linspace(norm.vmin, norm.vmax, 13)
    areas = canvas.panel.contourf(
        canvas.x.convert(trace.x), canvas.y.convert(trace.y), z, levels=levels, extend="both", **colors
    )
    return Drawn() if trace.showscale is False else Drawn(None, areas, trace.colorbar)


def _scale_colors(scale: Any, low: float | None, high: float | None, values: Any) -> dict[str, Any]:  # noqa: ANN401
    import numpy as np
    from matplotlib.colors import LinearSegmentedColormap, Normalize

    finite = values[np.isfinite(values)]
    low = float(finite.min(initial=np.inf)) if low is None else low
    high = float(finite.max(initial=-np.inf)) if high is None else high
    if not low < high:
        low, high = (low, low + 1) if np.isfinite(low) else (0.0, 1.0)
    stops = [(stop, to_color(code)) for stop, code in scale]
    return {"cmap": LinearSegmentedColormap.from_list("", stops), "norm": Normalize(low, high)}


def _to_numbers(rows: Any) -> Any:  # noqa: ANN401 - numpy's
    import numpy as np

    return np.array([[np.nan if value is None else value for value in row] for row in rows], float)


def _find_edges(centers: Any) -> Any:  # noqa: ANN401 - numpy's
    import numpy as np

    if len(centers) == 1:
        return np.array([centers[0] - 0.5, centers[0] + 0.5])
    middles = (centers[1:] + centers[:-1]) / 2
    return np.concatenate([[2 * centers[0] - middles[0]], middles, [2 * centers[-1] - middles[-1]]])


def _is_single(color: object) -> bool:
    return isinstance(color, str)
