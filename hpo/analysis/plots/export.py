"""Figures as files: a page of HTML, or a picture drawn by a browser or, where there is none, by matplotlib."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import escape
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Literal, get_args

from hpo.analysis.plots.theme import DARK, HEIGHT, LIGHT, PAGE_CSS, Paper, lay_on, read_description
from hpo.errors import MissingExtraError
from hpo.files import fresh_file

if TYPE_CHECKING:
    import plotly.graph_objects as go

Format = Literal["html", "png", "svg", "pdf"]
Renderer = Literal["browser", "matplotlib"]
FORMATS: tuple[Format, ...] = get_args(Format)
WIDTH = 900
_SCALE = 2
"""Pixels of a PNG for each pixel of the figure: sharp on a screen with small ones, and in print."""
_TIMEOUT_S = 60
_PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark; --paper: $light_paper; --ink: $light_ink; --line: $light_line; }
@media (prefers-color-scheme: dark) { :root { --paper: $dark_paper; --ink: $dark_ink; --line: $dark_line; } }
body { background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; margin: 1.5rem auto;
  max-width: 70rem; padding: 0 1rem; }
h1 { font-size: 1.3rem; margin: 0; } p { margin: .2rem 0 1rem; opacity: .8; }
$css</style>
</head>
<body>
<h1>$title</h1>
<p>$question</p>
$figure
</body>
</html>
""")


@dataclass(frozen=True, slots=True)
class SizedFigure:
    """A figure, and the size at which it is drawn, in pixels of a figure."""

    figure: go.Figure
    width: int = WIDTH
    height: int | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height or self.figure.layout.height or HEIGHT


def export_figure(figure: go.Figure, path: Path, *, paper: Paper = LIGHT) -> None:
    """Write a figure to a file, in the format of its suffix; see `export_figures`."""
    export_figures({path: figure}, paper=paper)


def export_figures(figures: Mapping[Path, go.Figure], *, paper: Paper = LIGHT) -> None:
    """Write figures to files, each in the format of its suffix: `.html`, `.png`, `.svg` or `.pdf`.

    A page takes its colours from the reader's settings, light or dark, and needs no network. Several share the file
    `plotly.min.js` beside them (5 MB), which a single one has inside.

    Raises:
        OSError: a file cannot be written.
        MissingExtraError: there is nothing that draws pictures.
    """
    pages = {path: figure for path, figure in figures.items() if path.suffix == ".html"}
    contents = {path: make_page(figure, is_whole=len(pages) == 1).encode() for path, figure in pages.items()}
    if len(pages) > 1:
        contents |= {path.with_name("plotly.min.js"): _read_script().encode() for path in pages}
    for suffix in dict.fromkeys(path.suffix for path in figures if path not in pages):
        pictures = {
            path: SizedFigure(lay_on(figure, paper)) for path, figure in figures.items() if path.suffix == suffix
        }
        contents |= zip(pictures, draw_pictures(pictures.values(), suffix.removeprefix(".")), strict=True)
    for path, content in contents.items():
        with fresh_file(path) as partial:
            partial.write_bytes(content)


def figure_to_png(
    figure: go.Figure, width: int, height: int, *, paper: Paper = LIGHT, renderer: Renderer | None = None
) -> bytes:
    """Draw a figure as a PNG with two pixels for each one of its size.

    Args:
        figure: what to draw.
        width: pixels of the figure, for which its fonts are made: 360 is a phone.
        height: likewise.
        paper: colours of background, text and grid.
        renderer: `browser` takes seconds to start and draws as a page does; `matplotlib` takes a third of one. By
            default the browser, where there is one.

    Raises:
        MissingExtraError: there is nothing that draws pictures.
    """
    (content,) = draw_pictures([SizedFigure(lay_on(figure, paper), width, height)], "png", renderer)
    return content


def draw_pictures(pictures: Iterable[SizedFigure], kind: str, renderer: Renderer | None = None) -> list[bytes]:
    """Draw figures, as they are coloured, by one start of a browser, or by matplotlib; see `figure_to_png`."""
    pictures = list(pictures)
    if renderer != "matplotlib" and find_spec("kaleido") is not None:
        drawn = _draw_in_browser(pictures, kind)
        if drawn is not None:
            return drawn
    if renderer == "browser" or find_spec("matplotlib") is None:
        raise MissingExtraError(
            f"{kind}: pictures are drawn by kaleido in a Chromium or Chrome, or by matplotlib. Received neither. "
            'Type: pip install "hpo[images]"'
        )
    from hpo.analysis.plots.drawing.figure import draw_with_matplotlib

    return [draw_with_matplotlib(picture.figure, *picture.size, kind, _SCALE) for picture in pictures]


def _draw_in_browser(pictures: Sequence[SizedFigure], kind: str) -> list[bytes] | None:
    """Draw figures by kaleido; None where it finds no browser, or one that does not start."""
    import kaleido

    async def draw() -> list[bytes]:
        async with kaleido.Kaleido(mathjax=False, timeout=_TIMEOUT_S) as browser:
            contents = []
            for picture in pictures:
                width, height = picture.size
                options = {"format": kind, "width": width, "height": height, "scale": _SCALE if kind == "png" else 1}
                contents.append(await browser.calc_fig(picture.figure.to_dict(), opts=options))
            return contents

    logger = logging.getLogger("kaleido")
    try:
        with ThreadPoolExecutor(1) as executor:  # a notebook has a loop of its own, in which none can be started
            return executor.submit(asyncio.run, draw()).result()
    except Exception as error:  # choreographer's kinds of failure to start a browser have no common base
        logger.info("no picture by a browser: %s", error)
        return None


def _read_script() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


def make_page(figure: go.Figure, *, is_whole: bool = True) -> str:
    """Make a page of HTML that holds a figure and its description.

    Args:
        figure: as `draw_plot` gives it.
        is_whole: whether the page holds all that draws it, or reads `plotly.min.js` beside it.
    """
    title, question = read_description(figure)
    script = True if is_whole else "plotly.min.js"
    body = figure.to_html(full_html=False, include_plotlyjs=script, config={"displaylogo": False, "responsive": True})
    if figure.layout.images:
        body = f'<div class="scroll"><div class="wide">{body}</div></div>'
    colors = {
        f"{name}_{role}": value
        for name, paper in (("light", LIGHT), ("dark", DARK))
        for role, value in (("paper", paper.background), ("ink", paper.ink), ("line", paper.grid))
    }
    return _PAGE.substitute(colors, title=escape(title), question=escape(question), css=PAGE_CSS, figure=body)
