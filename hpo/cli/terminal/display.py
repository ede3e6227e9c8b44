"""What a run shows while it runs, in a terminal, in a notebook, in a log, and to programs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from hpo.analysis import duration, note_text, parameter_text, remark_text, value_text, values_text
from hpo.cli.terminal.console import open_console, readable_text
from hpo.cli.terminal.lines import print_lines
from hpo.cli.terminal.output import OutputLost, tell, write_json
from hpo.fleet import (
    EpochDone,
    Event,
    Listener,
    Notice,
    Progress,
    Stopping,
    TestScored,
    TrialEnded,
    WorkerDied,
    WorkerReady,
    to_json,
)
from hpo.studies import Study

_EPOCH_LINE_EVERY = 30.0
"""Seconds; without a terminal, a long trial says so often where it is."""
_STYLES = {"complete": "green", "pruned": "yellow", "failed": "red", "infeasible": "dim", "waiting": "dim"}


class Display:
    """Shows a run on the standard error, so that the standard output holds the result alone."""

    def __init__(self, *, as_json: bool, quiet: bool, stream: TextIO | None = None) -> None:
        self._as_json = as_json
        self._quiet = quiet
        self._console = open_console(stream or sys.stderr)
        self._end: Callable[[], None] | None = None
        self.study: str | None = None
        """The study's name, once its run has begun."""
        self.argument: str | None = None
        """What names it on a command line."""
        self.has_lost_output = False
        """Whether people know that the standard output takes no more."""

    @property
    def is_silent(self) -> bool:
        """Whether people see nothing of it."""
        return self._as_json or self._quiet

    def note(self, text: str) -> None:
        """Tell people of the file what they should know before it is worked on."""
        if not self.is_silent:
            print_lines(self._console, [("note", text)])

    def warn(self, text: str) -> None:
        """Tell people what they have to know, whatever else they want to read."""
        print_lines(self._console, [("warning", text)])

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Leave the terminal in order, however the run ends."""
        try:
            yield
        finally:
            if self._end is not None:
                self._end()

    def listen(self, study: Study) -> Listener:
        """The listener for a study's run."""
        self.study, self.argument = study.name, study.folder.argument
        if self._quiet:
            return _print_nothing
        if self._as_json:
            return self._print_json
        progress = Progress.of(study)
        if self._console.is_jupyter:
            from hpo.cli.terminal.notebook import NotebookView, show_page

            page = NotebookView(progress, show_page)
            self._end = page.end
            return page.take
        if not self._console.is_terminal:
            return _PlainLines(self._console, progress).take
        view = _LiveView(progress)
        live = Live(view, console=self._console, refresh_per_second=4, transient=True)
        self._end = live.stop
        live.start()

        def take(event: Event) -> None:
            before = progress.front
            progress.take(event)
            for line in ended_lines(event, progress, is_best=progress.front != before):
                self._console.print(line)

        return take

    def _print_json(self, event: Event) -> None:
        try:
            write_json(to_json(event), indent=None)
        except OutputLost as error:
            if not self.has_lost_output:
                self.has_lost_output = True
                tell(f"hpo: standard output: {error.reason}. The study goes on; `hpo show {self.study}` prints it.")


def ended_lines(event: Event, progress: Progress, *, is_best: bool) -> list[Text]:
    """What stays on the screen of an event: a line or two for those that people want to read later."""
    match event:
        case TrialEnded():
            return _trial_lines(event, progress, is_best=is_best)
        case Notice(_, text):
            return [readable_text(f"data: {note_text(text)}", "yellow")]
        case WorkerDied(worker, reason):
            return [readable_text(f"worker {worker} ended: {reason.splitlines()[0]}", "red")]
        case TestScored(_, number, _, _, error) if error is not None:
            return [readable_text(f"test part: the model of trial {number} was not evaluated: {error}", "red")]
        case Stopping():
            return [Text(stopping_text(event))]
    return []


def _trial_lines(ended: TrialEnded, progress: Progress, *, is_best: bool) -> list[Text]:
    state, cause, values = ended.state, ended.cause, ended.values
    if state == "infeasible":
        return [readable_text(f"trial {ended.number:>4}  {cause or state}", _STYLES[state])]
    line = Text.assemble(f"trial {ended.number:>4}  ", (f"{state:<9}", _STYLES.get(state, "")))
    if values is not None:
        objectives = progress.objectives if state == "complete" else (progress.learned,)
        line.append(f" {values_text(objectives, values)}")
    line.append(f"  {duration(ended.duration_s)}")
    if is_best:
        line.append("  best so far" if len(progress.objectives) == 1 else "  unbeaten so far", style="bold")
    if state == "waiting":
        line.append("  given back" if cause is None else "  its worker died: it runs once more")
    lines = [line]
    if cause is not None and state != "waiting":
        lines.append(readable_text(f"            {cause.splitlines()[0]}", "red"))
    if ended.remark is not None:
        lines.append(readable_text(f"            {remark_text(ended.remark)}", "yellow"))
    return lines


