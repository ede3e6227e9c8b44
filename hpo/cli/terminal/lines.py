"""Findings as lines of a word and a text beside it, wrapped to the width of the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from rich.console import Console

INDENT = 11
"""Where the text begins."""


def print_lines(console: Console, lines: Iterable[tuple[str, str]], width: int = INDENT) -> None:
    """`broken     depth >= 4 ...`, the text wrapped beside the word; the same word is not repeated.

    A word that has no room before the text has a line of its own.
    """
    previous = ""
    for word, text in lines:
        indent = " " * width
        if len(word) >= width and word != previous:
            console.print(word, soft_wrap=True)
            previous = word
        first = f"{'' if word == previous else word:<{width}}"
        wrapped = textwrap.fill(
            " ".join(text.split()),
            console.width,
            initial_indent=first,
            subsequent_indent=indent,
            break_on_hyphens=False,
            break_long_words=False,  # of paths, which people copy
        )
        console.print(wrapped, soft_wrap=True)
        previous = word


def format_count(number: int, one: str, several: str | None = None) -> str:
    """`1 class`, `20 classes`."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"
