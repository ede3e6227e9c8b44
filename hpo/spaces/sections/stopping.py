"""When a study ends before its budget is spent: the option `stop` of the section `search`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import Field

from hpo.errors import Fault
from hpo.spaces.sections.objectives import Objective
from hpo.spaces.sections.section import Section, Switch

SHARES = ("val_accuracy", "val_top_k_accuracy")
"""Metrics that are a share of the validation images, so that their standard error is known."""


class RegretRule(Section):
    """What is left to gain is too little, by a Gaussian process on the trials (Makarova et al., 2022)."""

    tolerance: Annotated[float, Field(gt=0)] | None = None
    """What is too little, in units of the objective. Left out, one standard error of the best trial's accuracy on the
    validation images: a smaller difference is noise of the images that happen to be there."""
    min_trials: Annotated[int, Field(ge=2)] = 30
    """Complete trials before the rule is looked at."""


class StopRules(Section):
    """When a study ends before its budget is spent: as soon as one of these rules holds.

    No trial begins then, and those that run are trained to their end. Rules may change in any study: `hpo resume STUDY
    --set search.stop.no_improvement=60`.
    """

    no_improvement: Annotated[int, Field(ge=1)] | None = None
    """So many trials in a row have ended, complete, pruned or failed, since one was the best (with several objectives:
    since one joined the Pareto front). They are counted from the first complete trial on."""
    target: float | dict[str, float] | None = None
    """A trial has come to this value of the objective, or to a better one. With several objectives, a value for each of
    some of them by its metric, `{val_accuracy: 0.93, parameters: 1e6}`, all of which one trial has to reach."""
    regret: Annotated[RegretRule | None, Switch("tolerance", float)] = None
    """What is left to gain is too little, by a bound on the regret that holds with a probability of 0.9. A number is
    the `tolerance`."""

    @property
    def is_on(self) -> bool:
        """Whether there is any rule."""
        return any(getattr(self, rule) is not None for rule in type(self).model_fields)

    def targets(self, objectives: Sequence[Objective]) -> Mapping[str, float]:
        """Give what is to be reached, by metric; nothing where no target is given."""
        if self.target is None:
            return {}
        return self.target if isinstance(self.target, dict) else {objectives[0].metric: self.target}

    def find_faults(self, objectives: Sequence[Objective]) -> Iterator[Fault]:
        """Find rules that these objectives do not allow."""
        metrics = [objective.metric for objective in objectives]
        named, regret = self.target if isinstance(self.target, dict) else {}, self.regret
        at = ("search", "stop", "target")
        if self.target is not None and not isinstance(self.target, dict) and len(metrics) > 1:
            example = ", ".join(f"{metric}: VALUE" for metric in metrics)
            rule = "with several objectives, a target names its metrics"
            yield Fault(rule, f"{self.target:g}", f"write {{{example}}}", path=at)
        for metric in named.keys() - set(metrics):
            rule = "a target is a value of an objective"
            yield Fault(rule, metric, f"the objectives are {', '.join(metrics)}", path=at)
        at = ("search", "stop", "regret")
        if regret is not None and len(metrics) > 1:
            rule, remedy = "the regret is that of one objective", "use no_improvement, or target"
            yield Fault(rule, f"{len(metrics)} objectives", remedy, path=at)
        elif regret is not None and regret.tolerance is None and metrics[0] not in SHARES:
            rule = f"{metrics[0]} is no share of the validation images: what is too little to gain has to be said"
            yield Fault(rule, "no tolerance", "write regret: {tolerance: NUMBER}", path=at)
