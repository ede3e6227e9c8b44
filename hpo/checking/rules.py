"""What is known of a space's configs without an engine: rules of its sections, constraints, recipes."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterable, Mapping, Sequence

from hpo.checking.exploration import Sample, describe_parts, draw_sample
from hpo.checking.idle_parameters import IdleParameter, find_idle_parameters
from hpo.checking.regions.axis import complete_config
from hpo.checking.result import ConstraintShare, Findings
from hpo.spaces import Config, ConfigError, ConfigIdentity, Params, SearchSpace, StudySpec

Excesses = Sequence[Mapping[str, float]]
"""By how much each of some configs breaks each constraint; see `StudySpec.excesses`."""

_POINTS = 200
_CONTEXTS = 40
_CONSTRAINT_DRAWS = 1000


class Rules:
    """The configs of a study, each read once."""

    def __init__(self, spec: StudySpec) -> None:
        self._spec = spec
        self._configs: dict[frozenset[tuple[str, object]], Config | str] = {}

    def config(self, params: Params) -> Config | str:
        """The config that these parameters give, or which rule it breaks."""
        key = frozenset(params.items())
        if key not in self._configs:
            try:
                self._configs[key] = self._spec.config(params)
            except ConfigError as error:
                self._configs[key] = str(error)
        return self._configs[key]

    def admitted_config(self, params: Params) -> Config | str | None:
        """The config, or which rule it breaks; None where constraints leave it out."""
        return self.config(params) if self._spec.admits(params) else None

    def why(self, params: Params) -> str | None:
        """Why a config cannot be trained; see `Why`."""
        config = self.admitted_config(params)
        return "" if isinstance(config, Config) else config

    def fingerprint(self, params: Params) -> str | None:
        """What is trained: the recipe as far as it has an effect; whatever else differs, differs in effect."""
        config = self.admitted_config(params)
        if not isinstance(config, Config):
            return None
        recipe = config.training.effective().model_dump_json()
        return json.dumps([config.tree.get("data"), config.tree.get("model")]) + recipe


def recipe_parameters(spec: StudySpec) -> set[str]:
    """The names of the parameters of the section `training`, without those that freeze layers in a phase.

    Whether two ways to freeze layers are the same depends on the network.
    """
    section = {"training": spec.space.template["training"]} if "training" in spec.space.template else {}
    names = {parameter.name for parameter in SearchSpace(section).parameters()}
    return {name for name in names if not name.endswith(".frozen_layers")}


def sample_of(spec: StudySpec, n_points: int) -> Sample:
    """Corners and random points that the constraints allow; where the study starts from counts as a corner."""
    starts = [complete_config(spec.space, start) for start in spec.start_from]
    sample = draw_sample(spec.space, spec.admits, n_points, spec.seed)
    return Sample((*filter(spec.admits, starts), *sample.corners), sample.points)


def constraint_shares(
    spec: StudySpec, sample: Sample, with_costs: tuple[Excesses, Excesses] = ((), ())
) -> tuple[tuple[ConstraintShare, ...], float | None]:
    """The shares of configs that meet each constraint, and all of them.

    Args:
        spec: the study.
        sample: configs that were looked at.
        with_costs: by how much configs break each constraint whose network was built: random ones, and all. Without
            it, shares are known as far as parameters alone decide them.
    """
    if not spec.constraints:
        return (), None
    generator = random.Random(spec.seed)
    draws = [spec.excesses(spec.space.draw(generator)) for _ in range(_CONSTRAINT_DRAWS)]
    others = [spec.excesses(params) for params in (*sample.all(), *(params for _, params in spec.space.corners()))]
    groups = [group for group in ((draws, others), with_costs) if group[0] and group[0][0]]
    texts = [constraint.text for constraint in spec.constraints]
    shares = (next((_share(*group, text) for group in groups if text in group[0][0]), None) for text in texts)
    feasible = math.prod(_share(*group) for group in groups) if groups else None
    return tuple(map(ConstraintShare, texts, shares)), feasible


def _share(draws: Excesses, others: Excesses, text: str | None = None) -> float:
    """The share of a space that meets a constraint, or all of them: of random configs, one at least.

    Where others alone meet it, it is that of half a draw.
    """

    def meets(excess: Mapping[str, float]) -> bool:
        return all(value <= 0 for value in (excess.values() if text is None else (excess[text],)))

    return (sum(map(meets, draws)) or any(map(meets, others)) / 2) / len(draws)


def trials_of(spec: StudySpec) -> int:
    """How many trials the budget allows; fewer where every config is tried before."""
    configs = ConfigIdentity(spec.space).count()
    return spec.search.trials if configs is None else min(spec.search.trials, configs)


def idle_recipe_parameters(spec: StudySpec, rules: Rules, contexts: Iterable[Params]) -> tuple[IdleParameter, ...]:
    """The parameters of the recipe that cannot matter, which needs no network."""
    return tuple(find_idle_parameters(spec.space, rules.fingerprint, contexts, spec.seed, recipe_parameters(spec)))


def examine_rules(spec: StudySpec) -> Findings:
    """What can be said in a fraction of a second."""
    sample, rules = sample_of(spec, _POINTS), Rules(spec)
    shares, feasible = constraint_shares(spec, sample)
    contexts = [params for params in sample.all()[:_CONTEXTS] if rules.why(params) == ""]
    return Findings(
        tried=len(sample.all()),
        broken=describe_parts(spec, rules.why, sample),
        constraints=shares,
        feasible=feasible,
        idle=idle_recipe_parameters(spec, rules, contexts),
    )
