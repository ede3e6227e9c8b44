"""Which parameters decided the result."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from hpo.spaces import Objective, front
from hpo.studies import StudyRecord

if TYPE_CHECKING:
    import optuna
    from numpy.typing import NDArray

    from hpo.studies.store.stored import StoredTrial

    AnyTrial = optuna.trial.FrozenTrial | StoredTrial

MIN_TRIALS = 2
FEW_TRIALS = 10
METHOD = "fANOVA"
_PERMUTATIONS = 400
_CHANCE = 0.05
_MOST_TRIALS = 200
"""So many, drawn at random of more, take three seconds of a core with all that is loaded for it; more take longer."""
_GROUPS = 3
_SEED = 0


@dataclass(frozen=True, slots=True)
class Importances:
    """How much each parameter explains of the difference between trials.

    Attributes:
        shares: by parameter, those that do more than chance before the others, the most important first; they add up
            to 1. Empty where nothing can be said, see `reason`.
        by_chance: those that do no more than chance: when values are exchanged between trials at random, some parameter
            seems to explain as much in one of twenty exchanges or more.
        conditional: parameters that only some trials have.
        trials: how many complete trials this rests on.
        ties: how many of them have the most frequent value.
        reason: why nothing can be said; None where something is.
        method: how the shares were computed.
    """

    shares: dict[str, float]
    by_chance: tuple[str, ...]
    conditional: tuple[str, ...]
    trials: int
    ties: int
    reason: str | None
    method: str = METHOD

    def in_words(self) -> list[str]:
        """Say what to know of the shares, a sentence each."""
        few = ": few, so a hint at most" if self.trials < FEW_TRIALS else ""
        sentences = [f"{self.method} over {self.trials} complete trials{few}. The shares add up to 100%."]
        if self.by_chance:
            names = ", ".join(self.by_chance)
            sentences.append(f"No more than chance: {names}. Values exchanged between trials at random give as much.")
        if 2 * self.ties > self.trials:
            others = self.trials - self.ties
            sentences.append(
                f"{self.ties} of the trials have the same value, so all rests on the other {others}"
                f"{'' if others > 1 else ' alone'}."
            )
        ranked = [name for name in self.conditional if name in self.shares]
        if ranked:
            sentences.append(f"Only some trials have {', '.join(ranked)}.")
        return sentences

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def compute_importances(study: StudyRecord) -> Importances:
    """Parameter importances by fANOVA (Hutter et al., 2014) over complete trials, each held against chance.

    With several objectives they are importances for how near a trial is to the front: the value of a trial is how many
    fronts have to be taken away before it is on one.

    Of five functions it named the right parameter first in 83 % of studies, PED-ANOVA (Watanabe et al., 2023), Optuna's
    default, in 58 % (`benchmarks/importance.py`).
    """
    trials = study.compared_trials()
    values = _rank(study.spec.objectives, [trial.values for trial in trials])
    names = {name for trial in trials for name in trial.params}
    conditional = tuple(sorted(name for name in names if any(name not in trial.params for trial in trials)))
    ties = max(Counter(values).values(), default=0)
    reason = None
    if len(trials) < MIN_TRIALS:
        reason = f"importances need {MIN_TRIALS} complete trials, and there are {len(trials)}"
    elif not _find_varying(trials):
        reason = "no parameter took two values in complete trials"
    elif len(set(values)) == 1:
        reason = "all complete trials have the same values"
    if reason is not None:
        return Importances({}, (), conditional, len(trials), ties, reason)
    shares, apart = compute_shares(trials, values), find_influential(trials, values)
    by_chance = tuple(name for name in shares if name not in apart)
    shares = {name: shares[name] for name in (*(name for name in shares if name in apart), *by_chance)}
    return Importances(shares, by_chance, conditional, len(trials), ties, None)


def compute_shares(trials: Sequence[AnyTrial], values: Sequence[float]) -> dict[str, float]:
    """Compute the share of each parameter that took two values, the most important first.

    fANOVA looks at parameters that every trial has: one that a trial has not is filled in at random, so that what the
    trial is like is no effect of it.

    Args:
        trials: complete ones.
        values: what is explained, one a trial; not all the same.
    """
    import numpy as np
    import optuna

    random = np.random.default_rng(_SEED)
    varying = _find_varying(trials)
    chosen = list(range(len(trials)))
    if len(trials) > _MOST_TRIALS:
        chosen = sorted(random.choice(len(trials), _MOST_TRIALS, replace=False).tolist())
    copies = [
        optuna.trial.create_trial(
            params={
                name: trials[index].params.get(name, _draw(distribution, random))
                for name, distribution in varying.items()
            },
            distributions=varying,
            value=values[index],
        )
        for index in chosen
    ]
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=_SEED)
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # it logs each study that is created
    study = optuna.create_study(storage=optuna.storages.InMemoryStorage())
    study.add_trials(copies)
    shares = optuna.importance.get_param_importances(study, evaluator=evaluator, params=sorted(varying))
    return dict(sorted(((name, float(share)) for name, share in shares.items()), key=lambda item: (-item[1], item[0])))


def find_influential(trials: Sequence[AnyTrial], values: Sequence[float]) -> set[str]:
    """Find the parameters that explain more of the values than chance would.

    What one explains is the share of the variance of the values' ranks that lies between groups of the trials that have
    it: those of each category, or thirds of a number. It is held against the most that any parameter explains where the
    values are exchanged at random (a permutation test; Westfall and Young, 1993), so that among many parameters that do
    nothing, one is found to do so in one of twenty studies.

    Args:
        trials: complete ones.
        values: one a trial.
    """
    import numpy as np

    explained = explain_each_alone(trials, values)
    most = np.max(np.stack(list(explained.values())), axis=0)[1:]
    return {
        name
        for name, shares in explained.items()
        if (1 + int((most >= shares[0] - 1e-9).sum())) / (1 + len(most)) < _CHANCE
    }


def explain_each_alone(trials: Sequence[AnyTrial], values: Sequence[float]) -> dict[str, NDArray[Any]]:
    """Compute what each parameter explains of the values, and of the same values exchanged at random.

    Returns:
        By parameter `[1 + permutations]`: the share of the variance of ranks that it explains, less what so many groups
        explain by chance.
    """
    import numpy as np
    from scipy.stats import rankdata

    ranks = rankdata(values)
    ranks = (ranks - ranks.mean()) / max(float(ranks.std()), 1e-12)
    random = np.random.default_rng(_SEED)
    exchanged = np.stack([ranks, *(random.permutation(ranks) for _ in range(_PERMUTATIONS))])
    explained: dict[str, NDArray[Any]] = {}
    for name in _find_varying(trials):
        having = [index for index, trial in enumerate(trials) if name in trial.params]
        groups = _make_groups([trials[index].params[name] for index in having])
        sizes, of_those = groups.sum(axis=0), exchanged[:, having]
        sums = (of_those - of_those.mean(axis=1, keepdims=True)) @ groups
        by_chance = (len(sizes) - 1) / max(len(trials) - 1, 1)
        explained[name] = (sums**2 / sizes).sum(axis=1) / len(trials) - by_chance
    return explained


def _make_groups(values: Sequence[Any]) -> NDArray[Any]:
    """Put trials into groups by a parameter's values: `[trials, groups]`, 0 or 1; no group is empty."""
    import numpy as np

    are_numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    labels: list[object] = [repr(value) for value in values]
    if are_numbers and len(set(values)) > _GROUPS:
        bounds = np.quantile(values, [group / _GROUPS for group in range(1, _GROUPS)])
        labels = list(np.searchsorted(bounds, values, side="right"))
    return np.array([[label == group for group in dict.fromkeys(labels)] for label in labels], float)


