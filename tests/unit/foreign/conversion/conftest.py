"""Converting texts, and reading what was made of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hpo.foreign.conversion import Conversion, convert
from hpo.spaces import StudySpec, load

ConvertSweep = Callable[..., "ConvertedSpace"]


@dataclass(frozen=True)
class ConvertedSpace:
    """A conversion, and its text read as a space file."""

    conversion: Conversion
    spec: StudySpec

    def __getitem__(self, path: str) -> Any:  # what stands in the file at `section.key...`
        value: Any = self.spec.document
        for key in path.split("."):
            value = value[key]
        return value

    def comment_of(self, key: str) -> str:
        """The comment beside a key, or above it."""
        lines = self.conversion.text.splitlines()
        index = next(i for i, line in enumerate(lines) if line.lstrip().startswith(f"{key}:"))
        _, _, beside = lines[index].partition("  # ")
        above = []
        while not beside and (line := lines[(index := index - 1)].lstrip()).startswith("# "):
            above.insert(0, line.removeprefix("# "))
        return beside or " ".join(above)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., ConvertedSpace]:
    """`make(text, name)` converts a file that holds the text."""

    def convert_text(text: str, name: str = "sweep.yaml") -> ConvertedSpace:
        (tmp_path / name).write_text(text, encoding="utf-8")
        conversion = convert(tmp_path / name)
        (tmp_path / "made.yaml").write_text(conversion.text, encoding="utf-8")
        return ConvertedSpace(conversion, load(tmp_path / "made.yaml"))

    return convert_text


@pytest.fixture
def sweep(make) -> Callable[..., ConvertedSpace]:
    """`sweep({"lr": "{min: 0.1, max: 1.0}"}, "run_cap: 3")` converts a sweep with these parameters."""

    def convert_sweep(parameters: Mapping[str, str], *others: str) -> ConvertedSpace:
        lines = ["method: bayes", *others, "parameters:", *(f"  {name}: {text}" for name, text in parameters.items())]
        return make("\n".join(lines))

    return convert_sweep


@pytest.fixture
def keras_tuner(make) -> Callable[..., ConvertedSpace]:
    """`keras_tuner(("Int", {...}), ...)` converts a space of these hyperparameters."""

    def convert_hyperparameters(*hyperparameters: tuple[str, dict[str, Any]], values: Any = None) -> ConvertedSpace:
        space = [{"class_name": kind, "config": {"conditions": [], **config}} for kind, config in hyperparameters]
        return make(json.dumps({"space": space, "values": values or {}}), "space.json")

    return convert_hyperparameters
