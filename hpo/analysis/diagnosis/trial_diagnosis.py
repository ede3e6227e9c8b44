"""What became of a trial in words, with the figures that say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
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
_UNKNOWN = Setting()
_FAILURES = {
    "nan_loss": "It diverged before any epoch counted.",
    "out_of_memory": "The memory did not suffice for it.",
    "impossible_architecture": "Its network cannot be built.",
    "timeout": "It took longer than a trial may.",
}
_OTHER_FAILURE = "It failed before any epoch counted."


@dataclass(frozen=True, slots=True)
class TrialDiagnosis:
    """What became of a trial.

    Attributes:
        words: one sentence, or two.
        evidence: the figures that say so, a sentence each.
    """

    number: int
    kind: DiagnosisKind
    words: str
    evidence: Evidence = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "evidence": list(self.evidence)}


def diagnose_trials(study: StudyRecord, numbers: Sequence[int]) -> list[TrialDiagnosis]:
    """Say what became of some trials of a study, in the order of the numbers."""
    trials, setting = study.frozen_trials(), read_setting(study)
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
            return TrialDiagnosis(trial.number, "unfinished", f"It has not ended: it is {state}.")
        case "infeasible":
            return TrialDiagnosis(trial.number, "infeasible", "It was ruled out before any training.", lines)
        case "failed":
            words = _FAILURES.get(cause.partition(":")[0], _OTHER_FAILURE)
            return TrialDiagnosis(trial.number, "failed", words, lines)
    curves = read_curves(trial, spec)
    kind, words, evidence = _judge(curves, setting, _describe_end(curves, state == "pruned"))
    remark = (f"Its training ended early: {ledger.remark.splitlines()[0]}.",) if ledger.remark else ()
    return TrialDiagnosis(trial.number, kind, words, (*evidence, *remark))


def _judge(curves: Curves, setting: Setting, end: str) -> tuple[DiagnosisKind, str, Evidence]:  # noqa: PLR0911 - a rule each
    """Apply the rules: what makes others meaningless before them, what can be cured by more epochs before the rest."""
    if evidence := find_divergence(curves):
        return "unstable", f"It diverged: the weights of its best epoch, {curves.best_epoch}, count.", evidence
    progress = find_progress(curves, setting)
    if curves.epochs < FEWEST and not progress:
        return "too_short", f"It is too short to judge: {curves.epochs} {_plural(curves.epochs, 'epoch')}{end}.", ()
    if curves.epochs >= FEWEST and (evidence := find_stall(curves, setting)):
        return "stalled", f"It stalls: in {curves.epochs} epochs it came no further than guessing.", evidence
    if evidence := find_instability(curves, setting):
        return "unstable", "It is unstable: its curves jump, so the best epoch is partly luck.", evidence
    if progress and find_turn(curves) is None:
        return "still_learning", f"It was still learning when it ended{end}.", progress
    if evidence := find_overfitting(curves, setting):
        kept = f"; the weights of epoch {curves.best_epoch} count" if curves.best_epoch < curves.epochs else ""
        return "overfitting", f"It overfits: it knows its training images far better than others{kept}.", evidence
    if evidence := find_underfitting(curves, setting):
        words = "It stops learning (underfitting): it does not even learn its training images, and gains no more."
        return "underfitting", words, evidence
    return "good", f"It learned well: {_describe_level(curves)}.", _describe_gap(curves)


def _describe_end(curves: Curves, is_pruned: bool) -> str:
    total = f" of {curves.total}" if curves.total else ""
    if is_pruned:
        return f", stopped by the pruner after epoch {curves.epochs}{total}"
    return f", after epoch {curves.epochs}{total}" if curves.epochs < curves.total else ""


def _describe_level(curves: Curves) -> str:
    best = curves.objective[curves.best_epoch - 1]
    return f"it came to {best:.4f} in epoch {curves.best_epoch} of {curves.epochs}, and held about that"


def _describe_gap(curves: Curves) -> Evidence:
    if curves.gap is None:
        return ()
    training, validation = end_level(curves.training), end_level(curves.validation)
    sentences = [f"At the end the {curves.metric} is {training:.4f} in training and {validation:.4f} in validation."]
    turn = find_turn(curves)
    return tuple(sentences if turn is None else [*sentences, turn])


def _plural(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"
