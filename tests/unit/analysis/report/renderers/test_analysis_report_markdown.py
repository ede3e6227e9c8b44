"""Markdown shows text as text, and names the pictures of charts."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from hpo.analysis.report.document import Chart, CodeText, Column, DataTable, Paragraph
from hpo.analysis.report.renderers.markdown import escape_markdown, write_block


def write(block, pictures=None):
    return "\n".join(write_block(block, pictures or {}))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("val_accuracy 0.5 (best) - one", "val_accuracy 0.5 (best) - one"),
        ("_private_ *bold*", r"\_private\_ \*bold\*"),
        ("<b>bold</b> & [link](x)", r"\<b\>bold\</b\> \& \[link\](x)"),
        ("1. item", r"1\. item"),
        ("- item", r"\- item"),
        ("# head", r"\# head"),
        ("a | b\x1b", r"a \| b\\x1b"),
    ],
)
def test_nothing_in_a_text_is_markup(text, written):
    assert escape_markdown(text).replace(r"\\x1b", r"\\x1b") == written


def test_a_cell_is_data_in_which_nothing_is_code_and_no_bar_ends_it():
    table = DataTable("t", (Column("a"), Column("b", is_number=True)), (("`x | y`", "1"),), frozenset({0}))
    assert write(table).splitlines() == ["### t", "| a | b |", "| --- | ---: |", r"| **\`x \| y\`** | **1** |"]


def test_code_that_holds_a_fence_has_a_longer_one():
    assert write(CodeText("t", "a\n````\nb")).splitlines()[1] == "`````"


def test_a_chart_names_its_picture():
    chart = Chart("history", "How?", go.Figure(), "Read it so.")
    assert write(chart, {"history": "report-history.png"}).splitlines() == [
        "### How?",
        "![How?](report-history.png)",
        "Read it so.",
    ]


def test_a_warning_is_a_quotation():
    assert write(Paragraph("Mind `this`.", "warning")) == "> Mind `this`."