def stopping_text(stopping: Stopping) -> str:
    """What is waited for, for how long, and what another Ctrl-C does."""
    steps = "a trial's step" if stopping.running == 1 else f"the steps of {stopping.running} trials"
    awaited = f"{steps} to end, to give {'it' if stopping.running == 1 else 'them'} back" if stopping.running else ""
    awaited = awaited or "workers to end"
    if stopping.waited_s:
        times = f"{stopping.waited_s:.0f} of {stopping.patience_s:.0f} s"
        return f"still waiting for {awaited} ({times}); Ctrl-C ends them at once"
    return f"stopping: waiting up to {stopping.patience_s:.0f} s for {awaited}; Ctrl-C again ends them at once"


class _LiveView:
    """The table of running trials, drawn anew several times a second."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __rich__(self) -> Group:
        progress = self._progress
        table = Table(box=None, pad_edge=False, header_style="dim", expand=True)
        for title in ("trial", "epoch", progress.learned.metric, "images/s"):
            table.add_column(title, justify="right", no_wrap=True, min_width=len(title))
        table.add_column("parameters", overflow="ellipsis", no_wrap=True, style="dim", ratio=1)
        for trial in sorted(progress.running.values(), key=lambda trial: trial.number):
            table.add_row(
                str(trial.number),
                f"{trial.epoch}/{trial.epochs}",
                "" if trial.value is None else f"{trial.value:.4f}",
                "" if trial.images_per_second is None else f"{trial.images_per_second:,.0f}",
                parameter_text(trial.params),
            )
        return Group(headline(progress), table if progress.running else Text(_waiting_for(progress), style="dim"))


def headline(progress: Progress) -> Text:
    """`quickstart: 5 of 12 trials, best 0.9514 (trial 1), 0:23, 0:31 left`."""
    line = Text.assemble(
        (progress.study, "bold"),
        f": {progress.done} of {progress.budget} trials",
        overflow="ellipsis",
        no_wrap=True,
    )
    for state in ("pruned", "failed", "infeasible"):
        if progress.counts[state]:
            line.append(f", {progress.counts[state]} {state}", style=_STYLES[state])
    if len(progress.objectives) > 1:
        line.append(f", {len(progress.front)} unbeaten")
    elif progress.front:
        number, (value,) = progress.front[0]
        line.append(f", best {value_text(progress.learned.metric, value)} (trial {number})")
    line.append(f", {duration(progress.elapsed)}")
    if progress.eta is not None and progress.done < progress.budget:
        line.append(f", {duration(progress.eta)} left")
    return line


def _waiting_for(progress: Progress) -> str:
    if not progress.devices:
        return "starting workers: loading the engine and the data"
    return "evaluating what is best on the test part" if progress.done >= progress.budget else "between trials"


class _PlainLines:
    """One line for each trial that ended, and now and then one for a trial that takes long."""

    def __init__(self, console: Console, progress: Progress) -> None:
        self._console = console
        self._progress = progress
        self._last_line = time.monotonic()

    def take(self, event: Event) -> None:
        before = self._progress.front
        self._progress.take(event)
        match event:
            case WorkerReady(worker, name, device):
                self._print(f"worker {worker} ready on {name}, {device}")
            case EpochDone(_, number, epoch, epochs, value, images_per_second):
                if time.monotonic() - self._last_line > _EPOCH_LINE_EVERY:
                    metric = self._progress.learned.metric
                    speed = f"{images_per_second:,.0f} images/s"
                    self._print(f"trial {number:>4}  epoch {epoch}/{epochs}, {metric} {value:.4f}, {speed}")
            case _:
                for line in ended_lines(event, self._progress, is_best=self._progress.front != before):
                    self._print(line.plain)
                if isinstance(event, TrialEnded) and event.state != "infeasible":
                    self._print(headline(self._progress).plain)

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)
        self._last_line = time.monotonic()


def _print_nothing(event: Event) -> None:
    """The result alone is asked for."""
