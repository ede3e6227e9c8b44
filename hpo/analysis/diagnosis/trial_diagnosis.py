"""What became of a trial in words, with the figures that say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from hpo.analysis.diagnosis.curves import Curves, end_level, read_curves
from hpo.analysis.diagnosis.rules import (
    FEWEST,
    Evidence,
    find_divergence,
    find_instability,
    find_overfitting,
    find_progress,
    find_stall,
    find_turn,
    find_underfitting,
    find_unsettled,
)
from hpo.analysis.diagnosis.setting import Setting, read_setting
from hpo.spaces import StudySpec
from hpo.studies import StudyRecord, TrialLedger
from hpo.studies.store.stored import state_of

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from hpo.studies.store.stored import StoredTrial

DiagnosisKind = Literal[
    "good",
    "overfitting",
    "underfitting",
    "stalled",
    "unstable",
    "still_learning",
    "too_short",
    "failed",
    "infeasible",
    "unfinished",
]
TITLES: dict[DiagnosisKind, str] = {
    "good": "Good",
    "overfitting": "Overfits",
    "underfitting": "Stops learning",
    "stalled": "Stalls",
    "unstable": "Unstable",
    "still_learning": "Still learning",
    "too_short": "Too short to judge",
    "failed": "Failed",
    "infeasible": "Ruled out",
    "unfinished": "Not ended",
}
_UNKNOWN = Setting()
_FAILURES = {
    "nan_loss": "diverged before any epoch counted",
    "out_of_memory": "needed more memory than there is",
    "impossible_architecture": "has a network that cannot be built",
    "timeout": "took longer than a trial may",
}
_OTHER_FAILURE = "failed before any epoch counted"


@dataclass(frozen=True, slots=True)
class TrialDiagnosis:
    """What became of a trial.

    Attributes:
        clause: what it is, after `it` or another subject.
        evidence: the figures that say so, a sentence each.
    """

    number: int
    kind: DiagnosisKind
    clause: str
    evidence: Evidence = ()

    @property
    def title(self) -> str:
        """Name the kind, for a heading."""
        return TITLES[self.kind]

    @property
    def words(self) -> str:
        """Say it in a sentence."""
        return self.say("it")

    def say(self, subject: str) -> str:
        """Say it in a sentence, with its title before it."""
        return f"{self.title}: {subject} {self.clause}."

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"number": self.number, "kind": self.kind, "words": self.words, "evidence": list(self.evidence)}


def rank_trials(study: StudyRecord) -> list[int]:
    """List the complete trials by number, the best in the learned objective first; of equals, the earlier one."""
    objective = study.spec.objective
    index, sign = study.spec.objectives.index(objective), -1 if objective.direction == "maximize" else 1
    return [trial.number for trial in sorted(study.compared_trials(), key=lambda trial: sign * trial.values[index])]


def diagnose_trials(study: StudyRecord, numbers: Sequence[int]) -> list[TrialDiagnosis]:
    """Say what became of some trials of a study, in the order of the numbers."""
    trials = {trial.number: trial for trial in study.frozen_trials(confirming=True)}
    setting = read_setting(study)
    return [diagnose_trial(trials[number], study.spec, setting) for number in numbers]


def diagnose_trial(trial: FrozenTrial | StoredTrial, spec: StudySpec, setting: Setting = _UNKNOWN) -> TrialDiagnosis:
    """Say what became of a trial.

    Args:
        trial: as the storage has it.
        spec: of its study.
        setting: what is known of the validation part.
    """
    state, ledger = state_of(trial), TrialLedger(trial.user_attrs)
    cause = ledger.cause or ""
    lines = tuple(cause.splitlines()[:1])
    match state:
        case "running" | "waiting":
            return TrialDiagnosis(trial.number, "unfinished", "is running" if state == "running" else "waits")
        case "infeasible":
            return TrialDiagnosis(trial.number, "infeasible", "was ruled out before any training", lines)
        case "failed":
            clause = _FAILURES.get(cause.partition(":")[0], _OTHER_FAILURE)
            return TrialDiagnosis(trial.number, "failed", clause, lines)
    curves = read_curves(trial, spec)
    kind, clause, evidence = _judge(curves, setting, _describe_end(curves, state == "pruned"))
    remark = (f"Its training ended early: {ledger.remark.splitlines()[0].rstrip('.')}.",) if ledger.remark else ()
    return TrialDiagnosis(trial.number, kind, clause, (*evidence, *remark))


def _judge(curves: Curves, setting: Setting, end: str) -> tuple[DiagnosisKind, str, Evidence]:  # noqa: PLR0911 - a rule each
    """Apply the rules: what makes others meaningless first, and what more epochs may cure before the rest."""
    epochs = f"{curves.epochs} {'epoch' if curves.epochs == 1 else 'epochs'}"
    if evidence := find_divergence(curves):
        return "unstable", f"diverged, and the weights of its best epoch, {curves.best_epoch}, count", evidence
    progress = find_progress(curves, setting)
    if curves.epochs < FEWEST and not progress:
        return "too_short", f"had {epochs}{end}", ()
    if curves.epochs >= FEWEST and (evidence := find_stall(curves, setting)):
        return "stalled", f"came no further than guessing in {epochs}{end}", evidence
    unsettled = find_unsettled(curves, setting)
    if unsettled and not progress:
        return "too_short", f"had too few steps{end} for its validation figures to say how good it is", unsettled
    if not unsettled and (evidence := find_instability(curves, setting)):
        return "unstable", f"has curves that jump{end}, so its best epoch is partly luck", evidence
    if progress and find_turn(curves) is None:
        return "still_learning", f"improved until it ended{end}, so more epochs may give more", progress
    if evidence := find_overfitting(curves, setting):
        kept = f"; the weights of epoch {curves.best_epoch} count" if curves.best_epoch < curves.epochs else ""
        return "overfitting", f"knows its training images far better than others{kept}", evidence
    if evidence := find_underfitting(curves, setting):
        return (
            "underfitting",
            f"gains no more, and has not even learned its training images{end} (underfitting)",
            evidence,
        )
    return "good", f"learned well, and {_describe_level(curves)}", _describe_gap(curves)


def _describe_end(curves: Curves, is_pruned: bool) -> str:
    total = f" of {curves.total}" if curves.total else ""
    if is_pruned:
        return f", stopped by the pruner after epoch {curves.epochs}{total}"
    return f", after epoch {curves.epochs}{total}" if curves.epochs < curves.total else ""


def _describe_level(curves: Curves) -> str:
    best = curves.objective[curves.best_epoch - 1]
    return f"came to {best:.4f} in epoch {curves.best_epoch} of {curves.epochs}"


def _describe_gap(curves: Curves) -> Evidence:
    if curves.gap is None:
        return ()
    training, validation = end_level(curves.training), end_level(curves.validation)
    sentence = f"At the end the {curves.metric} is {training:.4f} in training and {validation:.4f} in validation."
    turn = find_turn(curves)
    return (sentence,) if turn is None else (sentence, turn)
