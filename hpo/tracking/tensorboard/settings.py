"""How a file asks for TensorBoard."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Strict

from hpo.spaces.sections.options import PathRule
from hpo.spaces.sections.tracking import TrackerSettings


class TensorBoardSettings(TrackerSettings):
    """TensorBoard: event files that `tensorboard --logdir` reads, with curves, hyperparameters and example images."""

    implementation: ClassVar[str] = "hpo.tracking.tensorboard.tracker:TensorBoardTracker"
    packages: ClassVar[Mapping[str, str]] = {"tensorboard": "tensorboard"}
    shorthand: ClassVar[str] = "folder"

    folder: Annotated[Path, Strict(False), PathRule(lambda path: None, must_exist=False)] | None = None
    """The folder for the event files of the study's trials, each in one of its own; `tensorboard` in the study's folder
    when left out. A relative path is relative to the space file."""

    def describe_place(self, folder: str, study: str) -> str | None:
        """Give the command that shows the trials."""
        return f"tensorboard --logdir {folder if self.folder is None else self.folder}"
