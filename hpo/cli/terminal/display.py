"""What a run shows while it runs, in a terminal, in a notebook, in a log, and to programs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol, TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from hpo.cli.terminal.console import open_console
from hpo.cli.terminal.events import RunTable, describe_confirmed, describe_event, make_headline
from hpo.cli.terminal.lines import print_lines
from hpo.cli.terminal.output import OutputLost, ignore_loss, tell, write_json
from hpo.fleet import EpochDone, Event, Listener, Progress, TrialEnded, WorkerReady, to_json
from hpo.studies import StudyAddress, StudyRecord, describe_open_runs

_EPOCH_LINE_EVERY = 30.0
"""Seconds between lines on the epochs of long trials, where there is no terminal."""


class View(Protocol):
    """Where a run is shown."""

    def show(self, event: Event, lines: Iterable[Text]) -> None:
        """Show an event; `lines` are what people want to read later."""

    def end(self) -> None:
        """Leave what came of the run."""


class Display:
    """Shows a run on the standard error, so that the standard output holds the result alone."""

    def __init__(self, *, as_json: bool, quiet: bool, stream: TextIO | None = None) -> None:
        self._as_json = as_json
        self._quiet = quiet
        # A terminal that was closed fails every write (EIO), while the trials are still to be given back.
        self._console = open_console(stream or ignore_loss(sys.stderr))
        self._view: View | None = None
        self.address: StudyAddress | None = None
        """The study's, once its run has begun."""
        self.has_lost_output = False
        """Whether it was said that the standard output takes no more."""

    @property
    def is_silent(self) -> bool:
        """Whether people see nothing of it."""
        return self._as_json or self._quiet

    def note(self, text: str) -> None:
        """Tell people what they should know of the file before the run."""
        if not self.is_silent:
            print_lines(self._console, [("note", text)])

    def warn(self, text: str) -> None:
        """Tell people what they have to know, whatever else they want to read."""
        print_lines(self._console, [("warning", text)])

    @contextmanager
    def close_at_end(self) -> Iterator[None]:
        """Leave the terminal in order, however the run ends."""
        try:
            yield
        finally:
            if self._view is not None:
                self._view.end()

    def listen(self, study: StudyRecord, *, is_watched: bool = False) -> Listener:
        """Begin to show a study's run, or one of others that is only watched; gives its listener."""
        self.address = study.address
        if self._quiet:
            return lambda event: None
        if self._as_json:
            return lambda event: self._print_json(event, study.address)
        progress = replace(Progress.of(study), is_watched=is_watched)
        self._view = self._open_view(progress)
        return show_events(progress, self._view)

    def _open_view(self, progress: Progress) -> View:
        if self._console.is_jupyter:
            from hpo.cli.terminal.notebook import NotebookView, show_page

            return NotebookView(progress, show_page)
        return (LiveView if self._console.is_terminal else PlainView)(self._console, progress)

    def _print_json(self, event: Event, address: StudyAddress) -> None:
        try:
            write_json(to_json(event), indent=None)
        except OutputLost as error:
            if not self.has_lost_output:
                self.has_lost_output = True
                show = f"hpo show {address.argument}"
                tell(f"hpo: standard output: {error.reason}. The study goes on; `{show}` prints it.")


def show_events(progress: Progress, view: View) -> Listener:
    """Make a listener that sums up events in `progress` and shows each in a view."""

    def take(event: Event) -> None:
        before, runs = progress.front, len(progress.confirms)
        progress.take(event)
        lines = describe_event(event, progress, is_best=progress.front != before)
        if len(progress.confirms) > runs:
            lines.insert(0, Text(describe_open_runs(progress.confirms)))
        view.show(event, lines)

    return take


class LiveView:
    """Lines of the trials that ended, and below them a table of the running trials that is redrawn."""

    def __init__(self, console: Console, progress: Progress) -> None:
        self._console = console
        self._live = Live(RunTable(progress), console=console, refresh_per_second=4, transient=True)
        self._live.start()

    def show(self, event: Event, lines: Iterable[Text]) -> None:
        """Print what stays on the screen."""
        for line in lines:
            self._console.print(line)

    def end(self) -> None:
        """Take the table away."""
        self._live.stop()


class PlainView:
    """A line for each trial that ended, and now and then one for a trial that takes long."""

    def __init__(self, console: Console, progress: Progress) -> None:
        self._console = console
        self._progress = progress
        self._last_line = time.monotonic()

    def show(self, event: Event, lines: Iterable[Text]) -> None:
        """Print the lines of an event."""
        for line in lines:
            self._print(line.plain)
        match event:
            case WorkerReady(worker, name, device):
                self._print(f"worker {worker} ready on {name}, {device}")
            case EpochDone(_, number, epoch, epochs, value, images_per_second):
                if time.monotonic() - self._last_line > _EPOCH_LINE_EVERY:
                    metric = self._progress.learned.metric
                    speed = f"{images_per_second:,.0f} images/s"
                    confirms = describe_confirmed(self._progress, number)
                    self._print(f"trial {number:>4}  epoch {epoch}/{epochs}, {metric} {value:.4f}, {speed}{confirms}")
            case TrialEnded(state=state) if state != "infeasible":
                self._print(make_headline(self._progress).plain)

    def end(self) -> None:
        """Leave all lines as they are."""

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)
        self._last_line = time.monotonic()
