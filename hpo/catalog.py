"""What can be named: registries of model families, data sets, search backends, launchers and trackers.

A registry maps a name to `"module:attribute"`. What it lists, built in or from another package's entry points (groups
`hpo.models`, `hpo.datasets`, `hpo.backends`, `hpo.launchers` and `hpo.trackers`), is imported only when it is named.
Names with a colon have a form: `tfds:NAME` for each name that follows the prefix, `module:function` for code of the
user's own.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from hpo.errors import Fault, RuleError, UserError
from hpo.vocabulary import suggest


class UnknownNameError(RuleError):
    """A registry does not list that name."""


class UnusableEntryError(UserError):
    """A registry lists the name, and what it stands for cannot be imported."""

    def __init__(self, kind: str, name: str, error: Exception) -> None:
        rule, remedy = f"a registered {kind} can be imported", "report it to the package that registered it"
        super().__init__(Fault(rule, f"{type(error).__name__} under {name!r}: {error}", remedy))


OWN_CODE = "module:function"
"""The form of names that lead to code of the user's own: `my_module:build`, `folder/my_module.py:build`."""
FUNCTION = "[A-Za-z_][A-Za-z0-9_]*"
"""How a function may be called, as a pattern."""


@dataclass(frozen=True)
class Registry:
    """Names of one kind of thing, and where each is implemented.

    Attributes:
        kind: what they name.
        entry_point_group: under which other packages register more.
        built_in: the names that ship, and where each is implemented.
        forms: names with a colon, by how they are written, and where all that are written so are implemented:
            `PREFIX:NAME`, or `OWN_CODE`, which has every prefix that no other form has.
    """

    kind: str
    entry_point_group: str
    built_in: Mapping[str, str]
    forms: Mapping[str, str] = field(default_factory=dict)

    @property
    def _targets(self) -> dict[str, str]:
        return {**_entry_points(self.entry_point_group, tuple(sys.path)), **self.built_in}

    def names(self) -> list[str]:
        """Every name that can be used, sorted."""
        return sorted(self._targets)

    def patterns(self) -> dict[str, str]:
        """For each form the names that have it, as a regular expression (in what Python and ECMAScript share)."""
        prefixes = [re.escape(form.partition(":")[0]) for form in self.forms if form != OWN_CODE]
        others = f"(?!(?:{'|'.join(prefixes)}):)" if prefixes else ""
        return {
            form: f"^{others}.+:{FUNCTION}$" if form == OWN_CODE else f"^{re.escape(form.partition(':')[0])}:.+$"
            for form in self.forms
        }

    def __contains__(self, name: str) -> bool:
        """Whether something is registered under that name."""
        return self._target(name) is not None

    def _target(self, name: str) -> str | None:
        if name in self._targets:
            return self._targets[name]
        return next((self.forms[form] for form, pattern in self.patterns().items() if re.search(pattern, name)), None)

    def get(self, name: str) -> Any:  # noqa: ANN401 - what is registered is the port's own type
        """Import what `name` stands for.

        Raises:
            UnknownNameError: nothing is registered under that name.
            UnusableEntryError: another package registered it, and it cannot be imported.
        """
        target = self._target(name)
        if target is None:
            words = [*self.names(), *(self.forms if ":" in name else [])]  # what has no colon was meant to be a word
            rule = f"a {self.kind} is one of {', '.join(words)}"
            raise UnknownNameError(rule, repr(name), suggest(name, self.names()))
        try:
            return EntryPoint(name, target, self.entry_point_group).load()
        except Exception as error:  # another package's module may raise anything
            if name in self.built_in or name not in self._targets:
                raise
            raise UnusableEntryError(self.kind, name, error) from error


@lru_cache(maxsize=8)
def _entry_points(group: str, path: tuple[str, ...]) -> dict[str, str]:
    """Read what the packages on `sys.path` register."""
    return {point.name: point.value for point in entry_points(group=group)}


MODELS = Registry(
    kind="model family",
    entry_point_group="hpo.models",
    built_in={
        "application": "hpo.models.families.application:KerasApplication",
        "deep_cnn": "hpo.models.families.cnn:DeepCnn",
        "keras_tuner": "hpo.models.foreign.keras_tuner:KerasTuner",
        "resnet50v2": "hpo.models.families.application:ResNet50V2",
        "simple_cnn": "hpo.models.families.cnn:SimpleCnn",
        "vgg16": "hpo.models.families.vgg16:Vgg16",
        "vgg16_small": "hpo.models.families.vgg16:Vgg16Small",
    },
    forms={OWN_CODE: "hpo.models.foreign.custom:CustomModel"},
)

DATASETS = Registry(
    kind="data set",
    entry_point_group="hpo.datasets",
    built_in={
        "cifar10": "hpo.data.sets.cifar:Cifar10",
        "cifar100": "hpo.data.sets.cifar:Cifar100",
        "digits": "hpo.data.sets.digits:Digits",
        "fashion_mnist": "hpo.data.sets.mnist:FashionMnist",
        "folder": "hpo.data.sets.folder:Folder",
        "mnist": "hpo.data.sets.mnist:Mnist",
        "npz": "hpo.data.sets.npz:Npz",
    },
    forms={
        "hf:NAME": "hpo.data.sets.huggingface:HuggingFace",
        "tfds:NAME": "hpo.data.sets.tfds:Tfds",
        OWN_CODE: "hpo.data.sets.custom:CustomDataset",
    },
)

BACKENDS = Registry(
    kind="search backend",
    entry_point_group="hpo.backends",
    built_in={
        "keras_tuner": "hpo.search.keras_tuner.settings:KerasTunerSettings",
        "optuna": "hpo.search.optuna.settings:OptunaSettings",
        "wandb": "hpo.search.wandb.settings:WandbSettings",
    },
)

LAUNCHERS = Registry(
    kind="launcher",
    entry_point_group="hpo.launchers",
    built_in={"local": "hpo.fleet.launchers.local:LocalLauncher"},
)

TRACKERS = Registry(
    kind="tracker",
    entry_point_group="hpo.trackers",
    built_in={
        "mlflow": "hpo.tracking.mlflow.settings:MlflowTracking",
        "tensorboard": "hpo.tracking.tensorboard.settings:TensorBoardSettings",
        "wandb": "hpo.tracking.wandb.settings:WandbTracking",
    },
)
