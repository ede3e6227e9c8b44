"""What is drawn in a terminal: rich's own styles, and no command of anybody else's."""

from __future__ import annotations

import io

from rich.live import Live
from rich.table import Table
from rich.text import Text

from hpo.cli.terminal.console import open_console

HOSTILE = "a\x1b[31mb\u202ec"


class Terminal(io.StringIO):
    """A terminal that remembers what was written to it."""

    def isatty(self):
        return True


def test_no_text_commands_the_terminal_however_it_is_printed():
    terminal = Terminal()
    console = open_console(terminal)
    table = Table(HOSTILE)
    table.add_row(HOSTILE, Text(HOSTILE))
    console.print(HOSTILE, Text(HOSTILE, style="red"), table)
    with Live(Text(HOSTILE), console=console, transient=True):
        pass
    with console.status(HOSTILE):
        pass
    shown = terminal.getvalue()
    assert "\x1b[31mb" not in shown
    assert "\u202e" not in shown
    assert r"a\x1b[31mb\u202ec" in shown
    assert "\x1b[" in shown  # rich's own


def test_a_column_is_as_wide_as_what_is_shown():
    stream = io.StringIO()
    table = Table(box=None, pad_edge=False)
    for _ in range(2):
        table.add_column()
    table.add_row(HOSTILE, "next")
    table.add_row("short", "next")
    open_console(stream).print(table)
    first, second = [line for line in stream.getvalue().splitlines() if line.strip()]
    assert first.index("next") == second.index("next")
