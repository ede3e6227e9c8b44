"""A PDF has all of a report, on numbered pages, whatever script it is in."""

from __future__ import annotations

import io
import re

import plotly.graph_objects as go
import pytest
from PIL import Image

from hpo.analysis.report.document import (
    Chapter,
    Chart,
    CodeText,
    Column,
    DataTable,
    Document,
    Fact,
    Facts,
    Paragraph,
    Statement,
    Statements,
)
from hpo.analysis.report.renderers.pages import PdfPages
from hpo.analysis.report.renderers.pdf import render_pdf

ODD = "猫 <b>&amp; 🐈 `code 猫` \x1b[31m עברית"


def make_picture(width=760, height=420):
    content = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(content, "PNG")
    return content.getvalue()


def render(*blocks, pictures=None):
    document = Document("Study s", "maximize", "Made today", blocks, (Chapter("What was tried", blocks),))
    return render_pdf(document, pictures or {})


def count_pages(pdf):
    return len(re.findall(rb"/Type /Page\n", pdf))


def test_a_text_in_any_script_is_in_the_document_or_spelled_out():
    pages = PdfPages("title", "foot")
    assert pages.fit("Straße, кошка, עברית") == "Straße, кошка, עברית"
    assert not pages.has_misfits
    assert pages.fit("猫 cat \x1b🐈") == r"\u732b cat \x1b\U0001f408"
    assert pages.has_misfits
    pages.finish()


def test_every_kind_of_block_takes_any_text():
    blocks = (
        Paragraph(ODD, "lead"),
        Paragraph(ODD, "warning"),
        Facts(tuple(Fact(ODD, ODD, ODD) for _ in range(5))),
        Statements((Statement(ODD, ODD, ODD, ODD, "bad"),)),
        DataTable(ODD, (Column(ODD), Column(ODD, is_number=True)), ((ODD, ODD),), frozenset({0}), ODD),
        CodeText(ODD, f"{ODD}\n\t{ODD}", ODD),
        Chart("plot", ODD, go.Figure(), ODD),
    )
    assert render(*blocks, pictures={"plot": make_picture()}).startswith(b"%PDF-")


def test_words_longer_than_a_page_is_wide_are_broken_and_lines_longer_than_a_page_are_cut():
    long = "x" * 3000
    rows = tuple((long, long, str(index)) for index in range(3))
    table = DataTable("table", (Column("one"), Column("two"), Column("three", is_number=True)), rows)
    assert count_pages(render(Paragraph(long), table, CodeText("code", long), Statements((Statement(long),)))) < 20


def test_a_table_of_many_columns_fits_on_the_page():
    columns = tuple(Column(f"a long name of an objective {index}", is_number=True) for index in range(30))
    assert render(DataTable("table", columns, (("0.1234",) * 30,) * 3))


def test_a_table_goes_on_over_pages_and_has_a_bookmark():
    table = DataTable("table", (Column("unique head"),), tuple((f"row {index}",) for index in range(200)))
    pdf = render_pdf(Document("s", "", "", (table,), ()), {})
    assert count_pages(pdf) > 3
    assert b"/Outlines" in pdf


def test_a_chart_that_is_higher_than_a_page_is_made_smaller():
    chart = Chart("plot", "title", go.Figure(), "caption " * 50)
    assert count_pages(render(chart, pictures={"plot": make_picture(760, 4000)})) == 2


def test_a_chart_shrinks_a_little_where_it_then_fits_on_the_rest_of_the_page():
    chart, text = Chart("plot", "title", go.Figure(), ""), tuple(Paragraph("text") for _ in range(14))
    pages = [count_pages(render_pdf(Document("s", "", "", (*text, chart), ()), {"plot": make_picture(760, height)}))
             for height in (500, 780, 950)]  # fmt: skip
    assert pages == [1, 1, 2]


@pytest.mark.parametrize("blocks", [(), (Paragraph(""),), (Facts((Fact("", ""),)),)])
def test_little_to_show_is_no_trouble(blocks):
    assert count_pages(render(*blocks)) == 1
