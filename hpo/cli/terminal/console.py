"""Consoles of rich's that show readable text, whoever wrote it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from hpo.shown import readable


def open_console(stream: IO[str] | None = None, **options: Any) -> Console:  # noqa: ANN401 - rich's
    """What draws tables and wraps lines: on the standard output, or on another stream; options are rich's."""
    return _Console(file=stream, highlight=False, markup=False, emoji=False, **options)


def readable_text(text: str, style: str = "") -> Text:
    """A styled text; rich's own leaves out what it takes for a command, such as the bell."""
    return Text(readable(text), style=style)


@contextmanager
def show_status(terminal: IO[str] | None = None) -> Iterator[Callable[[str], None]]:
    """Show what is being done as one line on the standard error, in a terminal alone; yields what changes it."""
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
        """As rich does; texts that were made elsewhere are met here at the latest."""
        for segment in super().render(renderable, options):
            is_text = segment.control is None
            yield segment._replace(text=readable(segment.text, lines=True)) if is_text else segment

    def on_broken_pipe(self) -> None:
        """Leave it to the stream; rich would end the process."""
        raise BrokenPipeError
