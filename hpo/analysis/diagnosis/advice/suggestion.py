"""A piece of advice, and what it rests on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from hpo.analysis.diagnosis.rules import Evidence


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
