"""Advice on trials that failed, or were ruled out, for one cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from statistics import median

from hpo.analysis.diagnosis.advice.remedy import describe_change
from hpo.analysis.diagnosis.advice.suggestion import Advice
from hpo.spaces import Float
from hpo.studies import StudyRecord, TrialRecord

_FEWEST, _SHARE = 3, 0.1
"""Trials of one cause, and their share of all that have ended: fewer cost little."""
_BELOW = 0.95
"""Of the lowest learning rate that diverged: where the range ends that is advised."""
_WORDS = {
    "nan_loss": "Keep trials from diverging",
    "out_of_memory": "Keep trials within the memory",
    "impossible_architecture": "Leave networks out that cannot be built",
    "timeout": "Give trials more time, or less to do",
    "worker_died": "Find out what ends the workers",
    "hang": "Find out what the workers wait for",
    "error": "Correct what fails",
}
_REMEDIES = {
    "out_of_memory": "Set on_oom.accumulate_up_to, or a constraint, as constraints: [memory <= 8e9]. Type: `hpo check`",
    "impossible_architecture": "Add a constraint that leaves them out; `hpo check FILE` describes them",
    "timeout": "Raise recovery.trial_timeout, or train for fewer epochs",
    "worker_died": "Type: `hpo doctor`",
    "hang": "Type: `hpo doctor`",
}


def advise_on_failures(study: StudyRecord) -> Iterator[Advice]:
    """Advise on each cause for which more than a few trials failed, the most frequent first."""
    trials = study.trials()
    ended = [trial for trial in trials if trial.state not in ("running", "waiting", "infeasible")]
    failed = [trial for trial in ended if trial.state == "failed" and trial.outside is None]
    kinds = Counter((trial.cause or "error").partition(":")[0] for trial in failed)
    for kind, count in kinds.most_common():
        if count < _FEWEST or count < _SHARE * len(ended):
            continue
        of_kind = [trial for trial in failed if (trial.cause or "error").startswith(kind)]
        causes = Counter((trial.cause or "").splitlines()[0] if trial.cause else "" for trial in of_kind)
        cause = causes.most_common(1)[0][0].removeprefix(f"{kind}: ").rstrip(".")
        evidence = (f"{count} of {len(ended)} trials failed for it, as trial {of_kind[0].number}: {cause}.",)
        others = [trial for trial in ended if trial.state in ("complete", "pruned")]
        narrower = _narrow(study, of_kind, others) if kind == "nan_loss" else None
        if narrower is not None:
            text, remedy = narrower
            yield Advice(f"{_WORDS[kind]}: search lower learning rates.", (*evidence, text), remedy)
            continue
        remedy = _REMEDIES.get(kind) or f"Type: `hpo trials {study.address.argument} --state failed`"
        if kind == "nan_loss":
            remedy = describe_change(study, {"training.gradient_clipping": {"norm": 1.0}}) or remedy
        yield Advice(f"{_WORDS.get(kind, 'Correct what fails')}.", evidence, f"{remedy.rstrip('.')}.")


_RATES = ("learning_rate", "learning_rates.base", "learning_rates.head")
"""How the names of parameters end that are learning rates."""


def _narrow(study: StudyRecord, failed: list[TrialRecord], others: list[TrialRecord]) -> tuple[str, str] | None:
    """Find that those that diverged have higher learning rates than the others, and the range without those."""
    for parameter in study.spec.space.parameters():
        name = parameter.name
        if not isinstance(parameter, Float) or not name.endswith(_RATES):
            continue
        diverged = [float(trial.params[name]) for trial in failed if name in trial.params]  # type: ignore[arg-type]
        trained = [float(trial.params[name]) for trial in others if name in trial.params]  # type: ignore[arg-type]
        if len(diverged) < _FEWEST or not trained or min(diverged) < median(trained):
            continue
        bound = float(f"{_BELOW * min(diverged):.2g}")
        if not parameter.low < bound < parameter.high:
            continue
        options = {"log": True} if parameter.log else {}
        remedy = describe_change(study, {name: {"float": [parameter.low, bound], **options}})
        if remedy is not None:
            text = f"All that diverged have {name} from {min(diverged):.3g} on; half of the others have less than "
            return f"{text}{median(trained):.3g}.", remedy
    return None
