"""The section `search` of a file where an oracle of KerasTuner decides what to try."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field

from hpo.errors import Fault
from hpo.search.keras_tuner.brackets import Brackets
from hpo.spaces.sections.objectives import Objective
from hpo.spaces.sections.search import Search, SettingRemark
from hpo.spaces.sections.section import Named, Section
from hpo.spaces.space.search_space import SearchSpace

_AtLeastOne = Annotated[int, Field(ge=1)]
_PACKAGE = "keras_tuner"


class RandomOracle(Section):
    """Independent uniform draws, as by `RandomSearchOracle`."""

    name: Literal["random"] = "random"


class BayesianOracle(Section):
    """A Gaussian process and an upper confidence bound, as by `BayesianOptimizationOracle`."""

    name: Literal["bayesian"] = "bayesian"
    num_initial_points: _AtLeastOne | None = None
    """Trials drawn at random before the search proper; left out, three times the number of parameters."""
    alpha: Annotated[float, Field(gt=0)] = 1e-4
    """How noisy values are taken to be: what is added to the diagonal of the kernel matrix."""
    beta: Annotated[float, Field(ge=0)] = 2.6
    """How much is explored: standard deviations that count in a config's favour."""


class HyperbandOracle(Section):
    """Hyperband (Li et al., 2018) as by `HyperbandOracle`: brackets of successive halving, up to the file's epochs.

    Trials of a round are pruned at its epochs; those that are promoted go on from their checkpoints.
    """

    name: Literal["hyperband"] = "hyperband"
    factor: Annotated[int, Field(ge=2)] = 3
    """One in so many trials goes on to the next round, with so many times the epochs."""
    iterations: _AtLeastOne = 1
    """How often all brackets are run."""


class KerasTunerSettings(Search):
    """How a study searches, and its budget: a total, however often it is stopped and continued."""

    implementation = "hpo.search.keras_tuner.search:open_search"
    packages = {"random": _PACKAGE, "bayesian": _PACKAGE, "hyperband": _PACKAGE}  # noqa: RUF012 - a constant

    backend: Literal["keras_tuner"] = "keras_tuner"
    """Who decides what to try."""
    oracle: Annotated[BayesianOracle | RandomOracle | HyperbandOracle, *Named] = BayesianOracle()
    """How the next config is chosen, and in hyperband how hopeless trials are stopped early."""

    def faults(self, space: SearchSpace, objectives: Sequence[Objective]) -> Iterator[Fault]:
        """An oracle has one objective: of several, KerasTuner takes the sum."""
        if len(objectives) > 1:
            rule = "an oracle of KerasTuner searches for one objective"
            yield Fault(rule, f"{len(objectives)} objectives", "use backend: optuna", path=("search", "backend"))

    def remarks(self, space: SearchSpace, epochs: int) -> Iterator[SettingRemark]:
        """Remark on a budget that ends before the oracle has done what it is for."""
        oracle = self.oracle
        if isinstance(oracle, BayesianOracle) and oracle.num_initial_points is not None:
            begins = f"it can never act: it begins after {oracle.num_initial_points} trials"
            why = f"{begins}, and the budget is {self.trials}; all are drawn at random"
            is_idle = oracle.num_initial_points >= self.trials
            yield "search.oracle.bayesian.num_initial_points", why if is_idle else None
        if isinstance(oracle, HyperbandOracle):
            first = Brackets(epochs, oracle.factor).size(0, 0)
            why = f"the first bracket alone has {first} trials, and the budget is {self.trials}; none of it is promoted"
            yield "search.oracle.hyperband", why if first > self.trials else None
