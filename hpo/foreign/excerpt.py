"""A plain value of another tool's file on one line, cut short, for comments and errors."""

from __future__ import annotations

from hpo.shown import readable
from hpo.spaces import Value
from hpo.spaces.space.rendering import flow

_DEEPEST = 6


def excerpt(value: Value, limit: int = 300) -> str:
    """Show a plain value on one line of at most `limit` characters; texts are left bare."""
    text = one_line(_informal(value, _DEEPEST))
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def one_line(text: str) -> str:
    """Leave out what would end a comment, or what YAML does not allow in one; the indentation stays."""
    body = text.lstrip(" ")
    return " " * (len(text) - len(body)) + readable(" ".join(body.split()))


def _informal(value: Value, levels: int) -> str:
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
