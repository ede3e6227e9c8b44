"""What is known of a space's configs without an engine: rules of its sections, constraints, recipes."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping, Sequence

from hpo.checking.exploration import Sample, described_parts, sample
from hpo.checking.idle_parameters import IdleParameter, idle_parameters
from hpo.checking.regions.axis import complete_config
from hpo.checking.result import ConstraintShare, Findings
from hpo.spaces import Config, ConfigError, ConfigIdentity, Params, SearchSpace, StudySpec

_POINTS = 200
_CONTEXTS = 40
_CONSTRAINT_DRAWS = 1000


class Rules:
    """The configs of a study, each read once."""

    def __init__(self, spec: StudySpec) -> None:
        self._spec = spec
        self._read: dict[frozenset[tuple[str, object]], Config | str] = {}

    def config(self, params: Params) -> Config | str:
        """The config that these parameters give, or which rule it breaks."""
        key = frozenset(params.items())
        if key not in self._read:
            try:
                self._read[key] = self._spec.config(params)
            except ConfigError as error:
                self._read[key] = str(error)
        return self._read[key]

    def why(self, params: Params) -> str | None:
        """Why a config cannot be trained; see `Why`."""
        if not self._spec.admits(params):
            return None
        config = self.config(params)
        return config if isinstance(config, str) else ""

    def fingerprint(self, params: Params) -> str | None:
        """What is trained: the recipe as far as it has an effect; whatever else differs, differs in effect."""
        config = self.config(params)
        if isinstance(config, str) or not self._spec.admits(params):
            return None
        return json.dumps([config.tree.get("data"), config.tree.get("model")]) + recipe_fingerprint(config)


def recipe_parameters(spec: StudySpec) -> set[str]:
    """The names of the parameters of the section `training`, without those that freeze layers in a phase.

    What is the same to freeze, a network alone tells.
    """
    section = {"training": spec.space.template["training"]} if "training" in spec.space.template else {}
    names = {parameter.name for parameter in SearchSpace(section).parameters()}
    return {name for name in names if not name.endswith(".frozen_layers")}


def recipe_fingerprint(config: Config) -> str:
    """The recipe as far as it has an effect."""
    return config.training.effective().model_dump_json()


def sample_of(spec: StudySpec, n_points: int) -> Sample:
    """Corners and random points that the constraints allow; where the study starts from counts as a corner."""
    starts = [complete_config(spec.space, start) for start in spec.start_from]
    found = sample(spec.space, spec.admits, n_points, spec.seed)
    return Sample((*filter(spec.admits, starts), *found.corners), found.points)


def constraint_shares(spec: StudySpec, tried: Sample) -> tuple[tuple[ConstraintShare, ...], float | None]:
    """The shares of configs that meet each constraint, and all of them, as far as parameters alone decide it."""
    if not spec.constraints:
        return (), None
    generator = random.Random(spec.seed)
    drawn = [spec.excesses(spec.space.draw(generator)) for _ in range(_CONSTRAINT_DRAWS)]
    others = [spec.excesses(params) for params in (*tried.all(), *(params for _, params in spec.space.corners()))]
    told = drawn[0].keys()
    shares = tuple(
        ConstraintShare(each.text, meeting_share(drawn, others, each.text) if each.text in told else None)
        for each in spec.constraints
    )
    return shares, meeting_share(drawn, others) if told else None


def meeting_share(
    drawn: Sequence[Mapping[str, float]], others: Iterable[Mapping[str, float]], text: str | None = None
) -> float:
    """The share of a space that meets a constraint, by how much configs break each.

    Args:
        drawn: of random configs, one at least.
        others: of configs that were tried besides: where one of them meets it, the share is not 0.
        text: of the constraint; without it, all constraints are meant.

    Returns:
        The share from 0 to 1; where others alone meet it, that of half a draw.
    """

    def meets(excess: Mapping[str, float]) -> bool:
        return all(value <= 0 for value in (excess.values() if text is None else (excess[text],)))

    return (sum(map(meets, drawn)) or any(map(meets, others)) / 2) / len(drawn)


def trials_of(spec: StudySpec) -> int:
    """How many trials the budget allows; fewer where every config is tried before."""
    configs = ConfigIdentity(spec.space).count()
    return spec.search.trials if configs is None else min(spec.search.trials, configs)


def idle_recipe_parameters(spec: StudySpec, rules: Rules, contexts: Iterable[Params]) -> tuple[IdleParameter, ...]:
    """The parameters of the recipe that cannot matter: no network is needed to tell."""
    return tuple(idle_parameters(spec.space, rules.fingerprint, contexts, spec.seed, recipe_parameters(spec)))


def examine_rules(spec: StudySpec) -> Findings:
    """What can be said in a fraction of a second."""
    tried, rules = sample_of(spec, _POINTS), Rules(spec)
    shares, feasible = constraint_shares(spec, tried)
    contexts = [params for params in tried.all()[:_CONTEXTS] if rules.why(params) == ""]
    return Findings(
        tried=len(tried.all()),
        broken=tuple(described_parts(spec.space, rules.why, tried, spec.admits, spec.seed)),
        constraints=shares,
        feasible=feasible,
        idle=idle_recipe_parameters(spec, rules, contexts),
    )
