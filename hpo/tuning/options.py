"""What `run` and `resume` take beside a space or a study, checked."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from math import inf
from numbers import Integral
from pathlib import Path
from typing import Any, get_args

from hpo.errors import Fault, UserError
from hpo.spaces import Engine, duration_seconds
from hpo.spaces.sections.search import BUDGET
from hpo.studies.address import DEFAULT_STUDIES, FILES_VARIABLE, STORAGE_VARIABLE
from hpo.vocabulary import suggest


def _is_count(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 1


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < inf


def _is_time(value: object) -> bool:
    try:
        return not isinstance(value, bool) and 0 < duration_seconds(value) < inf  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False


def _is_seen_by_all(files: object) -> bool:
    scheme, is_url, bucket = str(files).partition("://")
    return isinstance(files, str | Path) and not (is_url and (scheme == "memory" or not bucket.strip("/")))


_RULES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "space": (lambda space: isinstance(space, str | Path | Mapping), "it is a path, a name or a dict"),
    "overrides": (
        lambda texts: isinstance(texts, tuple) and all(isinstance(text, str) for text in texts),
        "they are a list of texts, each path=value",
    ),
    "trials": (lambda number: number is None or _is_count(number), "it is a whole number, at least 1"),
    "timeout": (
        lambda time: time is None or _is_time(time),
        "it is more than 0 seconds: a number, or a text such as 90s, 30m, 8h, 2d or 1h30m",
    ),
    "epochs": (lambda number: number is None or _is_count(number), "it is a whole number, at least 1"),
    "gpu_hours": (lambda hours: hours is None or _is_amount(hours), "it is a number above 0"),
    "cost": (lambda amount: amount is None or _is_amount(amount), "it is a number above 0"),
    "workers": (lambda number: number is None or _is_count(number), "it is a whole number, at least 1"),
    "resources": (
        lambda values: values is None or isinstance(values, Mapping),
        "it is a dict of what each trial gets, such as {'gpus': 0.5}",
    ),
    "engine": (lambda name: name is None or name in get_args(Engine), f"it is one of {', '.join(get_args(Engine))}"),
    "studies": (lambda folder: isinstance(folder, str | Path), "it is the path of a folder"),
    "storage": (
        lambda url: url is None or (isinstance(url, str) and "://" in url),
        "it is the URL of a database server, such as postgresql+psycopg://USER@HOST/DATABASE",
    ),
    "backend": (lambda name: name is None or isinstance(name, str), "it is the name of a search backend"),
    "sweep": (lambda path: path is None or isinstance(path, str), "it is ENTITY/PROJECT/ID of a sweep"),
    "wandb": (
        lambda project: project is None or (isinstance(project, str) and bool(project.strip())),
        "it is the name of a project of Weights & Biases",
    ),
    "files": (
        lambda files: files is None or _is_seen_by_all(files),
        "it is the URL or the path of a folder that all workers see, such as s3://BUCKET/FOLDER",
    ),
}


def check_option(name: str, value: object) -> None:
    """Check the value of one option of `run` and `resume`, or of their argument `space`.

    Raises:
        UserError: it cannot have this value.
    """
    is_valid, rule = _RULES.get(name, (lambda _: True, ""))
    if not is_valid(value):
        remedy = suggest(str(value), get_args(Engine)) if name == "engine" else None
        raise UserError(Fault(rule, repr(value), remedy, subject=name))


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What `run` and `resume` take beside a space or a study; `hpo.run` says what each means.

    Raises:
        UserError: an option has a value that it cannot have.
    """

    overrides: Iterable[str] = ()
    trials: int | None = None
    timeout: float | str | None = None
    epochs: int | None = None
    gpu_hours: float | None = None
    cost: float | None = None
    workers: int | None = None
    resources: Mapping[str, object] | None = None
    launcher: str = "local"
    engine: Engine | None = None
    backend: str | None = None
    sweep: str | None = None
    studies: str | Path = DEFAULT_STUDIES
    storage: str | None = None
    files: str | Path | None = None
    wandb: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.overrides, Iterable) and not isinstance(self.overrides, str):
            object.__setattr__(self, "overrides", tuple(self.overrides))  # it is read more than once
        for name, variable in (("storage", STORAGE_VARIABLE), ("files", FILES_VARIABLE)):
            object.__setattr__(self, name, getattr(self, name) or os.environ.get(variable) or None)
        for option in fields(self):
            check_option(option.name, getattr(self, option.name))
        resources = (f"resources.{option}={value}" for option, value in (self.resources or {}).items())
        wandb = () if self.wandb is None else (f"tracking.wandb.project={json.dumps(self.wandb)}",)
        object.__setattr__(self, "overrides", (*self.overrides, *resources, *wandb))

    @property
    def place(self) -> tuple[Path, str | None, str | None]:
        """Where studies are: their folder, the URL of their storage and that of their files."""
        return Path(self.studies), self.storage, None if self.files is None else str(self.files)

    @property
    def budget(self) -> dict[str, float | None]:
        """What the study may do in all, times in seconds; None where nothing was said."""
        totals = {option: getattr(self, option) for option in BUDGET}
        return {**totals, "timeout": None if self.timeout is None else duration_seconds(self.timeout)}

    def as_overrides(self) -> list[str]:
        """All that changes the file, as `path=value`."""
        budget = {f"search.{option}": getattr(self, option) for option in BUDGET}
        changes = {"engine": self.engine, **budget, "search.sweep": self.sweep}
        return [*self.overrides, *(f"{path}={value}" for path, value in changes.items() if value is not None)]
