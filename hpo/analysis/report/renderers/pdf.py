"""A report as a PDF on A4, with page numbers and bookmarks; no browser is needed."""

from __future__ import annotations

import io
from collections.abc import Mapping

from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace
from PIL import Image

from hpo.analysis.report.document import (
    Chapter,
    Chart,
    CodeText,
    DataTable,
    Document,
    Fact,
    Facts,
    Paragraph,
    ReportBlock,
    Statement,
    Statements,
)
from hpo.analysis.report.renderers.pages import ACCENT, INK, LINE, SOFT, Color, PdfPages

_FACTS_IN_ROW = 4
_MOST_LETTERS = 400
"""Of a cell: rows do not split over pages."""
_MOST_WIDE = 10
"""Columns of a table; where there are more, its text is smaller."""
_HEADING = 12.0
"""Millimetres, with the space around it."""
_LEAST_SCALE = 0.7
"""To which a picture is shrunk so that it fits on the rest of a page."""
_BARS: Mapping[str, Color] = {"good": (27, 127, 90), "bad": (180, 35, 24), "open": SOFT, "warning": (138, 90, 0)}


def render_pdf(document: Document, pictures: Mapping[str, bytes]) -> bytes:
    """Draw the document.

    Args:
        document: what to draw.
        pictures: PNGs of the charts, by their names.
    """
    pages = PdfPages(document.title, f"{document.title} · {document.made}")
    pages.start_section(pages.fit(document.title))
    pages.put(document.title, 20, "B", after=0)
    pages.put(document.subtitle, 10, color=SOFT, after=3)
    for block in document.answer:
        _draw_block(pages, block, pictures)
    for chapter in document.chapters:
        _draw_chapter(pages, chapter, pictures)
    pages.ln(4)
    if pages.has_misfits:
        text = (
            r"What the fonts of this document have no picture of is spelled out, as \u4e2d; the HTML report shows it."
        )
        pages.put(text, 8, color=SOFT)
    return pages.finish()


def _draw_chapter(pages: PdfPages, chapter: Chapter, pictures: Mapping[str, bytes]) -> None:
    pages.ln(4)
    first = next(iter(chapter.blocks), None)
    pages.keep(_HEADING + (sum(_size_picture(pages, first, pictures)) if isinstance(first, Chart) else 30))
    pages.start_section(pages.fit(chapter.title), level=1)
    pages.set_draw_color(*LINE)
    pages.line(pages.l_margin, pages.y, pages.l_margin + pages.epw, pages.y)
    pages.ln(2.5)
    pages.put(chapter.title, 14, "B", after=2)
    for block in chapter.blocks:
        _draw_block(pages, block, pictures)


def _draw_block(pages: PdfPages, block: ReportBlock, pictures: Mapping[str, bytes]) -> None:
    match block:
        case Paragraph(text, "warning"):
            _draw_bar(pages, text, "warning")
        case Paragraph(text, tone):
            size, color = {"lead": (12.5, INK), "note": (8.5, SOFT)}.get(tone, (10, INK))
            pages.put(text, size, color=color, after=2.5 if tone == "lead" else 1.5)
        case Facts(facts):
            for start in range(0, len(facts), _FACTS_IN_ROW):
                _draw_facts(pages, facts[start : start + _FACTS_IN_ROW])
        case Statements(statements):
            for statement in statements:
                _draw_statement(pages, statement)
        case DataTable():
            _draw_table(pages, block)
        case CodeText(title, text, note):
            pages.keep(25)
            _put_heading(pages, title)
            pages.put_code(text)
            if note:
                pages.put(note, 8.5, color=SOFT)
        case Chart():
            _draw_picture(pages, block, pictures[block.name])


def _put_heading(pages: PdfPages, title: str) -> None:
    pages.ln(2)
    pages.start_section(pages.fit(title), level=2, strict=False)
    pages.put(title, 10.5, "B", after=0.8)


def _draw_bar(pages: PdfPages, text: str, kind: str) -> None:
    """Write a paragraph beside a coloured bar."""
    pages.keep(pages.measure(text, pages.epw - 4, 10) + 3)
    top = pages.y
    pages.put(text, indent=4, after=0)
    _draw_line(pages, top, kind)
    pages.ln(2.5)


def _draw_line(pages: PdfPages, top: float, kind: str) -> None:
    """Draw the bar beside what was written since `top`, unless that began on another page."""
    if pages.y > top:
        pages.set_fill_color(*_BARS[kind])
        pages.rect(pages.l_margin, top, 0.8, pages.y - top, style="F")


