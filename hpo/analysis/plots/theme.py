"""How all figures look: colours that hold on light and on dark paper and for the colour-blind, fonts, axes, text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpo.shown import readable

if TYPE_CHECKING:
    import plotly.graph_objects as go

TRIAL_COLOR, BEST_COLOR, MUTED_COLOR = "#2f7fc1", "#d1540a", "#727a86"
SERIES = (TRIAL_COLOR, BEST_COLOR, "#8b45e6", "#d07e65", MUTED_COLOR)
"""Colours of series, in their order. A test holds that each has a contrast of 3 on light and on dark paper, and that
they differ for people with protanopia, deuteranopia and tritanopia. No sixth does: use dashes or symbols as well."""
SCALE = ((0.0, "#2a6cb0"), (0.5, "#8d7f93"), (1.0, "#ea8a2b"))
"""From the worst value to the best, the best being the lightest."""
DASHES = ("solid", "dot", "dash", "dashdot", "longdash")
FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
FONT_SIZE = 13
HEIGHT = 420
"""Pixels, of a figure with one panel."""
_MOST_TICKS = 12
"""So many fit side by side on a phone."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What a figure is drawn on, as colours: of its background, text and grid, and of what is behind text on lines."""

    background: str
    ink: str
    grid: str
    veil: str


CLEAR = Paper("rgba(0,0,0,0)", "#727a86", "rgba(114,122,134,0.25)", "rgba(0,0,0,0)")
"""No background of its own, and text that can be read on light and on dark: a figure as it is drawn."""
LIGHT = Paper("#ffffff", "#1f2933", "#e4e7eb", "rgba(255,255,255,0.75)")
DARK = Paper("#14181d", "#d8dee6", "#2c343e", "rgba(20,24,29,0.75)")

PAGE_CSS = """\
.js-plotly-plot text[style*="fill: rgb(114, 122, 134)"] { fill: var(--ink) !important; }
.js-plotly-plot .gridlayer path { stroke: var(--line) !important; stroke-opacity: 1 !important; }
.js-plotly-plot .annotation rect.bg { fill: var(--paper) !important; fill-opacity: .75 !important; }
.scroll { overflow-x: auto; }
.wide { min-width: 44rem; }
.js-plotly-plot .modebar-group { background: none !important; }
"""
"""Rules by which a page gives its own colours, `--paper`, `--ink` and `--line`, to the figures in it, light or dark.

All text that has the ink of clear paper gets that of the page.
"""


def make_whole_ticks(values: int) -> dict[str, Any]:
    """Ticks for so many whole numbers: plotly itself puts some between them where they are few."""
    return {"tickformat": "d", "dtick": 1} if values < _MOST_TICKS else {"tickformat": "d"}


def escape_label(text: object, length: int | None = None) -> str:
    """Make text from a file, a study or a data set safe for a figure, where plotly reads `<b>` and `&amp;`.

    Args:
        text: what is shown.
        length: characters of the text at most; the middle of a longer one is left out.
    """
    shown = readable(str(text))
    if length is not None and len(shown) > length:
        shown = f"{shown[: length // 2]}…{shown[len(shown) - (length - length // 2 - 1) :]}"
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def make_panels(
    rows: int = 1,
    columns: int = 1,
    *,
    shares_x: bool = True,
    shares_y: bool = False,
    gap: float = 70.0,
    specs: Sequence[Sequence[dict[str, Any] | None]] | None = None,
    row_heights: Sequence[float] | None = None,
) -> go.Figure:
    """Make a figure of panels in a grid.

    Args:
        rows: how many stand below each other.
        columns: how many side by side.
        shares_x: whether panels below each other have one axis across, which the last shows.
        shares_y: whether panels side by side have one axis up, which the first shows.
        gap: percent of a panel between two that share no axis across.
        specs: of each place, by rows, None where there is no panel.
        row_heights: shares of the rows.
    """
    from plotly.subplots import make_subplots

    share = (18.0 if shares_x else gap) / 100
    options: dict[str, Any] = {
        "shared_xaxes": shares_x,
        "shared_yaxes": shares_y,
        "vertical_spacing": share / (rows + share * (rows - 1)) if rows > 1 else 0.0,
        "horizontal_spacing": (0.04 if shares_y else 0.14) / max(1, columns - 1) if columns > 1 else 0.0,
    }
    return make_subplots(rows=rows, cols=columns, specs=specs, row_heights=row_heights, **options)


def style(figure: go.Figure, height: int = HEIGHT) -> go.Figure:
    """Give a figure the theme of all of them; its width is that of its place."""
    import plotly.graph_objects as go

    axis = {
        "gridcolor": CLEAR.grid,
        "zeroline": False,
        "automargin": True,
        "showline": False,
        "title": {"standoff": 8},
        "ticks": "",
    }
    template = go.layout.Template(layout={"colorway": SERIES, "xaxis": axis, "yaxis": axis})
    figure.update_layout(
        template=template,
        title=None,
        height=figure.layout.height or height,
        margin={"l": 56, "r": 16, "t": 40, "b": 48},
        font={"family": FONT, "size": FONT_SIZE, "color": CLEAR.ink},
        paper_bgcolor=CLEAR.background,
        plot_bgcolor=CLEAR.background,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "xanchor": "left"},
        hoverlabel={"font": {"family": FONT}},
    )
    return figure


def lay_on(figure: go.Figure, paper: Paper) -> go.Figure:
    """Copy a figure with the colours of a paper, for a picture of its own."""
    import plotly.graph_objects as go

    copy = go.Figure(figure)
    copy.update_layout(font_color=paper.ink, paper_bgcolor=paper.background, plot_bgcolor=CLEAR.background)
    copy.for_each_annotation(lambda text: text.update(bgcolor=paper.veil) if text.bgcolor else None)
    for axis in (copy.layout.template.layout.xaxis, copy.layout.template.layout.yaxis):
        axis.gridcolor = paper.grid
    return copy


def describe(figure: go.Figure, title: str, question: str) -> go.Figure:
    """Have a figure say what it shows, for whatever page or document puts words beside it; see `read_description`."""
    figure.update_layout(meta={"title": title, "question": question})
    return figure


def read_description(figure: go.Figure) -> tuple[str, str]:
    """Read the title and the question of a figure; empty where it has none."""
    meta = figure.layout.meta or {}
    return meta.get("title", ""), meta.get("question", "")


def choose_marker(points: int, color: str = TRIAL_COLOR) -> dict[str, Any]:
    """Make markers of so many points such that they do not cover each other."""
    size, opacity = (8, 0.9) if points <= 100 else (6, 0.7) if points <= 500 else (4, 0.55)  # noqa: PLR2004
    return {"color": color, "size": size, "opacity": opacity}


def make_colorbar(title: str, **settings: object) -> dict[str, Any]:
    """Describe a bar above a figure that explains its colours: a phone has no room beside one."""
    place = {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.0, "yanchor": "bottom", "len": 0.6, "thickness": 10}
    return {"title": {"text": title, "side": "top"}, "outlinewidth": 0, **place, **settings}


def choose_log(values: Sequence[float], ratio: float = 100.0) -> bool:
    """Whether positive finite values spread so far that a linear axis would show most of them as one."""
    return len(values) > 1 and min(values) > 0 and max(values) > ratio * sorted(values)[len(values) // 2]
