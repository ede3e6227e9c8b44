"""One thing that was looked at: whether it is well, what was found, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found of one thing.

    Attributes:
        subject: what was looked at, in a word or two.
        status: `error` where trials would fail for it, `warning` where they would be slow, fewer or lost.
        text: what there is.
        remedy: what to do; None where nothing has to be done.
    """

    subject: str
    status: Status
    text: str
    remedy: str | None = None
