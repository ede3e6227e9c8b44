"""Text for people: whatever a file, a study, a library or a user's code says, made safe to look at."""

from __future__ import annotations

import json
import re
from typing import IO, Any

_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""What draws nothing although Unicode counts it among letters, marks and symbols: most of its property
Default_Ignorable_Code_Point (DerivedCoreProperties.txt); the rest of it is no printable text for Python either."""


def readable(text: object, *, lines: bool = False) -> str:
    r"""A text that shows all that is in it, and does nothing to a terminal.

    Control characters, and with them the escape sequences of terminals, marks that turn the direction of writing, other
    invisible characters, and halves of characters (which names of files may hold) are spelled out: `\x1b`, `\u202e`.

    Args:
        text: what to show, as `str` has it.
        lines: whether it may have several lines; else line breaks and tabs are spelled out too.
    """
    raw = str(text)
    if is_readable(raw.replace("\n", "").replace("\t", "") if lines else raw):
        return raw
    allowed = "\n\t" if lines else ""
    return "".join(letter if letter in allowed or is_readable(letter) else _spell_out(letter) for letter in raw)


def is_readable(text: str) -> bool:
    """Whether every character of a text is one that people can see, or a space."""
    return text.isprintable() and not _INVISIBLE.search(text)


def json_text(value: object, *, indent: int | None = None) -> str:
    """A plain value as JSON in printable ASCII, which people may look at in any terminal."""
    return json.dumps(value, indent=indent).replace("\x7f", "\\u007f")  # what `json` leaves of control characters


class ReadableStream:
    """A stream of text for people, into which others write what they like."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a stream has
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write the text as `readable` shows its lines."""
        self._stream.write(readable(text, lines=True))
        return len(text)


def hide_password(url: str) -> str:
    """Write a URL without the passwords in it; one of the web also without its user, which may be a token."""
    url = re.sub(r"^(https?://)[^/]*@", r"\1***@", url, flags=re.DOTALL)
    url = re.sub(r"^([^:/]+://[^:/@]*):.*@", r"\1:***@", url, flags=re.DOTALL)
    return re.sub(r"([?&][^=&]*(?:pass|secret|token|key)[^=&]*=)[^&]*", r"\1***", url, flags=re.IGNORECASE)


def _spell_out(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
