"""The section `search` of a file where Optuna decides what to try: its samplers and pruners."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count as count_up
from typing import Annotated, Literal

from pydantic import Field

from hpo.errors import Fault
from hpo.spaces.sections.objectives import Objective
from hpo.spaces.sections.search import Search, SettingRemark
from hpo.spaces.sections.section import Named, Section
from hpo.spaces.space.parameters import Float, Int
from hpo.spaces.space.search_space import SearchSpace
from hpo.spaces.spec.spec import StudySpec

Count = Annotated[int, Field(ge=0)]
AtLeastOne = Annotated[int, Field(ge=1)]
Probability = Annotated[float, Field(ge=0, le=1)]
_NEVER = "it can never act"


class Auto(Section):
    """What searched best in simulations (`benchmarks/search/search_quality.py`).

    A Gaussian process on learning curves, which learns from trials that were stopped too, begins with the priors, or
    the middle of the ranges, and looks near the priors first; `tpe` where there are several objectives.
    """

    name: Literal["auto"] = "auto"


class Tpe(Section):
    """Tree-structured Parzen estimator (Bergstra et al., 2011), one density per group of co-active parameters."""

    name: Literal["tpe"] = "tpe"
    n_startup_trials: Count = 10
    """Trials drawn at random before the search proper."""
    n_ei_candidates: AtLeastOne = 24
    """Candidates drawn for each suggestion, of which the most promising is taken."""


class Random(Section):
    """Independent uniform draws."""

    name: Literal["random"] = "random"


class Grid(Section):
    """Every configuration once, in a seeded order, after those to start from; what is not active is not crossed."""

    name: Literal["grid"] = "grid"


class CmaEs(Section):
    """CMA-ES (Hansen, 2016) for numbers; choices and conditional parameters are drawn at random."""

    name: Literal["cmaes"] = "cmaes"
    n_startup_trials: AtLeastOne = 1
    """Trials drawn at random before the search proper."""


class Gp(Section):
    """Gaussian-process Bayesian optimization; needs PyTorch."""

    name: Literal["gp"] = "gp"
    n_startup_trials: Count = 10
    """Trials drawn at random before the search proper."""


class Nsga2(Section):
    """NSGA-II (Deb et al., 2002), a genetic algorithm."""

    name: Literal["nsga2"] = "nsga2"
    population_size: Annotated[int, Field(ge=2)] = 50
    """Trials in a generation."""
    mutation_prob: Probability | None = None
    """Probability that a parameter mutates; left out, 1 over the number of parameters."""
    crossover_prob: Probability = 0.9
    """Probability that a trial has two parents."""


class Qmc(Section):
    """Quasi-Monte Carlo (scrambled Sobol or Halton points) for numbers; choices are drawn at random."""

    name: Literal["qmc"] = "qmc"
    qmc_type: Literal["sobol", "halton"] = "sobol"
    """The sequence of points."""


UNPRUNED_SHARE = 1 / 8
"""Of the most epochs that a trial may have: what each trial gets where a file does not say it; chosen by
`benchmarks/search/pruners.py`."""
_FIRST_RUNG_SHARE = 1 / 16
"""Of the most epochs that a trial may have: what each trial gets before it may be promoted."""


class NoPruner(Section):
    """Every trial runs to its end."""

    name: Literal["none"] = "none"


class Compared(Section):
    """What pruners share that compare a trial with earlier ones at the same epoch."""

    n_startup_trials: Count = 5
    """Complete trials before any is stopped."""
    n_warmup_steps: Count | None = None
    """Epochs of each trial in which it is not stopped; left out, an eighth of the most epochs that a trial may have."""
    interval_steps: AtLeastOne = 1
    """Epochs between two comparisons."""
    n_min_trials: AtLeastOne = 5
    """Trials that a trial is compared with at least: at an epoch that fewer complete ones reached, none is stopped."""


class Median(Compared):
    """Stop a trial whose best epoch so far is worse than the median of earlier trials at the same epoch."""

    name: Literal["median"] = "median"


class Percentile(Compared):
    """As `median`, keeping the given percentage of trials."""

    name: Literal["percentile"] = "percentile"
    percentile: Annotated[float, Field(ge=0, le=100)] = 25.0
    """The percentage of trials that go on."""


class SuccessiveHalving(Section):
    """Asynchronous successive halving (Li et al., 2020)."""

    name: Literal["successive_halving"] = "successive_halving"
    min_resource: AtLeastOne | None = None
    """Epochs that every trial gets; left out, an eighth of the most epochs that a trial may have, and 1 at least."""
    reduction_factor: Annotated[int, Field(ge=2)] = 4
    """One in so many trials goes on to the next rung, with so many times the epochs."""
    min_early_stopping_rate: Count = 0
    """Rungs left out at the start."""
    n_min_trials: AtLeastOne = 5
    """Trials that a trial is compared with at least: at an epoch that fewer others reached, none is stopped."""


class Promotion(Section):
    """Asynchronous successive halving with promotions (Li et al., 2020): a trial that was stopped may go on later.

    At each rung, the best ones of all trials that have come there go on. The others stop, and go on from there once
    enough worse ones have come; `pruned` is what they are called meanwhile.
    """

    name: Literal["promotion"] = "promotion"
    min_resource: AtLeastOne | None = None
    """Epochs that every trial gets; left out, a sixteenth of the most epochs that a trial may have, and 2 at least."""
    reduction_factor: Annotated[int, Field(ge=2)] = 3
    """One in so many trials goes on to the next rung, with so many times the epochs."""

    def rungs(self, epochs: int) -> tuple[int, ...]:
        """Give the epochs after which trials are compared, where none has more than `epochs`.

        None lies in the last third of a trial: what could be saved there is less than what is known by then.
        """
        first = self.min_resource or max(2, round(epochs * _FIRST_RUNG_SHARE))
        count = next(power for power in count_up() if first * self.reduction_factor**power * 3 > epochs * 2)
        return tuple(first * self.reduction_factor**power for power in range(count))


class AutoPruner(Section):
    """What searched best in simulations (`benchmarks/search/search_quality.py`), at equal epochs: `promotion`.

    Where a sweep of W&B gives out the runs, which end once, it is successive halving by 2, from an eighth of the most
    epochs that a trial may have, and 2 at least, among 4 or more.
    """

    name: Literal["auto"] = "auto"

    def to_halving(self, epochs: int) -> SuccessiveHalving:
        """Say what that is where no trial has more epochs, and none goes on that has stopped."""
        return SuccessiveHalving(
            min_resource=max(2, round(epochs * UNPRUNED_SHARE)), reduction_factor=2, n_min_trials=3
        )


class Hyperband(Section):
    """Hyperband (Li et al., 2018): brackets of successive halving, up to the largest number of epochs in the file."""

    name: Literal["hyperband"] = "hyperband"
    min_resource: AtLeastOne | None = None
    """Epochs that every trial gets; left out, an eighth of the most epochs that a trial may have, and 1 at least."""
    reduction_factor: Annotated[int, Field(ge=2)] = 3
    """One in so many trials goes on to the next rung, with so many times the epochs."""
    n_min_trials: AtLeastOne = 5
    """Trials of its bracket that a trial is compared with at least, before it is stopped."""


class OptunaOptions(Search):
    """What a file may say of Optuna's samplers and pruners, whoever gives out what they choose."""

    packages = {"gp": "torch"}  # noqa: RUF012 - a constant
    earlier_defaults = {"sampler": "tpe", "pruner": "median"}  # noqa: RUF012 - a constant

    sampler: Annotated[Auto | Tpe | Random | Grid | CmaEs | Gp | Nsga2 | Qmc, *Named] = Auto()
    """How the next config is chosen."""
    pruner: Annotated[
        AutoPruner | Promotion | Median | Hyperband | SuccessiveHalving | Percentile | NoPruner, *Named
    ] = AutoPruner()
    """How hopeless trials are stopped early."""

    def faults(self, space: SearchSpace, objectives: Sequence[Objective]) -> Iterator[Fault]:
        """CMA-ES has one objective, and a grid finitely many values."""
        if self.sampler.name == "cmaes" and len(objectives) > 1:
            rule, remedy = "CMA-ES searches for one objective", "use tpe, nsga2, random, qmc, gp or grid"
            yield Fault(rule, f"{len(objectives)} objectives", remedy, path=("search", "sampler"))
        for parameter in space.parameters() if self.sampler.name == "grid" else ():
            if isinstance(parameter, Float) and parameter.size is None:
                rule, remedy = "a grid needs finitely many values", "add a step, or use another sampler"
                yield Fault(rule, "a float without a step", remedy, subject=parameter.name)

    def remarks(self, space: SearchSpace, epochs: int) -> Iterator[SettingRemark]:
        """Remark on what waits for longer than the budget or a trial lasts, and on what is searched in vain."""
        for name, section in (("sampler", self.sampler), ("pruner", self.pruner)):
            for key in ("n_startup_trials", "n_min_trials", "population_size"):
                if key in section.model_fields_set and (count := getattr(section, key)) is not None:
                    what = "all are drawn at random" if name == "sampler" else "none is stopped early"
                    begins = f"{_NEVER}: it begins after {count} trials, and the budget is {self.trials}; {what}"
                    yield f"search.{name}.{section.name}.{key}", begins if count >= self.trials else None
        yield from self._pruner_remarks(epochs)
        if self.sampler.name in ("cmaes", "qmc"):
            has_number = any(isinstance(parameter, Int | Float) for parameter in space.unconditional())
            why = f"{_NEVER}: it searches numbers that every config has, and there is none; all is drawn at random"
            yield f"search.sampler.{self.sampler.name}", None if has_number else why

    def _pruner_remarks(self, epochs: int) -> Iterator[SettingRemark]:
        pruner = self.pruner
        subject, trained = f"search.pruner.{pruner.name}", f"and no trial has more than {epochs}"
        if "pruner" in self.model_fields_set and pruner.name != "none" and epochs == 1:
            yield subject, f"{_NEVER}: a trial of one epoch has nothing left to stop"
            return
        if "pruner" in self.model_fields_set and isinstance(pruner, AutoPruner):
            why = f"{_NEVER}: trials are first compared after 2 epochs, {trained}"
            yield subject, None if Promotion().rungs(epochs) else why
        if isinstance(pruner, Promotion) and pruner.min_resource is not None:
            why = f"{_NEVER}: no trial is stopped in the last third of its epochs, {trained}"
            yield f"{subject}.min_resource", None if pruner.rungs(epochs) else why
        warmup = getattr(pruner, "n_warmup_steps", None)
        if warmup:
            why = f"{_NEVER}: no trial is stopped in its first {warmup} epochs, {trained}"
            yield f"{subject}.n_warmup_steps", why if warmup >= epochs else None
        if isinstance(pruner, SuccessiveHalving | Hyperband):
            skipped = getattr(pruner, "min_early_stopping_rate", 0)
            resource = pruner.min_resource or max(1, round(epochs * UNPRUNED_SHARE))
            first = resource * pruner.reduction_factor**skipped
            key = "min_early_stopping_rate" if resource < epochs and skipped else "min_resource"
            why = f"{_NEVER}: trials are first compared after {first} epochs, {trained}"
            yield f"{subject}.{key}", why if first >= epochs > 1 else None
        percentile = getattr(pruner, "percentile", 0.0)
        if percentile == 100:  # noqa: PLR2004 - per cent
            yield f"{subject}.percentile", f"{_NEVER}: all trials go on"
        if 0 < percentile < 1:
            yield f"{subject}.percentile", f"{percentile:g} % of the trials go on. Was {percentile * 100:g} meant?"


class OptunaSettings(OptunaOptions):
    """How a study searches, and its budget: a total, however often it is stopped and continued."""

    implementation = "hpo.search.optuna.promoting:open_search"

    backend: Literal["optuna"] = "optuna"
    """Who decides what to try."""


def settings_of(spec: StudySpec) -> OptunaOptions:
    """Give the section `search` of a file that has Optuna's samplers and pruners decide."""
    if not isinstance(spec.search, OptunaOptions):
        raise TypeError(f"the file has {spec.search.backend} decide what to try")
    return spec.search


def promotion_of(spec: StudySpec) -> Promotion | None:
    """Give how a file has trials promoted that were stopped; None where they stay stopped."""
    pruner = settings_of(spec).pruner
    return Promotion() if isinstance(pruner, AutoPruner) else pruner if isinstance(pruner, Promotion) else None
