"""What a run shows in a notebook: trials that ended and those that run, in one output that is redrawn."""

from __future__ import annotations

import io
import time
from collections import deque
from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from rich.text import Text

from hpo.cli.terminal.console import open_console
from hpo.cli.terminal.events import RunTable, make_headline
from hpo.fleet import EpochDone, Event, Progress
from hpo.shown import readable

_EVERY = 0.5
"""Seconds; a notebook is sent a page each time."""
_SHOWN = 12
_WIDTH = 100


class NotebookView:
    """Keeps an output of a notebook up to date: the last trials that ended, and what runs."""

    def __init__(self, progress: Progress, show: Callable[[str], Callable[[str], Any]]) -> None:
        """Begin an output.

        Args:
            progress: of the run.
            show: shows a page of HTML, and gives what puts another in its place.
        """
        self._progress = progress
        self._view = RunTable(progress)
        self._ended: deque[str] = deque(maxlen=_SHOWN)
        self._has_ended = False
        self._update = show(self._page())
        self._drawn = time.monotonic()

    def show(self, event: Event, lines: Iterable[Text]) -> None:
        """Draw what has changed."""
        self._ended.extend(line.plain for line in lines)
        if not isinstance(event, EpochDone) or time.monotonic() - self._drawn > _EVERY:
            self._update(self._page())
            self._drawn = time.monotonic()

    def end(self) -> None:
        """Leave what came of the run."""
        self._has_ended = True
        self._update(self._page())

    def _page(self) -> str:
        stream = io.StringIO()
        console = open_console(stream, width=_WIDTH, color_system=None, force_jupyter=False)
        console.print(make_headline(self._progress) if self._has_ended else self._view)
        text = "\n".join([*self._ended, *(line.rstrip() for line in stream.getvalue().splitlines())])
        return f'<pre style="line-height:1.3">{escape(readable(text, lines=True))}</pre>'


def show_page(page: str) -> Callable[[str], Any]:
    """Show HTML in the notebook that this runs in; gives what puts other HTML in its place."""
    from IPython.display import HTML, display

    handle = display(HTML(page), display_id=True)
    return lambda changed: handle.update(HTML(changed))
