"""A space file as a person would write it: what stands in it, with comments beside or above."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from hpo.shown import readable
from hpo.spaces import Tree, Value
from hpo.spaces.space.rendering import flow

WIDTH = 100
_INDENT = "  "
_DEEPEST = 6
_LONGEST_COMMENT = 600


@dataclass(frozen=True, slots=True)
class Entry:
    """A plain value that stands behind a key, and what is said about it."""

    value: Value
    comments: tuple[str, ...] = ()


@dataclass(slots=True)
class Group:
    """What stands by key behind a key, each on a line of its own, and what is said about all of it."""

    entries: dict[str, Entry | Group] = field(default_factory=dict)
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    comment: str


def plain(group: Group) -> Tree:
    """What reading the written text gives."""
    return {key: plain(item) if isinstance(item, Group) else item.value for key, item in group.entries.items()}


def space_text(header: Iterable[str], sections: Group, footer: Iterable[str]) -> str:
    """The text of a space file; comments keep to 100 columns, those of a section begin in one column."""
    blocks = [commented(header)]
    blocks += ["\n".join(_aligned(list(_lines(key, entry, 0)))) for key, entry in sections.entries.items()]
    blocks.append(commented(footer))
    return "\n\n".join(block for block in blocks if block) + "\n"


def commented(lines: Iterable[str], indent: str = "") -> str:
    """Lines of text as a comment; long ones are wrapped, their continuation indented as they are."""
    wrapped = []
    for line in map(one_line, lines):
        margin = " " * (len(line) - len(line.lstrip()))
        width = WIDTH - len(indent) - len("# ")
        wrapped += textwrap.wrap(line, width, subsequent_indent=margin, break_on_hyphens=False) or [""]
    return "\n".join(f"{indent}# {line}".rstrip() for line in wrapped)


def one_line(text: str) -> str:
    """The text without what would end a comment, or what YAML does not allow in one; its indentation stays."""
    body = text.lstrip(" ")
    words = " ".join(body.split())
    return " " * (len(text) - len(body)) + readable(words)


def shown(value: Value, limit: int = 300) -> str:
    """A plain value on one line, cut short, for comments."""
    text = one_line(_informal(value, _DEEPEST))
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def _informal(value: Value, levels: int) -> str:
    """As `flow`, with texts left bare, since comments are read by people; what is deeper than `levels` is left out."""
    match value:
        case str():
            return value
        case list() | dict() if value and not levels:
            return "..."
        case list():
            return f"[{', '.join(_informal(item, levels - 1) for item in value)}]"
        case dict():
            return f"{{{', '.join(f'{key}: {_informal(item, levels - 1)}' for key, item in value.items())}}}"
    return flow(value)


def _lines(key: str, item: Entry | Group, depth: int) -> Iterator[_Line]:
    indent, comment = _INDENT * depth, shown("; ".join(item.comments), _LONGEST_COMMENT)
    if isinstance(item, Group):
        yield _Line(f"{indent}{key}:", comment)
        for name, below in item.entries.items():
            yield from _lines(name, below, depth + 1)
        return
    if isinstance(item.value, list) and any(isinstance(each, dict) for each in item.value):
        yield _Line(f"{indent}{key}:", comment)
        for each in item.value:
            yield from (_Line(text, "") for text in _folded(f"{indent}{_INDENT}- {flow(each)}", indent + _INDENT))
        return
    first, *others = _folded(f"{indent}{key}:" if item.value is None else f"{indent}{key}: {flow(item.value)}", indent)
    yield _Line(first, comment)
    for other in others:
        yield _Line(other, "")


def _folded(text: str, indent: str) -> list[str]:
    """A long flow value on several lines, which YAML takes as one."""
    return textwrap.wrap(
        text, WIDTH, subsequent_indent=indent + _INDENT, break_long_words=False, break_on_hyphens=False
    )


def _aligned(lines: list[_Line]) -> Iterator[str]:
    """Comments beside their lines, in one column where they fit there; above them where they do not fit at all."""
    beside = [line for line in lines if line.comment and _fits(line, 0)]
    column = max((len(line.text) for line in beside), default=0)
    for line in lines:
        if line in beside:
            yield f"{line.text:<{column if _fits(line, column) else 0}}  # {line.comment}"
            continue
        if line.comment:
            yield commented([line.comment], line.text[: len(line.text) - len(line.text.lstrip())])
        yield line.text


def _fits(line: _Line, column: int) -> bool:
    return max(column, len(line.text)) + len("  # ") + len(line.comment) <= WIDTH
