"""The section `search` of a file where a sweep of Weights & Biases decides what to try."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from hpo.errors import Fault
from hpo.search.optuna.settings import OptunaOptions, Promotion
from hpo.spaces.sections.objectives import Objective
from hpo.spaces.sections.search import SettingRemark
from hpo.spaces.sections.section import Section
from hpo.spaces.sections.tracking import ProjectName, TrackerSettings
from hpo.spaces.space.parameters import Choice, Float, Parameter
from hpo.spaces.space.search_space import SearchSpace

SweepMethod = Literal["bayes", "random", "grid", "hpo"]


def _read_path(path: str) -> str:
    """Take the address of a sweep's page for its path."""
    page = re.fullmatch(r"https?://.+?/([^/]+)/([^/]+)/sweeps/([^/?#]+).*", path)
    path = "/".join(page.groups()) if page else path
    if not re.fullmatch(r"[^/\s]+/[^/]+/[^/\s]+", path):
        raise ValueError("it is ENTITY/PROJECT/ID, or the address of the sweep's page")
    return path


class EarlyTerminate(Section):
    """How a sweep stops runs early, as W&B writes it: one bracket of successive halving, whatever it is called.

    Runs are compared after `min_iter` epochs, and then each time after `eta` times as many; or, counted down from
    `max_iter`, at the last `s` of such epochs.
    """

    type: Literal["hyperband"] = "hyperband"
    """W&B has no other."""
    min_iter: Annotated[int, Field(ge=1)] | None = None
    """Epochs before the first comparison."""
    max_iter: Annotated[int, Field(ge=1)] | None = None
    """Epochs from which comparisons are counted down; with `s`, and not beside `min_iter`."""
    s: Annotated[int, Field(ge=1)] | None = None
    """The number of comparisons below `max_iter`."""
    eta: Annotated[int | float, Field(gt=1)] = 3
    """One in so many runs goes on after a comparison."""
    strict: bool = False
    """Whether a run is judged by its value at the comparison, and not by its best one so far."""

    @model_validator(mode="after")
    def _is_counted_one_way(self) -> Self:
        if self.min_iter is not None and (self.max_iter is not None or self.s is not None):
            raise ValueError("comparisons begin at min_iter, or are counted down from max_iter (W&B ignores min_iter)")
        if self.min_iter is None and (self.max_iter is None or self.s is None):
            raise ValueError("it needs min_iter, or max_iter with s")
        return self

    @property
    def first(self) -> int:
        """The epochs after which runs are first compared; 0 where W&B would find none."""
        if self.min_iter is not None:
            return self.min_iter
        bands = [(self.max_iter or 0) / self.eta**power for power in range(1, (self.s or 0) + 1)]
        return int(min((band for band in bands if band >= 1), default=0))


