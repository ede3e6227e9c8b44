"""A space file as a person would write it: what stands in it, with comments beside or above."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from hpo.foreign.conversion.entries import Group
from hpo.foreign.excerpt import excerpt, one_line
from hpo.foreign.search import Entry
from hpo.spaces.space.rendering import flow

WIDTH = 100
_INDENT = "  "
_LONGEST_COMMENT = 600

CommentedLine = tuple[str, str]
"""What stands on a line, and the comment on it."""


def write_space(header: Iterable[str], sections: Group, footer: Iterable[str]) -> str:
    """Write a space file; comments keep to 100 columns, those of a section begin in one column."""
    blocks = [_comment(header)]
    blocks += ["\n".join(_align(list(_lines(key, entry, "")))) for key, entry in sections.entries.items()]
    blocks.append(_comment(footer))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _comment(lines: Iterable[str], indent: str = "") -> str:
    """Lines of text as a comment; long ones are wrapped, their continuation indented as they are."""
    wrapped = []
    for line in map(one_line, lines):
        margin = " " * (len(line) - len(line.lstrip()))
        width = WIDTH - len(indent) - len("# ")
        wrapped += textwrap.wrap(line, width, subsequent_indent=margin, break_on_hyphens=False) or [""]
    return "\n".join(f"{indent}# {line}".rstrip() for line in wrapped)


def _lines(key: str, item: Entry | Group, indent: str) -> Iterator[CommentedLine]:
    comment = excerpt("; ".join(item.comments), _LONGEST_COMMENT)
    if isinstance(item, Group):
        yield f"{indent}{key}:", comment
        for name, below in item.entries.items():
            yield from _lines(name, below, indent + _INDENT)
        return
    if isinstance(item.value, list) and any(isinstance(block, dict) for block in item.value):
        yield f"{indent}{key}:", comment
        for block in item.value:
            yield from ((text, "") for text in _fold_flow(f"{indent}{_INDENT}- {flow(block)}", indent + _INDENT))
        return
    text = f"{indent}{key}:" if item.value is None else f"{indent}{key}: {flow(item.value)}"
    for index, line in enumerate(_fold_flow(text, indent)):
        yield line, "" if index else comment


def _fold_flow(text: str, indent: str) -> list[str]:
    """A long flow value on several lines, which YAML takes as one."""
    return textwrap.wrap(
        text, WIDTH, subsequent_indent=indent + _INDENT, break_long_words=False, break_on_hyphens=False
    )


def _align(lines: list[CommentedLine]) -> Iterator[str]:
    """Comments beside their lines, in one column where they fit there; above them where they do not fit at all."""
    column = max((len(text) for text, comment in lines if comment and _fits(text, comment, 0)), default=0)
    for text, comment in lines:
        if comment and _fits(text, comment, 0):
            yield f"{text:<{column if _fits(text, comment, column) else 0}}  # {comment}"
            continue
        if comment:
            yield _comment([comment], text[: len(text) - len(text.lstrip())])
        yield text


def _fits(text: str, comment: str, column: int) -> bool:
    return max(column, len(text)) + len("  # ") + len(comment) <= WIDTH
