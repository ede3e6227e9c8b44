"""A report as data: chapters of text, tables and charts, which renderers draw as a page, a PDF or a notebook.

Texts are plain; what stands in them between backticks is code. Nothing in them is markup of any format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import plotly.graph_objects as go

Tone = Literal["plain", "note", "lead", "warning"]
News = Literal["good", "bad", "open"]

_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A few sentences.

    Attributes:
        tone: `lead` for the answer itself, `note` for what a reader may skip, `warning` for what limits what is said.
    """

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure: what it is, its value, and what to know of it."""

    title: str
    value: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Figures side by side."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim with what it rests on, and what to do about it.

    Attributes:
        title: what it is about, a few words; "" for nothing.
        kind: whether it is good or bad news, or open.
    """

    words: str
    evidence: str = ""
    remedy: str = ""
    title: str = ""
    kind: News = "open"


@dataclass(frozen=True, slots=True)
class Statements:
    """Claims one below the other."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a table's column; numbers stand to the right."""

    title: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class DataTable:
    """A table of texts.

    Attributes:
        title: what it shows.
        rows: one text a column: data, such as names of classes, in which backticks are backticks.
        marked: which rows stand out, by their index.
        note: what to know of it.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    marked: frozenset[int] = frozenset()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A plot.

    Attributes:
        name: of the plot, as `hpo plot STUDY NAME` has it.
        title: the question that it answers.
        caption: how to read it.
    """

    name: str
    title: str
    figure: go.Figure
    caption: str = ""


@dataclass(frozen=True, slots=True)
class CodeText:
    """Commands, or a file, to copy.

    Attributes:
        language: what it is written in, such as `python` or `yaml`, for renderers that colour it.
    """

    title: str
    text: str
    note: str = ""
    language: str = ""


ReportBlock = Paragraph | Facts | Statements | DataTable | Chart | CodeText


@dataclass(frozen=True, slots=True)
class Chapter:
    """What answers one question."""

    title: str
    blocks: tuple[ReportBlock, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A report.

    Attributes:
        title: the study's name.
        subtitle: what it looked for, and its state.
        made: when the report was made, and by what.
        answer: what stands on the first screen.
        chapters: in the order in which a person asks.
    """

    title: str
    subtitle: str
    made: str
    answer: tuple[ReportBlock, ...]
    chapters: tuple[Chapter, ...]

    @property
    def charts(self) -> dict[str, Chart]:
        """The charts, by their names."""
        blocks = (*self.answer, *(block for chapter in self.chapters for block in chapter.blocks))
        return {block.name: block for block in blocks if isinstance(block, Chart)}


def split_code(text: str) -> Iterator[tuple[str, bool]]:
    """Split a text into pieces, and say of each whether it is code."""
    for index, piece in enumerate(_CODE.split(text)):
        if piece:
            yield piece, bool(index % 2)
