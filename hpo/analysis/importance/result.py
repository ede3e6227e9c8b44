"""What importances say, as data and in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from hpo.analysis.importance.ped_anova import choose_share
from hpo.analysis.importance.targets import Selection

PED_ANOVA = "PED-ANOVA"
_FEW_TRIALS = 10


@dataclass(frozen=True, slots=True)
class ParameterImportance:
    """How important one parameter is.

    Attributes:
        name: of the parameter.
        share: of the importance of all parameters.
        low: where the interval of that share begins, which holds 95 % of resamples.
        high: where it ends.
        rank: 1 for the most important; None where it cannot be told.
        ranks: the highest and the lowest rank that is possible.
        by_chance: whether it does no more than chance.
        conditional: whether only some trials have it.
        trials: how many trials have it.
        within: its share among the parameters of those trials, if it is conditional; else None.
    """

    name: str
    share: float
    low: float
    high: float
    rank: int | None
    ranks: tuple[int, int]
    by_chance: bool
    conditional: bool
    trials: int
    within: float | None


@dataclass(frozen=True, slots=True)
class Importances:
    """How much each parameter explains of the difference between trials.

    Attributes:
        parameters: those that do more than chance before the others, the most important first; their shares add up to
            1. Empty where nothing can be said, see `reason`.
        conditional: the names of parameters that only some trials have.
        constant: those of parameters that took one value in all trials.
        metric: what is explained; `front` for how near a trial is to the Pareto front.
        selection: of all trials, or of the best quarter.
        trials: how many trials this rests on.
        pruned: how many of them were pruned.
        drawn: how many of them, drawn at random, were computed with.
        ties: how many of them have the most frequent value.
        reason: why nothing can be said; None where something is.
        method: how the shares were computed.
    """

    parameters: tuple[ParameterImportance, ...]
    conditional: tuple[str, ...]
    constant: tuple[str, ...]
    metric: str
    selection: Selection
    trials: int
    pruned: int
    drawn: int
    ties: int
    reason: str | None
    method: str

    @property
    def shares(self) -> dict[str, float]:
        """The share of each parameter."""
        return {parameter.name: parameter.share for parameter in self.parameters}

    @property
    def by_chance(self) -> tuple[str, ...]:
        """The parameters that do no more than chance: values exchanged between trials at random give as much."""
        return tuple(parameter.name for parameter in self.parameters if parameter.by_chance)

    def in_words(self) -> list[str]:
        """Say what to know of the shares, a sentence each."""
        return _describe(self)

    def to_json(self) -> dict[str, Any]:
        """Plain values; programs rely on the keys."""
        return {"shares": self.shares, "by_chance": self.by_chance, **asdict(self)}


def _describe(importances: Importances) -> list[str]:
    """Say what to know of importances, a sentence each."""
    return [
        *_describe_basis(importances),
        *_describe_ranks([one for one in importances.parameters if not one.by_chance]),
        *_describe_chance(importances),
        *_describe_ties(importances),
        *_describe_conditional(importances),
        *_describe_constant(importances),
    ]


def format_ranks(parameter: ParameterImportance) -> str:
    """Write a rank, or the ranks that are possible: `1`, `2-4`; "" for what does no more than chance."""
    if parameter.by_chance:
        return ""
    highest, lowest = parameter.ranks
    return str(highest) if highest == lowest else f"{highest}-{lowest}"


def _describe_basis(importances: Importances) -> Iterator[str]:
    quarter = "the best quarter, " if importances.selection == "best quarter" else ""
    pruned = f", {importances.pruned} of them pruned" if importances.pruned else ""
    kind = "trials" if importances.pruned else "complete trials"
    few = ": few, so a hint at most" if importances.trials < _FEW_TRIALS else ""
    metric = "nearness to the Pareto front" if importances.metric == "front" else importances.metric
    yield (
        f"{importances.method} of {metric} over {quarter}{importances.trials} {kind}{pruned}{few}. "
        "The shares add up to 100%."
    )
    if importances.method == PED_ANOVA and importances.drawn:
        best = math.ceil(choose_share(importances.drawn) * importances.drawn)
        yield (
            f"Asked is what sets the best {best} of them apart, which may be another parameter than the one that makes "
            "most of the difference between all: fANOVA tells that."
        )
    if importances.drawn < importances.trials:
        yield f"Shares and intervals are computed of {importances.drawn} of the trials, drawn at random."


def _describe_ranks(influential: list[ParameterImportance]) -> Iterator[str]:
    if not influential:
        return
    open_names = [one.name for one in influential if one.rank is None]
    if not open_names:
        yield "Each rank can be told: it holds in 95% of resamples, all at once."
    elif len(open_names) == len(influential):
        yield "No rank can be told: the intervals are too wide for so few trials, or the parameters matter as much."
    else:
        yield f"The rank of {_join(open_names)} cannot be told: in resampled trials it changes."


def _describe_chance(importances: Importances) -> Iterator[str]:
    if importances.by_chance:
        names = ", ".join(importances.by_chance)
        yield f"No more than chance: {names}. Values exchanged between trials at random give as much."
        ranked = [one.share for one in importances.parameters if not one.by_chance]
        if ranked and min(ranked) < max(one.share for one in importances.parameters if one.by_chance):
            yield (
                "That is a test of each parameter alone, whatever the method; where it contradicts a share, rely on "
                "neither."
            )


def _describe_ties(importances: Importances) -> Iterator[str]:
    if 2 * importances.ties > importances.trials:
        others = importances.trials - importances.ties
        yield (
            f"{importances.ties} of the trials have the same value, so all rests on the other {others}"
            f"{'' if others > 1 else ' alone'}."
        )


def _describe_conditional(importances: Importances) -> Iterator[str]:
    names = [one.name for one in importances.parameters if one.conditional]
    if names:
        yield f"Only some trials have {_join(sorted(names))}."


def _describe_constant(importances: Importances) -> Iterator[str]:
    if importances.constant:
        yield f"Nothing can be said of {_join(importances.constant)}, which took one value in all trials."


def _join(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
