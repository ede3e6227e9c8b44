"""What is found in a user's files that the user should know: what is damaged, passed over, or there twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hpo.shown import readable

Kind = Literal[
    "damaged", "too large", "unreadable", "broken link", "missing", "hidden", "not an image", "outside a class",
    "linked folder", "empty class", "only folders", "several frames", "duplicate", "nearly black", "one colour",
]  # fmt: skip
"""`missing`: a table lists it, and it is not there; `hidden`: or litter of an operating system; `linked folder`: links
to folders are not followed inside a class, nor where they lead back to a folder that they lie in; `only folders`: the
images of a class lie in folders below its own, which may be the classes that are meant; `nearly black`, `one colour`:
once the image has 8 bits a channel. All are described by `hpo.data.inspection`."""

DAMAGE: frozenset[Kind] = frozenset({"damaged", "too large", "unreadable", "broken link", "missing"})
"""What is no image that can be trained on: refused with all such files named, or skipped, as `data.damaged` says."""

_SHOWN, _NOTED = 10, 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One file or folder, and what is the matter with it."""

    kind: Kind
    path: Path
    detail: str

    def __str__(self) -> str:
        return readable(f"{self.path}: {self.detail}")


def list_findings(findings: Sequence[Finding]) -> str:
    """List findings, one a line, ten at most: how errors and warnings name files."""
    more = [f"and {len(findings) - _SHOWN} more"] if len(findings) > _SHOWN else []
    return "\n".join([*map(str, findings[:_SHOWN]), *more])


def summarize_findings(findings: Sequence[Finding], root: Path) -> str:
    """Name findings in one line, three at most, below the root: how notes name files."""
    files = [f"{relative_name(finding.path, root)} ({readable(finding.detail)})" for finding in findings[:_NOTED]]
    more = [f"and {len(findings) - _NOTED} more"] if len(findings) > _NOTED else []
    return "; ".join([*files, *more])


def count_endings(findings: Sequence[Finding]) -> str:
    """Count the files of each ending, the most frequent first: `60 .heic, 1 .txt, 1 without an ending`."""
    counts = Counter(finding.path.suffix.lower() for finding in findings)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    endings = [f"{count:,} {readable(ending) or 'without an ending'}" for ending, count in ranked[:_SHOWN]]
    rest = sum(count for _, count in ranked[_SHOWN:])
    return ", ".join([*endings, *([f"{rest:,} others"] if rest else [])])


def relative_name(path: Path, root: Path) -> str:
    """Name a path in a text about the folder that it lies in."""
    return readable(path.relative_to(root) if path.is_relative_to(root) else path)