def _draw_facts(pages: PdfPages, facts: tuple[Fact, ...]) -> None:
    gap = 3.0
    width = (pages.epw - gap * (_FACTS_IN_ROW - 1)) / _FACTS_IN_ROW
    inner = width - 5
    detail = max(pages.measure(fact.detail, inner, 7.5) if fact.detail else 0 for fact in facts)
    title = max(pages.measure(fact.title, inner, 8) for fact in facts)
    height = title + 7.5 + detail + 4
    pages.keep(height + 3)
    top = pages.y
    for index, fact in enumerate(facts):
        left = pages.l_margin + index * (width + gap)
        pages.set_draw_color(*LINE)
        pages.rect(left, top, width, height)
        pages.set_xy(left + 2.5, top + 1.5)
        _put_small(pages, fact.title, inner, 8)
        size = 14.0
        pages.style(size, "B")
        while size > 8 and pages.get_string_width(pages.fit(fact.value)) > inner:  # noqa: PLR2004 - points
            size -= 1
            pages.style(size, "B")
        pages.set_xy(left + 2.5, top + 1.5 + title)
        pages.cell(inner, 7.5, pages.fit(fact.value))
        pages.set_xy(left + 2.5, top + title + 9)
        _put_small(pages, fact.detail, inner, 7.5)
    pages.set_xy(pages.l_margin, top + height + 3)


def _put_small(pages: PdfPages, text: str, width: float, size: float) -> None:
    """Write a pale text into a column, from where the pen is."""
    pages.style(size, color=SOFT)
    pages.multi_cell(width, size * 0.49, pages.fit(text.replace("`", "")), align="L")


def _draw_statement(pages: PdfPages, statement: Statement) -> None:
    parts = [(statement.title, 10.0), (f"{statement.words} {statement.remedy}", 10.0), (statement.evidence, 8.5)]
    pages.keep(sum(pages.measure(text, pages.epw - 4, size) for text, size in parts if text.strip()) + 3)
    top = pages.y
    if statement.title:
        pages.put(statement.title, 10, "B", indent=4, after=0)
    pages.put(" ".join(filter(None, (statement.words, statement.remedy))), indent=4, after=0)
    if statement.evidence:
        pages.put(statement.evidence, 8.5, color=SOFT, indent=4, after=0)
    _draw_line(pages, top, statement.kind)
    pages.ln(3)


def _draw_table(pages: PdfPages, table: DataTable) -> None:
    heads = [pages.fit(column.title) for column in table.columns]
    rows = [[_shorten(pages.fit(text)) for text in row] for row in table.rows]
    are_numbers = [column.is_number for column in table.columns]
    pages.keep(32)
    _put_heading(pages, table.title)
    size, gap = (8, 3.0) if len(heads) <= _MOST_WIDE else (6, 1.0)
    widths = pages.share_width([heads, *rows], are_numbers, size, gap)
    pages.style(size)
    pages.set_draw_color(*LINE)
    pages.set_fill_color(255, 255, 255)
    with pages.table(
        [],
        width=min(sum(widths), pages.epw),
        col_widths=widths,
        align="L",
        v_align="T",
        text_align=tuple("R" if is_number else "L" for is_number in are_numbers),
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        headings_style=FontFace(emphasis="B", color=SOFT),
        line_height=4,
        padding=(0.8, gap, 0.8, 0),
    ) as drawn:
        drawn.row(heads)
        for index, row in enumerate(rows):
            drawn.row(row, style=FontFace(emphasis="B", color=ACCENT) if index in table.marked else None)
    pages.ln(1.5)
    if table.note:
        pages.put(table.note, 8.5, color=SOFT)


def _shorten(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 4]} ..."


def _draw_picture(pages: PdfPages, chart: Chart, picture: bytes) -> None:
    """Draw a chart with its title and its caption, all on one page."""
    height, around = _size_picture(pages, chart, {chart.name: picture})
    pages.keep(height + around)
    _put_heading(pages, chart.title)
    pages.image(io.BytesIO(picture), w=0, h=height, alt_text=pages.fit(chart.title))
    pages.ln(1)
    if chart.caption:
        pages.put(chart.caption, 8.5, color=SOFT)


def _size_picture(pages: PdfPages, chart: Chart, pictures: Mapping[str, bytes]) -> tuple[float, float]:
    """Give the height of a chart's picture, and that of its title and its caption.

    It fits on a page, and on the rest of this one where it need not shrink much for that.
    """
    with Image.open(io.BytesIO(pictures[chart.name])) as image:
        ratio = image.height / image.width
    around = _HEADING + (pages.measure(chart.caption, pages.epw, 8.5) + 2 if chart.caption else 0)
    height, room = min(pages.epw * ratio, pages.eph - around - _HEADING), pages.page_break_trigger - pages.y - around
    return (room - 0.1 if _LEAST_SCALE * height < room < height else height), around
