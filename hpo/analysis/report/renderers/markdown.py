"""A report as Markdown, with its charts as pictures beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

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

_MARKUP = re.compile(r"[\\`*\[\]<>|~&$]|(?<![^\W_])_|_(?![^\W_])")
"""What is markup within a line; an underscore within a word is none."""
_START = re.compile(r"^([#=]|[-+](?=\s|$)|\d+(?=[.)](\s|$)))")
"""What is markup at the start of a line."""
_FENCE = re.compile(r"`{3,}")


def render_markdown(document: Document, pictures: Mapping[str, str]) -> str:
    """Write the document.

    Args:
        document: what to write.
        pictures: where the charts lie, by their names; one that is not there is left out.
    """
    lines = [f"# {escape_markdown(document.title)}", escape_markdown(document.subtitle)]
    lines += [text for block in document.answer for text in write_block(block, pictures)]
    lines += [text for chapter in document.chapters for text in write_chapter(chapter, pictures)]
    return "\n\n".join([*lines, f"*{escape_markdown(document.made)}*"]) + "\n"


def write_chapter(chapter: Chapter, pictures: Mapping[str, str]) -> Iterator[str]:
    """Write the heading of a chapter, and its blocks."""
    yield f"## {escape_markdown(chapter.title)}"
    for block in chapter.blocks:
        yield from write_block(block, pictures)


def write_block(block: ReportBlock, pictures: Mapping[str, str]) -> Iterator[str]:
    """Write a block, as paragraphs between which empty lines stand."""
    match block:
        case Paragraph(text, tone):
            yield {"lead": f"**{_write_text(text)}**", "warning": f"> {_write_text(text)}"}.get(tone, _write_text(text))
        case Facts(facts):
            yield "\n".join(
                f"- {escape_markdown(fact.title)}: **{escape_markdown(fact.value)}**"
                f"{f' ({_write_text(fact.detail)})' if fact.detail else ''}"
                for fact in facts
            )
        case Statements(statements):
            yield "\n".join(map(_write_statement, statements))
        case DataTable():
            yield f"### {escape_markdown(block.title)}"
            yield _write_table(block)
            if block.note:
                yield _write_text(block.note)
        case CodeText(title, text, note, language):
            yield f"### {escape_markdown(title)}"
            shown = readable(text.strip("\n"), lines=True)
            fence = "`" * max([3, *(len(match) + 1 for match in _FENCE.findall(shown))])
            yield f"{fence}{language}\n{shown}\n{fence}"
            if note:
                yield _write_text(note)
        case Chart(name, title, _, caption):
            if name in pictures:
                yield f"### {escape_markdown(title)}"
                yield f"![{escape_markdown(title)}]({pictures[name]})"
                if caption:
                    yield _write_text(caption)


def _write_statement(statement: Statement) -> str:
    parts = [
        f"**{_write_text(statement.title)}**" if statement.title else "",
        _write_text(statement.words),
        _write_text(statement.remedy),
        f"*{_write_text(statement.evidence)}*" if statement.evidence else "",
    ]
    return f"- {'  '.join(filter(None, parts))}"


def _write_table(table: DataTable) -> str:
    heads = [escape_markdown(column.title) for column in table.columns]
    rules = ["---:" if column.is_number else "---" for column in table.columns]
    rows = [[_write_cell(text, is_bold=index in table.marked) for text in row] for index, row in enumerate(table.rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [heads, rules, *rows])


def _write_cell(text: str, *, is_bold: bool) -> str:
    written = escape_markdown(text)
    return f"**{written}**" if is_bold and written else written


def _write_text(text: str) -> str:
    """Write a text with its code."""
    return "".join(f"`{readable(piece)}`" if is_code else escape_markdown(piece) for piece, is_code in split_code(text))


def escape_markdown(text: str) -> str:
    """Write a text so that nothing in it is markup, nor HTML."""
    return _START.sub(_escape_start, _MARKUP.sub(r"\\\g<0>", readable(text)))


def _escape_start(match: re.Match[str]) -> str:
    start = match[1]
    return f"{start}\\" if start.isdigit() else f"\\{start}"
