"""What became of a study in words: what its best trial shows, and whether the other good ones show the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from hpo.analysis.diagnosis.rules import Evidence
from hpo.analysis.diagnosis.trial_diagnosis import DiagnosisKind, TrialDiagnosis, diagnose_trials, rank_trials
from hpo.studies import StudyRecord

_TOP = 10
"""Trials that are looked at: those that a reader would choose from."""
_COUNTED: dict[DiagnosisKind, tuple[str, str]] = {
    "good": ("learned well", "learned well"),
    "overfitting": ("overfits", "overfit"),
    "underfitting": ("stops learning", "stop learning"),
    "stalled": ("stalls", "stall"),
    "unstable": ("is unstable", "are unstable"),
    "still_learning": ("was still learning", "were still learning"),
    "too_short": ("is too short to judge", "are too short to judge"),
}
"""What one trial does, and what several do."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What became of a study.

    Attributes:
        kind: of its best trial; `failed` where none is complete, and `unfinished` where none has ended.
        words: a heading and a sentence.
        evidence: the figures that say so, a sentence each.
    """

    kind: DiagnosisKind
    words: str
    evidence: Evidence = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "evidence": list(self.evidence)}


def conclude(study: StudyRecord) -> Conclusion:
    """Say what became of a study."""
    best = study.best
    if best is None:
        return _conclude_without_best(study)
    (diagnosis,) = diagnose_trials(study, [best.number])
    others = diagnose_trials(study, rank_trials(study)[:_TOP])
    words = diagnosis.say(f"trial {best.number}, the best,")
    return Conclusion(diagnosis.kind, words, (*diagnosis.evidence, *_count(others)))


def _conclude_without_best(study: StudyRecord) -> Conclusion:
    counts = {state: count for state, count in study.counts().items() if count}
    ended = {state: count for state, count in counts.items() if state not in ("running", "waiting")}
    if not ended:
        return Conclusion("unfinished", "Not ended: no trial has ended yet.")
    listed = ", ".join(f"{count} {state}" for state, count in ended.items())
    causes = Counter(trial.cause.splitlines()[0] for trial in study.trials() if trial.cause)
    evidence = tuple(f"{count} of them: {cause}" for cause, count in causes.most_common(3))
    return Conclusion("failed", f"Failed: no trial is complete ({listed}).", evidence)


def _count(diagnoses: list[TrialDiagnosis]) -> Evidence:
    if len(diagnoses) < 2:  # noqa: PLR2004 - there is nothing to count
        return ()
    kinds = Counter(diagnosis.kind for diagnosis in diagnoses)
    listed = ", ".join(f"{count} {_COUNTED[kind][count > 1]}" for kind, count in kinds.most_common())
    return (f"Of the {len(diagnoses)} best trials, {listed}.",)
