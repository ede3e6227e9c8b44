"""The colours and the texts of figures hold for every reader and whatever a study is called."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import plotly.graph_objects as go
import pytest

from hpo.analysis.plots.theme import (
    BEST_COLOR,
    CLEAR,
    DARK,
    LIGHT,
    MUTED_COLOR,
    SCALE,
    SERIES,
    choose_log,
    escape_label,
    lay_on,
    style,
)

_VISIONS = {  # Machado, Oliveira, Fernandes (2009), severity 1, of linear RGB
    "all colours": np.eye(3),
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}
_TO_XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]


def linear(code):
    values = np.array([int(code[index : index + 2], 16) for index in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(code, other):
    """As WCAG 2 defines it."""
    darker, lighter = sorted(linear(one) @ _TO_XYZ[1] + 0.05 for one in (code, other))
    return lighter / darker


def lab(rgb):
    """CIE L*a*b* of linear RGB, in which distances are those that people see."""
    x = np.array(_TO_XYZ) @ np.clip(rgb, 0, 1) / [0.9505, 1.0, 1.089]
    root = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


@pytest.mark.parametrize("paper", [LIGHT, DARK], ids=["light", "dark"])
def test_every_series_can_be_seen_on_light_and_on_dark_paper_and_text_can_be_read(paper):
    assert min(contrast(color, paper.background) for color in SERIES) >= 3
    assert contrast(paper.ink, paper.background) >= 7
    assert contrast(CLEAR.ink, paper.background) >= 4


@pytest.mark.parametrize("vision", _VISIONS)
def test_series_are_told_apart_whatever_colours_people_see(vision):
    seen = {color: lab(np.array(_VISIONS[vision]) @ linear(color)) for color in SERIES}
    assert min(np.linalg.norm(seen[one] - seen[other]) for one, other in combinations(seen, 2)) >= 20
    assert {BEST_COLOR, MUTED_COLOR} <= set(SERIES)


@pytest.mark.parametrize("vision", _VISIONS)
def test_the_scale_from_worst_to_best_grows_lighter_for_everybody(vision):
    lightness = [lab(np.array(_VISIONS[vision]) @ linear(color))[0] for _, color in SCALE]
    assert all(after - before > 5 for before, after in pairwise(lightness))


def test_names_are_shown_as_they_are_written_where_plotly_reads_markup():
    assert escape_label("<b>dog & cat</b>") == "&lt;b&gt;dog &amp; cat&lt;/b&gt;"
    assert escape_label("a\x1b[31m\u202e") == "a\\x1b[31m\\u202e"
    assert escape_label("a" * 20 + "<z>", 9) == "aaaa…a&lt;z&gt;"
    assert escape_label("short", 5) == "short"


def test_a_figure_gets_the_colours_of_its_paper_and_stays_as_it_is():
    figure = style(go.Figure())
    dark = lay_on(figure, DARK)
    assert (dark.layout.font.color, dark.layout.paper_bgcolor) == (DARK.ink, DARK.background)
    assert dark.layout.template.layout.xaxis.gridcolor == DARK.grid
    assert figure.layout.font.color == CLEAR.ink
    assert figure.layout.paper_bgcolor == CLEAR.background


def test_an_axis_is_logarithmic_where_a_linear_one_would_show_most_values_as_one():
    assert choose_log([0.1, 0.2, 0.3, 5000.0])
    assert not choose_log([0.1, 0.2, 0.3, 0.9])
    assert not choose_log([-1.0, 0.2, 0.3, 5000.0])
    assert not choose_log([])
