"""The keys at the top of a space file: one table, which everything that goes through a file reads."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from hpo.catalog import BACKENDS, DATASETS, MODELS, TRACKERS, Registry, UnusableEntryError
from hpo.spaces.sections.alerts import Alerts
from hpo.spaces.sections.on_oom import OnOom
from hpo.spaces.sections.recipe import Recipe
from hpo.spaces.sections.recovery import Recovery
from hpo.spaces.sections.resources import Price, Resources
from hpo.spaces.sections.search import BUDGET
from hpo.spaces.sections.section import Section
from hpo.spaces.sections.tracking import Tracking, tracking_section

Engine = Literal["tensorflow", "jax", "torch"]
STUDY_NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
"""What a study may be called, as a pattern."""


class Head(Section):
    """The keys that have a single value."""

    study: Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^{STUDY_NAME}$"})]
    """What the study is called: letters, digits, `.`, `_` and `-`; the file's name without its ending when left out."""
    engine: Engine = "tensorflow"
    """The deep-learning engine behind Keras."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """What all randomness of the study follows from; each trial has a seed of its own made of it."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a space file.

    Attributes:
        name: as a file has it.
        kind: `value`: a field of `Head`. `config`: a section of each trial's config. `section`: one of the study,
            which `StudySpec.sections` has. `own`: read by code of its own.
        section: the class that checks a section.
        registry: where classes are registered instead, by the name that stands below `name_key`; without a `name_key`,
            where the classes of its options are, by the name of the option.
        name_key: the option by which a section says what it is.
        default_name: what it is where it does not say.
        merges: whether a file takes the options over from its base one by one; else a key is taken over as a whole.
        is_inherited: whether a file takes it over from its base at all.
        varies: whether parameters may stand there; or below which options alone.
        change: whether a study that goes on takes a change up, refuses it, or does not look at it.
        constant: of a section that varies, the options where no parameter may stand all the same.
        free: the options that may change in any study: they are compared in no way, and no parameter may stand there.
        description: for editors and the reference; a field of `Head` has its docstring.
    """

    name: str
    kind: Literal["value", "config", "section", "own"]
    description: str = ""
    section: type[Section] | None = None
    registry: Registry | None = None
    name_key: str = ""
    default_name: str | None = None
    merges: bool = False
    is_inherited: bool = True
    varies: bool | tuple[str, ...] = False
    change: Literal["followed", "refused", "ignored"] = "followed"
    free: tuple[str, ...] = ()
    constant: tuple[str, ...] = ()

    def section_class(self, name: object = None) -> type[Section]:
        """The class that checks a section of that name; of one that cannot be used, the class of the default."""
        if self.registry is None:
            return self.section or Section
        if not self.name_key:
            return tracking_section()
        return self.find_class(name) or self.registry.get(str(self.default_name))

    def find_class(self, name: object) -> type[Section] | None:
        """The class that is registered under a name; None where there is none that can be used."""
        if self.registry is None or not isinstance(name, str) or name not in self.registry:
            return None
        with suppress(UnusableEntryError):  # reported where the section is read
            cls = self.registry.get(name)
            return cls if isinstance(cls, type) and issubclass(cls, Section) else None
        return None


_TABLE = (
    Key(
        "base",
        "own",
        "A space file to start from: a path relative to this file, or the name of a space that ships with hpo.",
        is_inherited=False,
        change="ignored",
    ),
    Key("study", "value", is_inherited=False, change="ignored"),
    Key("engine", "value", change="refused"),
    Key("seed", "value", change="refused"),
    Key(
        "data",
        "config",
        "The data set, and how its images are prepared.",
        registry=DATASETS,
        name_key="dataset",
        merges=True,
        # Trials on different images, or on different splits, could not be compared.
        varies=("image_size", "resize", "color", "normalization", "augmentation"),
        # Where it lies and is kept, and what is said of it: a study holds the data's fingerprint.
        free=("path", "cache", "relabel", "license"),
    ),
    Key(
        "model",
        "config",
        "The model family, and its options.",
        registry=MODELS,
        name_key="family",
        merges=True,
        varies=True,
    ),
    Key(
        "training",
        "config",
        "How a model is trained.",
        section=Recipe,
        merges=True,
        varies=True,
        constant=("repeats",),  # trials of fewer would be the best by chance more often
        free=("checkpoint",),  # when a trial is kept, of which nothing that it learns depends
    ),
    Key("objective", "own", "The metric to optimize, or a list of them.", change="refused"),
    Key("constraints", "own", "What a config has to meet before it is trained, such as `parameters <= 20e6`."),
    Key(
        "search",
        "section",
        "How configs are searched, and the budget.",
        registry=BACKENDS,
        name_key="backend",
        default_name="optuna",
        merges=True,
        free=(*BUDGET, "stop"),  # how long it is searched does not change what a trial is
    ),
    Key(
        "resources",
        "section",
        "What each trial gets of the machine: a GPU or a share of one, cores, memory.",
        section=Resources,
        merges=True,
        free=("gpus", "cpus", "memory"),  # where a trial runs does not change what it is
    ),
    Key(
        "cost",
        "section",
        "What computing costs, so that a study can be counted in money.",
        section=Price,
        merges=True,
        free=tuple(Price.model_fields),
    ),
    Key(
        "recovery",
        "section",
        "When a trial counts as lost, and how often it is run again.",
        section=Recovery,
        merges=True,
        free=tuple(Recovery.model_fields),
    ),
    Key(
        "on_oom",
        "section",
        "What is done when the memory does not suffice for a trial.",
        section=OnOom,
        merges=True,
        free=tuple(OnOom.model_fields),
    ),
    Key(
        "tracking",
        "section",
        "Where trials can be followed outside hpo, such as TensorBoard.",
        section=Tracking,
        registry=TRACKERS,
        merges=True,
        change="ignored",
    ),
    Key(
        "alerts",
        "section",
        "What people are told while a study runs, such as a new best value, and how it reaches them.",
        section=Alerts,
        merges=True,
        change="ignored",
    ),
    Key(
        "start_from",
        "own",
        "Configs to try first: values of parameters by their names, or nested as in a file; `study:NAME` for the best "
        "five configs of another study, as far as the space has their values.",
    ),
)
KEYS: dict[str, Key] = {key.name: key for key in _TABLE}
"""Every key, in the order of a file."""
SECTIONS = tuple(key.name for key in _TABLE if key.kind == "config")
"""The sections that make a config."""
SECTION_NAMES: Mapping[str, str] = {key: KEYS[key].name_key for key in SECTIONS if KEYS[key].name_key}
"""The option under which a section of a config says what it is, of those that are registered."""


def file_keys() -> list[str]:
    """The keys that a file has once its base is merged in."""
    return [key for key in KEYS if key != "base"]


def may_vary(path: tuple[str, ...]) -> bool:
    """Whether a parameter may stand at a path from the top of a config down."""
    key = KEYS.get(path[0])
    if key is None or any(option in (*key.free, *key.constant) for option in path[1:2]):
        return False
    return key.varies if isinstance(key.varies, bool) else any(option in key.varies for option in path[1:2])
