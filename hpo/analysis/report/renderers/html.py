"""A report as one HTML page that needs no network."""

from __future__ import annotations

import base64
import gzip
from functools import cache
from html import escape as escape_html
from importlib.resources import files
from string import Template

from hpo.analysis.plots.theme import HEIGHT, PAGE_CSS
from hpo.analysis.report.document import (
    Chapter,
    Chart,
    CodeText,
    DataTable,
    Document,
    Facts,
    Paragraph,
    ReportBlock,
    Statement,
    Statements,
    split_code,
)
from hpo.shown import readable

_LONG, _LONGER = 24, 80
"""Characters: a cell with more is wrapped, in a column that is wide enough for so much."""


def render_html(document: Document) -> str:
    """Make the text of the page.

    Plotly's script is in it once, compressed: 2.0 MB where it has 4.8 MB itself.
    """
    page = Template(files("hpo.analysis.report.renderers").joinpath("page.html").read_text(encoding="utf-8"))
    return page.substitute(
        title=_escape(document.title),
        subtitle=_escape(document.subtitle),
        made=_escape(document.made),
        plot_css=PAGE_CSS,
        answer="\n".join(map(_render_block, document.answer)),
        links="".join(f'<a href="#{_make_id(chapter)}">{_escape(chapter.title)}</a> ' for chapter in document.chapters),
        chapters="\n".join(map(_render_chapter, document.chapters)),
        charts="\n".join(map(_render_data, document.charts.values())),
        plotly=pack_plotly() if document.charts else "",
    )


@cache
def pack_plotly() -> str:
    """Compress Plotly's script, once a process."""
    from plotly.offline import get_plotlyjs

    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), mtime=0)).decode()


def _render_chapter(chapter: Chapter) -> str:
    body = "\n".join(map(_render_block, chapter.blocks))
    return f'<section id="{_make_id(chapter)}"><h2>{_escape(chapter.title)}</h2>\n{body}</section>'


def _make_id(chapter: Chapter) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in chapter.title.lower())


def _render_block(block: ReportBlock) -> str:
    match block:
        case Paragraph(text, tone):
            return f'<p class="{tone}">{_render_text(text)}</p>'
        case Facts(facts):
            cells = (
                f"<div><dt>{_escape(fact.title)}</dt><dd>{_escape(fact.value)}"
                f"<small>{_render_text(fact.detail)}</small></dd></div>"
                for fact in facts
            )
            return f'<dl class="facts">{"".join(cells)}</dl>'
        case Statements(statements):
            return f'<ul class="statements">{"".join(map(_render_statement, statements))}</ul>'
        case DataTable():
            return _render_table(block)
        case CodeText(title, text, note):
            code = _escape(text.strip("\n"), lines=True)
            return f"<h3>{_escape(title)}</h3><pre>{code}</pre>{_render_note(note)}"
        case Chart():
            return _render_chart(block)


def _render_statement(statement: Statement) -> str:
    title = f"<b>{_render_text(statement.title)}</b>" if statement.title else ""
    evidence = f' <span class="evidence">{_render_text(statement.evidence)}</span>' if statement.evidence else ""
    remedy = f' <span class="remedy">{_render_text(statement.remedy)}</span>' if statement.remedy else ""
    return f'<li class="{statement.kind}">{title}{_render_text(statement.words)}{remedy}{evidence}</li>'


def _render_table(table: DataTable) -> str:
    numbers = [' class="number"' if column.is_number else "" for column in table.columns]
    heads = (f"<th{mark}>{_escape(column.title)}</th>" for column, mark in zip(table.columns, numbers, strict=True))
    rows = []
    for index, row in enumerate(table.rows):
        marks = (mark or _mark_length(text) for text, mark in zip(row, numbers, strict=True))
        cells = "".join(
            f'<td{mark} data-title="{_escape(column.title)}">{_escape(text)}</td>'
            for column, text, mark in zip(table.columns, row, marks, strict=True)
        )
        mark = ' class="marked"' if index in table.marked else ""
        rows.append(f"<tr{mark}>{cells}</tr>")
    body = f"<thead><tr>{''.join(heads)}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return f'<h3>{_escape(table.title)}</h3><div class="scroll"><table>{body}</table></div>{_render_note(table.note)}'


def _mark_length(text: str) -> str:
    return ' class="longer"' if len(text) > _LONGER else ' class="long"' if len(text) > _LONG else ""


def _render_chart(chart: Chart) -> str:
    height = chart.figure.layout.height or HEIGHT
    is_wide = " wide" if chart.figure.layout.images else ""
    caption = f"<figcaption>{_render_text(chart.caption)}</figcaption>" if chart.caption else ""
    return (
        f'<figure><h3>{_escape(chart.title)}</h3><div class="scroll"><div class="plot{is_wide}" role="img" '
        f'aria-label="{_escape(chart.title)}" data-chart="chart-{chart.name}" style="height: {height}px">'
        f"<noscript>Plots need JavaScript.</noscript></div></div>{caption}</figure>"
    )


def _render_data(chart: Chart) -> str:
    """Give the data of a chart; no `<` in it, which might end the element."""
    text = chart.figure.to_json().replace("<", "\\u003c")
    return f'<script type="application/json" id="chart-{chart.name}">{text}</script>'


def _render_note(text: str) -> str:
    return f'<p class="note">{_render_text(text)}</p>' if text else ""


def _render_text(text: str) -> str:
    return "".join(
        f"<code>{_escape(piece)}</code>" if is_code else _escape(piece) for piece, is_code in split_code(text)
    )


def _escape(text: str, *, lines: bool = False) -> str:
    """Whatever a file, a library or a user's code says, as text of a page."""
    return escape_html(readable(text, lines=lines))
