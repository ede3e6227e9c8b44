"""Figures as files: pages that need no network, pictures by a browser, and by matplotlib where there is none."""

from __future__ import annotations

import shutil
import sys

import plotly.graph_objects as go
import pytest

from hpo.analysis.plots.export import export_figure, export_figures, figure_to_png
from hpo.analysis.plots.theme import describe, style
from hpo.errors import MissingExtraError

has_browser = any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome")))


@pytest.fixture
def figure():
    return describe(style(go.Figure(go.Scatter(x=[1, 2, 3], y=[3, 1, 2]))), "Title & <b>", "Why?")


def test_a_single_page_holds_all_that_draws_it_in_light_and_dark(figure, tmp_path):
    export_figure(figure, tmp_path / "one.html")
    page = (tmp_path / "one.html").read_text()
    assert "<h1>Title &amp; &lt;b&gt;</h1>" in page
    assert "prefers-color-scheme: dark" in page
    assert "plotly.js v" in page
    assert "<script src=" not in page
    assert "<link" not in page


def test_several_pages_share_the_script_beside_them(figure, tmp_path):
    export_figures({tmp_path / "one.html": figure, tmp_path / "two.html": figure})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.html", "plotly.min.js", "two.html"]
    assert 'src="plotly.min.js"' in (tmp_path / "two.html").read_text()
    assert (tmp_path / "two.html").stat().st_size < 50_000


def test_a_picture_has_two_pixels_for_each_of_its_size(figure):
    content = figure_to_png(figure, 360, 240, renderer="matplotlib")
    assert content.startswith(b"\x89PNG")
    assert (int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")) == (720, 480)


def test_matplotlib_draws_where_no_browser_is_found(figure, monkeypatch, tmp_path):
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "none"))
    assert figure_to_png(figure, 360, 240).startswith(b"\x89PNG")


def test_without_a_package_that_draws_pictures_the_error_says_what_to_install(figure, monkeypatch, tmp_path):
    for name in ("kaleido", "matplotlib"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r'pip install "hpo\[images\]"'):
        export_figure(figure, tmp_path / "plot.png")
    assert not (tmp_path / "plot.png").exists()


@pytest.mark.thorough
@pytest.mark.skipif(not has_browser, reason="there is no browser")
def test_a_browser_draws_pictures(figure, tmp_path):
    export_figures({tmp_path / f"plot.{form}": figure for form in ("svg",)})
    assert "scatterlayer" in (tmp_path / "plot.svg").read_text()