class WandbSettings(OptunaOptions):
    """How a sweep of Weights & Biases searches, and the budget: a total, however often the study is continued.

    The space becomes the sweep's parameters (docs/wandb.md). The key of its API is read as wandb reads it, from
    `WANDB_API_KEY` or what `wandb login` has stored; `WANDB_BASE_URL` says which server.
    """

    implementation = "hpo.search.wandb.scheduled:open_search"
    preparation = "hpo.search.wandb.sweep:prepare_sweep"
    companion = "hpo.search.wandb.scheduling:schedule"
    packages = {**OptunaOptions.packages, "wandb": "wandb"}  # noqa: RUF012 - a constant

    backend: Literal["wandb"] = "wandb"
    """Who decides what to try."""
    method: SweepMethod = "bayes"
    """How W&B chooses: a Gaussian process, independent draws, or every combination; or `hpo`: W&B shows the sweep and
    gives out its runs, and `sampler` and `pruner` decide."""
    early_terminate: EarlyTerminate | None = None
    """How runs are stopped early; without it none is."""
    project: ProjectName | None = None
    """The project of the sweep; left out, what `WANDB_PROJECT` says, then `hpo`."""
    entity: ProjectName | None = None
    """The user or the team whose sweep it is; left out, the default of the API key."""
    sweep: Annotated[str, AfterValidator(_read_path)] | None = None
    """A sweep that is there to join, `ENTITY/PROJECT/ID` or the address of its page; left out, one is created. Its own
    method counts."""

    @property
    def trackers(self) -> dict[str, dict[str, Any]]:
        """The tracker that feeds the sweep: it shows what the sweep did not draw in the same project."""
        entity, project = (self.sweep or "").split("/")[:2] if self.sweep else (self.entity, self.project)
        return {"wandb": {"entity": entity, "project": project}}

    @property
    def choices(self) -> dict[str, str]:
        """What was chosen by name: the method, and the package that the backend needs."""
        own = super().choices if self.method == "hpo" else {}
        return {"backend": self.backend, "method": self.method, **own}

    def find_obstacle(self, trackers: Mapping[str, TrackerSettings]) -> str | None:
        """Return what keeps the runs of a sweep from its server: without them it learns nothing."""
        mode = getattr(trackers["wandb"], "mode", None)
        if mode not in (None, "online"):
            return f"tracking.wandb.mode: a sweep learns of its runs online. Received {mode}. Leave mode out."
        if trackers["wandb"].find_obstacle() is not None:
            return "search.backend: wandb has no API key: set WANDB_API_KEY, or run `wandb login`"
        return None

    def faults(self, space: SearchSpace, objectives: Sequence[Objective]) -> Iterator[Fault]:
        """A sweep has parameters, its search by bayes one objective, and its grid finitely many values."""
        if not space.parameters():
            yield Fault(
                "a sweep has a parameter", "none", "make one, as batch_size: {choice: [16, 32]}", path=("search",)
            )
        if self.sweep is not None and (self.project or self.entity):
            rule, remedy = "a sweep that is there has its project and its entity", "drop project and entity"
            yield Fault(rule, self.sweep, remedy, path=("search", "sweep"))
        if self.method == "hpo":
            yield from self._scheduling_faults()
            yield from super().faults(space, objectives)
        if self.sweep is not None:
            return
        if self.method == "bayes" and len(objectives) > 1:
            rule, remedy = "bayes of W&B searches for one objective", "use random or grid, or backend: optuna"
            yield Fault(rule, f"{len(objectives)} objectives", remedy, path=("search", "method"))
        for parameter in space.parameters() if self.method == "grid" else ():
            if isinstance(parameter, Float) and parameter.size is None:
                rule, remedy = "a grid needs finitely many values", "add a step, or use another method"
                yield Fault(rule, "a float without a step", remedy, subject=parameter.name)

    def _scheduling_faults(self) -> Iterator[Fault]:
        if self.sweep is not None:
            rule, remedy = "with method: hpo the sweep is one that hpo creates", "drop it, or name W&B's method"
            yield Fault(rule, self.sweep, remedy, path=("search", "sweep"))
        if self.early_terminate is not None:
            rule, remedy = "with method: hpo trials are stopped by `pruner`", "use pruner: hyperband"
            yield Fault(rule, "early_terminate", remedy, path=("search", "early_terminate"))
        if isinstance(self.pruner, Promotion):
            rule, remedy = "a run of a sweep ends once, and its trial with it", "use pruner: successive_halving"
            yield Fault(rule, "promotion", remedy, path=("search", "pruner"))

    def remarks(self, space: SearchSpace, epochs: int) -> Iterator[SettingRemark]:
        """Remark on early stopping that waits for longer than a trial lasts, and on a grid of repeats."""
        if self.method == "hpo":
            yield from super().remarks(space, epochs)
        else:
            for option in sorted({"sampler", "pruner"} & self.model_fields_set):
                decides = (
                    f"`method: {self.method}`; it acts with `method: hpo`"
                    if self.sweep is None
                    else "the method of the sweep"
                )
                yield f"search.{option}", f"it can never act: W&B decides, by {decides}"
        if self.early_terminate is not None:
            first = self.early_terminate.first
            why = f"it can never act: runs are first compared after {first} epochs, and no trial has more than {epochs}"
            yield "search.early_terminate", why if not 0 < first < epochs else None
        crossed, configs = math.prod(map(_size_of, space.parameters())), space.size
        if self.method == "grid" and self.sweep is None and configs is not None and configs < crossed:
            yield (
                "search.method",
                f"W&B knows no conditional parameters, so its grid has {crossed} points, of {configs} configs: each "
                "config is trained once, and the other points get its result",
            )


def _size_of(parameter: Parameter) -> int:
    return len(parameter.categories) if isinstance(parameter, Choice) else parameter.size or 1
