"""What a space file can name: registries of model families and data sets, loaded when asked for.

A registry maps a name to `"module:attribute"`. What it lists, built in or from another package's entry points
(groups `hpo.models` and `hpo.datasets`), is imported only when a file names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from hpo.errors import UserError


class UnknownNameError(LookupError):
    """A registry does not list that name."""

    def __init__(self, kind: str, name: str, known: list[str]) -> None:
        self.rule = f"a {kind} is one of {', '.join(known)}"
        self.remedy = suggestion(name, known)
        super().__init__(f"{self.rule}. Received {name!r}.")


class UnusableEntryError(UserError):
    """A registry lists the name, and what it stands for cannot be imported."""

    def __init__(self, kind: str, name: str, error: Exception) -> None:
        self.rule = f"a registered {kind} can be imported"
        self.received = f"{type(error).__name__} under {name!r}: {error}"
        self.remedy = "report it to the package that registered it"
        super().__init__(f"{self.rule}. Received {self.received}. Report it to the package that registered it.")


@dataclass(frozen=True)
class Registry:
    """Names of one kind of thing, and where each is implemented."""

    kind: str
    entry_point_group: str
    built_in: Mapping[str, str]

    @cached_property
    def _targets(self) -> dict[str, str]:
        others = {point.name: point.value for point in entry_points(group=self.entry_point_group)}
        return {**others, **self.built_in}

    def names(self) -> list[str]:
        """Every name that can be used, sorted."""
        return sorted(self._targets)

    def get(self, name: str) -> Any:  # noqa: ANN401 - what is registered is the port's own type
        """Import what `name` stands for.

        Raises:
            UnknownNameError: nothing is registered under that name.
            UnusableEntryError: another package registered it, and it cannot be imported.
        """
        if name not in self._targets:
            raise UnknownNameError(self.kind, name, self.names())
        try:
            return EntryPoint(name, self._targets[name], self.entry_point_group).load()
        except Exception as error:  # another package's module may raise anything
            if name in self.built_in:
                raise
            raise UnusableEntryError(self.kind, name, error) from error


def suggestion(word: str, known: list[str]) -> str | None:
    """`did you mean ...?` when a known word is close to `word`."""
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else None


MODELS = Registry(
    kind="model family",
    entry_point_group="hpo.models",
    built_in={
        "application": "hpo.models.application:KerasApplication",
        "deep_cnn": "hpo.models.deep_cnn:DeepCnn",
        "resnet50v2": "hpo.models.resnet50v2:ResNet50V2",
        "simple_cnn": "hpo.models.simple_cnn:SimpleCnn",
        "vgg16": "hpo.models.vgg16:Vgg16",
        "vgg16_small": "hpo.models.vgg16_small:Vgg16Small",
    },
)

DATASETS = Registry(
    kind="data set",
    entry_point_group="hpo.datasets",
    built_in={
        "cifar10": "hpo.data.cifar10:Cifar10",
        "digits": "hpo.data.digits:Digits",
        "folder": "hpo.data.folder:Folder",
    },
)
