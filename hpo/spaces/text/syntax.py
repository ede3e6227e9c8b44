"""What YAML's reader complains about, in the words of somebody who wrote a space file."""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError

from hpo.errors import Fault, Place

_UNEXPECTED = re.compile(r"(?:found|got) '?(.+?)'?$")
_TOKENS = {"<stream end>": "the end of the file", "<document start>": "`---`", "?": "a key", "-": "a list item"}


def syntax_problem(file: str, error: MarkedYAMLError) -> Fault:
    """Translate an error of the scanner, parser or composer, and place it where a person would look for it."""
    message = (error.problem or str(error)).strip()
    mark, context = error.problem_mark or error.context_mark, error.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
    start = Place(file, context.line + 1, context.column + 1) if context else place
    match = _UNEXPECTED.search(message)
    token = _TOKENS.get(match[1], f"`{match[1]}`") if match else None
    at, received, remedy = place, None, None
    if "cannot start any token" in message and "'\\t'" in message:
        rule, received, remedy = "indentation is made of spaces", "a tab", "replace it by spaces"
    elif "cannot start any token" in message:
        rule, remedy = f"no value begins with `{_quoted_part(message)}`", "put the text in quotes"
    elif "another document" in message:
        rule, received, remedy = "a space file holds one document", "a second one after `---`", "split the file"
    elif message.startswith("mapping values are not allowed"):
        rule, received = "a key begins a line, or follows `{` or a comma", "a `:` elsewhere"
        remedy = "align this line with the one above it, give that one its `: `, or quote a text that holds `: `"
    elif message.startswith("could not find expected ':'"):
        at, rule = start, "a key is followed by `: `"
    elif message.startswith("expected ',' or"):
        bracket = "`{` is closed by `}`" if message.startswith("expected ',' or '}'") else "`[` is closed by `]`"
        rule, received = f"{bracket}, with commas between what it holds", token
        at = place if place.line == start.line else start
    elif message.startswith("expected <block end>"):
        rule = "what belongs together begins in the same column, and is all keys or all list items"
        remedy = "align this line with those it belongs to"
    elif message.startswith("found undefined alias"):
        rule, received = "an alias follows its anchor", f"`*{_quoted_part(message)}`"
        remedy = "put the text in quotes if it is no alias"
    elif "quoted scalar" in str(error.context) and "end of" in message:
        at, rule, received = start, "a quote is closed", "the end of the file"
    elif message.startswith("expected the node content"):
        rule, received = "a value stands here", token
    else:
        rule, remedy = f"a space file is YAML ({message})", "look at this line and the one above it"
    return Fault(rule, received, remedy, place=at)


def _quoted_part(message: str) -> str:
    return message.split("'")[1]


def character_problem(file: str, text: str, error: ReaderError) -> Fault:
    """Translate the complaint about a character that YAML does not allow."""
    before = text[: error.position]
    place = Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
    rule = "a space file has no control characters"
    return Fault(rule, f"U+{ord(text[error.position]):04X}", "is this the right file?", place=place)