def _find_varying(trials: Iterable[AnyTrial]) -> dict[str, optuna.distributions.BaseDistribution]:
    """Find the parameters that took two values; gives their distributions by their names, sorted."""
    values: dict[str, set[object]] = {}
    distributions: dict[str, optuna.distributions.BaseDistribution] = {}
    for trial in trials:
        for name, value in trial.params.items():
            values.setdefault(name, set()).add(value)
            distributions[name] = _read_distribution(trial.distributions[name])
    return {name: distributions[name] for name in sorted(values) if len(values[name]) > 1}


@cache
def _read_distribution(stored: str | optuna.distributions.BaseDistribution) -> optuna.distributions.BaseDistribution:
    """Read a distribution, which is JSON in a trial that was read without Optuna."""
    from optuna.distributions import json_to_distribution

    return json_to_distribution(stored) if isinstance(stored, str) else stored


def _draw(distribution: Any, random: Any) -> Any:  # noqa: ANN401 - one of three kinds, and NumPy's generator
    """Draw a value of a parameter, uniform on its scale."""
    if hasattr(distribution, "choices"):
        return distribution.choices[int(random.integers(len(distribution.choices)))]
    low, high = distribution.low, distribution.high
    if distribution.log:
        value = math.exp(random.uniform(math.log(low), math.log(high)))
    elif distribution.step is not None:
        value = low + distribution.step * int(random.integers(round((high - low) / distribution.step) + 1))
    else:
        value = random.uniform(low, high)
    value = min(max(value, low), high)
    return round(value) if isinstance(low, int) else value


def _rank(objectives: Sequence[Objective], values: Sequence[Sequence[float]]) -> list[float]:
    """Give each trial one value: that of the objective, or how many fronts have to be taken away before its own."""
    if len(objectives) == 1:
        return [float(value) for (value,) in values]
    depths, left, depth = [0.0] * len(values), list(range(len(values))), 0
    while left:
        unbeaten = {left[index] for index in front(objectives, [values[index] for index in left])}
        for index in unbeaten:
            depths[index] = float(depth)
        left = [index for index in left if index not in unbeaten]
        depth += 1
    return depths
