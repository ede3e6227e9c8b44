"""Which parameters decided the result."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from hpo.studies import Study

MIN_TRIALS = 2
FEW_TRIALS = 10


@dataclass(frozen=True, slots=True)
class Importances:
    """How much each parameter explains of the difference between good trials and the others.

    Attributes:
        shares: by parameter, most important first; they add up to 1. Empty where nothing can be said, see `reason`.
        conditional: parameters that only some trials have; they are not compared with the others.
        trials: how many complete trials this rests on.
        reason: why nothing can be said; None where something is.
    """

    shares: dict[str, float]
    conditional: tuple[str, ...]
    trials: int
    reason: str | None

    @property
    def is_a_hint(self) -> bool:
        """Whether so few trials say little."""
        return self.trials < FEW_TRIALS

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def importances(study: Study) -> Importances:
    """Parameter importances by PED-ANOVA (Watanabe et al., 2023), Optuna's default, over complete trials.

    With several objectives they are importances for being on, or near, the front of unbeaten trials.
    """
    import optuna

    complete = study.compared_trials()
    names = {name for trial in complete for name in trial.params}
    shared = {name for name in names if all(name in trial.params for trial in complete)}
    conditional = tuple(sorted(names - shared))
    common = {name for name in shared if len({trial.params[name] for trial in complete}) > 1}
    reason = None
    if len(complete) < MIN_TRIALS:
        reason = f"importances need {MIN_TRIALS} complete trials, and there are {len(complete)}"
    elif not common:
        reason = "no parameter that all complete trials have took two values"
    elif len({tuple(trial.values) for trial in complete}) == 1:
        reason = "all complete trials have the same values"
    if reason is not None:
        return Importances({}, conditional, len(complete), reason)
    found = optuna.importance.get_param_importances(study.optuna_study, params=sorted(common))
    shares = dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
    return Importances(shares, conditional, len(complete), None)
