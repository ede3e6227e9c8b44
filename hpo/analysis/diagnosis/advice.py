"""What to try next in a study: advice, the figures that it rests on, and the change that follows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from hpo.analysis.diagnosis.rules import Evidence
from hpo.studies import StudyRecord


@dataclass(frozen=True, slots=True)
class Advice:
    """Something to try.

    Attributes:
        words: what to do, and why, in a sentence.
        evidence: the figures that it rests on, a sentence each.
        remedy: the change to the space file, and the command that makes it.
    """

    words: str
    evidence: Evidence
    remedy: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "evidence": list(self.evidence)}


def advise(study: StudyRecord) -> list[Advice]:
    """Say what to try next, the most promising first; nothing where nothing stands out."""
    return list(_advise(study))


def _advise(study: StudyRecord) -> Iterator[Advice]:
    yield from ()
