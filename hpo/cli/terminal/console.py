"""Consoles of rich's that show readable text, whoever wrote it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from hpo.shown import readable


def open_console(stream: IO[str] | None = None, **options: Any) -> Console:  # noqa: ANN401 - rich's
    """Make what draws tables and wraps lines on the standard output, or on another stream; options are rich's."""
    return _Console(file=stream, highlight=False, markup=False, emoji=False, **options)


def make_readable_text(text: str, style: str = "") -> Text:
    """Make a styled text; rich's own leaves out what it takes for a command, such as the bell."""
    return Text(readable(text), style=style)


def make_table(
    titles: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Collection[str] = (), fills_line: bool = False
) -> Table:
    """Make a table without lines.

    Args:
        titles: of the columns.
        rows: a cell for each column.
        numbers: the columns that are aligned on the right.
        fills_line: whether the last column takes the rest of the line and is cut off where it has no room; the others
            are then as wide as their texts.
    """
    rows = list(rows)
    table = Table(box=None, pad_edge=False, header_style="bold", expand=fills_line)
    for index, title in enumerate(titles):
        justify: Any = "right" if title in numbers else "left"
        if not fills_line:
            table.add_column(title, justify=justify, overflow="fold")
        elif index < len(titles) - 1:
            width = max(len(title), *(len(row[index]) for row in rows)) if rows else len(title)
            table.add_column(title, justify=justify, no_wrap=True, min_width=width)
        else:
            table.add_column(title, no_wrap=True, overflow="ellipsis", ratio=1)
    for row in rows:
        table.add_row(*row)
    return table


@contextmanager
def show_status(terminal: IO[str] | None = None) -> Iterator[Callable[[str], None]]:
    """Show what is being done as one line on the standard error if that is a terminal; yields what changes it."""
    console = open_console(terminal or sys.stderr)
    if not console.is_terminal:
        yield lambda doing: None
        return
    with console.status("starting") as status:
        yield status.update


class _Console(Console):
    """A console of rich's whose texts are readable: only its own styles reach the terminal as commands."""

    def render_str(self, text: str, **options: Any) -> Text:  # noqa: ANN401 - rich's
        """As rich does; before anything is measured."""
        return super().render_str(readable(text, lines=True), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As rich does; this is where texts that others made pass at the latest."""
        for segment in super().render(renderable, options):
            is_text = segment.control is None
            yield segment._replace(text=readable(segment.text, lines=True)) if is_text else segment

    def on_broken_pipe(self) -> None:
        """Leave it to the stream; rich would end the process."""
        raise BrokenPipeError
