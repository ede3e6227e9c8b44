"""What a process wrote last: the line of its log that tells why it ended, or the last that means anything."""

from __future__ import annotations

import re

_TRACEBACK = "Traceback (most recent call last):"
_CRASH = "Fatal Python error: "
_FRAME = re.compile(r'\s*File "(?P<file>.+)", line (?P<line>\d+) in (?P<function>.+)')
"""A line of what `faulthandler` writes, the innermost call first."""
_ENGINE = re.compile(r"[/\\](site-packages|dist-packages|lib[/\\]python[\d.]+)[/\\]|<frozen ")
_CHECK = re.compile(r"F\d{4} \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.\d]*: F ")
"""How a line of TensorFlow and XLA begins after which they end the process."""
_START_UP = re.compile(
    r"I\d{4} \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.\d]*: I "
    r"|WARNING: All log messages before absl::InitializeLog|To enable the following instructions: "
    r"|.*([Ff]ailed call to cu(Init|daGetRuntimeVersion)|Unable to register cu\w+ factory|Could not find TensorRT"
    r"|[Cc]omputation placer (is )?already registered|Cannot dlopen some GPU libraries)"
)
"""What TensorFlow and absl write when they start: for information, and about a GPU that is not there."""


def last_words(log: str) -> str | None:
    """The last line that says why a process ended: an exception's, a crash's, or a check's that an engine failed.

    What else engines write, such as which instructions they use and which libraries of CUDA they miss, tells nothing;
    None where there is only that.
    """
    lines = log.splitlines()
    for index in range(len(lines) - 1, -1, -1):
        if lines[index] == _TRACEBACK:
            return _exception(lines[index + 1 :])
        if lines[index].startswith(_CRASH):
            return lines[index].removeprefix(_CRASH) + _place(lines[index + 1 :])
        if _CHECK.match(lines[index]):
            return lines[index]
    return None


def last_line(log: str) -> str | None:
    """The last line that is not what engines write whenever they start; None where there is none."""
    lines = (line.strip() for line in reversed(log.splitlines()))
    return next((line for line in lines if line and not _START_UP.match(line)), None)


def _exception(lines: list[str]) -> str | None:
    """The first line behind those of a traceback, which are indented."""
    return next((line.strip() for line in lines if line.strip() and not line.startswith((" ", "\t"))), None)


def _place(lines: list[str]) -> str:
    """Where the code of the user's, or of ours, was when the process crashed."""
    calls = [frame for frame in map(_FRAME.match, lines) if frame]
    own = [call for call in calls if not _ENGINE.search(call["file"])]
    for call in (own or calls)[:1]:
        return f" in {call['function']} (line {call['line']} of {call['file']})"
    return ""
