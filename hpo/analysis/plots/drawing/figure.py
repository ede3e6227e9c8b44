"""A figure of plotly's as a picture by matplotlib: its panels, what stands on and beside them, and their places."""

from __future__ import annotations

import base64
import io
import warnings
from typing import TYPE_CHECKING, Any

from hpo.analysis.plots.drawing.axis import AxisScale, to_color, to_text
from hpo.analysis.plots.drawing.traces import DASHES, POINTS, Canvas, Drawn, draw_trace
from hpo.analysis.plots.theme import CLEAR, FONT_SIZE

if TYPE_CHECKING:
    import plotly.graph_objects as go

_DPI = 100
_GAP = 8
"""Pixels between what is measured and the edge of the picture."""
_COLORBAR = 54
"""Pixels up of a colour bar with its title and labels."""


def draw_with_matplotlib(figure: go.Figure, width: int, height: int, kind: str, scale: float) -> bytes:
    """Draw a figure of hpo's as a picture.

    Args:
        figure: with the colours that it is to have.
        width: pixels of the figure.
        height: likewise.
        kind: `png`, `svg` or `pdf`.
        scale: pixels of a PNG for each one of the figure.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    settings: Any = {"font.family": "sans-serif", "text.parse_math": False, "svg.hashsalt": "hpo"}
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # of names of classes: a box is drawn
        warnings.filterwarnings("ignore", "AutoDateLocator was unable")  # to keep to its few labels: it takes more
        canvas = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
        FigureCanvasAgg(canvas)
        _Drawing(figure, canvas, width, height).draw()
        buffer = io.BytesIO()
        metadata: Any = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
        background = to_color(figure.layout.paper_bgcolor)
        canvas.savefig(buffer, format=kind, dpi=_DPI * scale, facecolor=background, metadata=metadata)
    return buffer.getvalue()


class _Drawing:
    """One figure on its way to matplotlib."""

    def __init__(self, figure: go.Figure, canvas: Any, width: int, height: int) -> None:  # noqa: ANN401 - matplotlib's
        self.layout: Any = figure.layout
        self.traces: list[Any] = list(figure.data)
        self.canvas, self.width, self.height = canvas, width, height
        self.ink = to_color(self.layout.font.color)
        self.size = (self.layout.font.size or FONT_SIZE) * POINTS
        self.scales: dict[str, AxisScale] = {}
        self.panels: dict[tuple[str, str], Any] = {}
        self.handles: dict[str, Any] = {}
        self.scaled: Drawn | None = None

    def draw(self) -> None:
        for trace in self.traces:
            self._draw_trace(trace)
        for shape in self.layout.shapes:
            self._draw_shape(shape)
        for image in self.layout.images:
            self._draw_image(image)
        for annotation in self.layout.annotations:
            self._annotate(annotation)
        defaults = self.layout.template.layout
        for names, panel in self.panels.items():
            for name, axis, default in zip(
                names, (panel.xaxis, panel.yaxis), (defaults.xaxis, defaults.yaxis), strict=True
            ):
                if self.scales[name].axis.scaleanchor:
                    panel.set_aspect("equal", anchor="NW")
                self.scales[name].dress(axis, self.ink, to_color(default.gridcolor or CLEAR.grid), self.size)
        self._arrange()

    def _scale(self, name: str) -> AxisScale:
        if name not in self.scales:
            letter = name[0]
            columns = [trace[letter] for trace in self.traces if (trace[f"{letter}axis"] or letter) == name]
            data = [value for column in columns if column is not None for value in column]
            self.scales[name] = AxisScale(self.layout[f"{letter}axis{name[1:]}"], data)
        return self.scales[name]

    def _panel(self, x: str, y: str) -> Any:  # noqa: ANN401 - matplotlib's
        if (x, y) not in self.panels:
            panel = self.canvas.add_axes((0.1, 0.1, 0.8, 0.8), label=f"{x} {y}")
            panel.set_facecolor("none")
            panel.set_axisbelow(True)
            for spine in panel.spines.values():
                spine.set_visible(False)
            self.panels[x, y] = panel
        return self.panels[x, y]

    def _draw_trace(self, trace: Any) -> None:  # noqa: ANN401 - plotly's
        x, y = trace.xaxis or "x", trace.yaxis or "y"
        bars = [other for other in self.traces if other.type == "bar" and (other.xaxis or "x") == x]
        drawn = draw_trace(Canvas(self._panel(x, y), self._scale(x), self._scale(y), self.layout, bars), trace)
        if drawn.handle is not None and trace.showlegend is not False and trace.name:
            self.handles.setdefault(to_text(trace.name), drawn.handle)
        if drawn.mappable is not None:
            self.scaled = drawn

    def _draw_shape(self, shape: Any) -> None:  # noqa: ANN401 - plotly's
        x, y = shape.xref or "x", shape.yref or "y"
        panel, horizontal, vertical = self._panel(x, y), self._scale(x), self._scale(y)
        xs, ys = horizontal.convert([shape.x0, shape.x1]), vertical.convert([shape.y0, shape.y1])
        line = shape.line
        style = {"color": to_color(line.color), "linewidth": (line.width or 1) * POINTS, "zorder": 0.9}
        panel.plot(xs, ys, linestyle=DASHES[line.dash or "solid"], **style)

    def _draw_image(self, image: Any) -> None:  # noqa: ANN401 - plotly's
        import numpy as np
        from PIL import Image

        content = base64.b64decode(image.source.partition("base64,")[2])
        pixels = np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))
        left, top = float(image.x), float(image.y)
        panel = self._panel(image.xref, image.yref)
        extent = (left, left + image.sizex, top - image.sizey, top)
        panel.imshow(pixels, extent=extent, aspect="auto", interpolation="nearest", zorder=1)

    def _annotate(self, annotation: Any) -> None:  # noqa: ANN401 - plotly's
        font = annotation.font
        options: dict[str, Any] = {
            "color": to_color(font.color or self.layout.font.color),
            "fontsize": (font.size or self.layout.font.size or FONT_SIZE) * POINTS,
            "ha": annotation.xanchor if annotation.xanchor not in (None, "auto") else "center",
            "va": annotation.yanchor if annotation.yanchor not in (None, "auto", "middle") else "center",
        }
        if annotation.bgcolor:
            options["bbox"] = {"facecolor": to_color(annotation.bgcolor), "edgecolor": "none", "pad": 1}
        x, y = annotation.xref or "paper", annotation.yref or "paper"
        if "paper" in (x, y):
            self.canvas.text(annotation.x, annotation.y, to_text(annotation.text), gid="paper", **options)
            return
        x_name, y_name = x.removesuffix(" domain"), y.removesuffix(" domain")
        panel = self._panel(x_name, y_name)
        place, systems = [], []
        for reference, name, value in ((x, x_name, annotation.x), (y, y_name, annotation.y)):
            is_share = reference != name
            place.append(value if is_share else self._scale(name).convert([value])[0])
            systems.append(panel.transAxes if is_share else panel.transData)
        panel.annotate(
            to_text(annotation.text),
            tuple(place),
            xycoords=tuple(systems),
            xytext=((annotation.xshift or 0) * POINTS, (annotation.yshift or 0) * POINTS),
            textcoords="offset points",
            annotation_clip=False,
            **options,
        )

    def _arrange(self) -> None:
        """Give the panels their places; what stands beside them is measured, and has room."""
        margin = self.layout.margin
        renderer = self.canvas.canvas.get_renderer()
        legend, bar = self._draw_legend(renderer), self._draw_colorbar()
        above = _GAP + (legend.get_window_extent(renderer).height if legend is not None else 0.0)
        above += _COLORBAR if bar is not None else 0.0
        notes = [text for text in self.canvas.texts if text.get_verticalalignment() == "bottom"]
        above += max((text.get_window_extent(renderer).height + _GAP for text in notes), default=0.0)
        left, right, bottom, top = 2.0 * _GAP, 1.0 * _GAP, 2.0 * _GAP, max(above, float(margin.t or 0))
        for _ in range(3):
            self._place(left, right, bottom, top)
            boxes = [panel.get_tightbbox(renderer) for panel in self.panels.values()]
            sides = [self._measure_sides(panel, renderer) for panel in self.panels.values()]
            left += _GAP - min(side.x0 for side in sides)
            bottom += _GAP - min(box.y0 for box in boxes)
            right = max(1.0 * _GAP, right + max(side.x1 for side in sides) + _GAP - self.width)
            top = max(above, top + max(box.y1 for box in boxes) + above - self.height)
        self._place(left, right, bottom, top)
        across, up = self.width - left - right, self.height - top - bottom
        if bar is not None:
            height = (self.height - _COLORBAR + 2 * _GAP) / self.height
            bar.set_position((left / self.width, height, 0.6 * across / self.width, 10 / self.height))
        for text in self.canvas.texts:
            x, y = text.get_position()
            text.set_position(((left + x * across) / self.width, (bottom + y * up) / self.height))

    @staticmethod
    def _measure_sides(panel: Any, renderer: Any) -> Any:  # noqa: ANN401 - matplotlib's
        """Measure a panel without the title of its axis across, which may stand out on both sides."""
        panel.xaxis.label.set_visible(False)
        box = panel.get_tightbbox(renderer)
        panel.xaxis.label.set_visible(True)
        return box

    def _place(self, left: float, right: float, bottom: float, top: float) -> None:
        across, up = max(40.0, self.width - left - right), max(40.0, self.height - top - bottom)
        for (x, y), panel in self.panels.items():
            (x0, x1), (y0, y1) = self.scales[x].domain, self.scales[y].domain
            start = (left + x0 * across) / self.width, (bottom + y0 * up) / self.height
            panel.set_position((*start, (x1 - x0) * across / self.width, (y1 - y0) * up / self.height))

    def _draw_legend(self, renderer: Any) -> Any:  # noqa: ANN401 - matplotlib's
        if not self.handles or not (
            self.layout.showlegend or (self.layout.showlegend is None and len(self.traces) > 1)
        ):
            return None
        options = {"frameon": False, "fontsize": self.size, "labelcolor": self.ink, "borderaxespad": 0.2}
        spacing = {"handlelength": 1.6, "columnspacing": 1.2, "handletextpad": 0.5}
        for columns in range(len(self.handles), 0, -1):
            legend = self.canvas.legend(
                list(self.handles.values()), list(self.handles), loc="upper left", ncols=columns, **options, **spacing
            )
            if columns == 1 or legend.get_window_extent(renderer).width < self.width - 2 * _GAP:
                return legend
            legend.remove()
        return None

    def _draw_colorbar(self) -> Any:  # noqa: ANN401 - matplotlib's
        if self.scaled is None:
            return None
        description = self.scaled.colorbar
        place = self.canvas.add_axes((0.9, 0.1, 0.02, 0.8), label="colorbar")
        bar = self.canvas.colorbar(self.scaled.mappable, cax=place, orientation="horizontal")
        bar.outline.set_visible(False)
        if description.tickvals is not None:
            bar.set_ticks(list(description.tickvals), labels=list(map(to_text, description.ticktext)))
        place.tick_params(colors=self.ink, labelsize=self.size, length=0)
        place.set_title(to_text(description.title.text or ""), color=self.ink, fontsize=self.size, loc="left")
        return place
