"""The page needs no network, has all charts, and shows text as text."""

from __future__ import annotations

import base64
import gzip
import json
import re

from hpo.analysis import render, write_report
from hpo.analysis.report.document import (
    Chapter,
    CodeText,
    Column,
    DataTable,
    Document,
    Paragraph,
    Statement,
    Statements,
)
from hpo.analysis.report.renderers.html import render_html


def make_document(*blocks):
    return Document("Study s", "maximize val_accuracy", "Made today", (), (Chapter("What was tried", blocks),))


def test_the_page_loads_nothing_from_elsewhere_and_has_plotly_once_and_compressed(study):
    page = render(study)
    assert not re.search(r"<(script|link|img)[^>]*(src|href)=", page)
    (packed,) = re.findall(r'<script type="application/octet-stream" id="plotly">([^<]*)</script>', page)
    assert "plotly.js v" in gzip.decompress(base64.b64decode(packed))[:100].decode()
    assert len(page) < 2_500_000


def test_every_chart_has_its_data_in_the_page(study):
    page = render(study)
    charts = re.findall(r'data-chart="([^"]+)"', page)
    assert {"chart-history", "chart-importances", "chart-intermediate_values"} <= set(charts)
    for chart in charts:
        (data,) = re.findall(rf'<script type="application/json" id="{chart}">([^<]*)</script>', page)
        assert json.loads(data)["data"]


def test_a_page_without_a_chart_has_no_plotly(empty_study):
    assert len(render(empty_study)) < 30_000


def test_text_of_trials_is_escaped(study):
    page = render(study)
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; broken" in page
    assert "<b>bold</b>" not in page


def test_no_text_of_a_document_is_taken_for_markup():
    text = "<script>x</script> & `<i>`\x1b"
    blocks = (
        Paragraph(text),
        Statements((Statement(text, text, text, text),)),
        DataTable(text, (Column(text), Column(text, is_number=True)), ((text, text),), note=text),
        CodeText(text, text, text),
    )
    page = render_html(make_document(*blocks))
    assert "<i>" not in page
    assert "<script>x" not in page
    assert "\x1b" not in page
    assert "<code>&lt;i&gt;</code>" in page


def test_a_cell_says_its_column_where_a_phone_shows_no_heads():
    table = DataTable("t", (Column("trial", is_number=True), Column("<i>")), (("7", "long " * 30),))
    page = render_html(make_document(table))
    assert '<td class="number" data-title="trial">7</td>' in page
    assert '<td class="longer" data-title="&lt;i&gt;">' in page
    assert "content: attr(data-title)" in page


def test_links_lead_to_the_chapters():
    page = render_html(make_document(Paragraph("one")))
    assert '<a href="#what-was-tried">What was tried</a>' in page
    assert '<section id="what-was-tried">' in page


def test_a_report_replaces_the_earlier_one_and_leaves_nothing_else(study):
    first = write_report(study)
    assert write_report(study) == first
    assert [path.name for path in first.parent.iterdir()] == ["report.html"]
