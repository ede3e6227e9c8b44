"""How a file asks for Weights & Biases."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import ClassVar, Literal

from hpo.spaces.sections.tracking import ProjectName, TrackerSettings


class WandbTracking(TrackerSettings):
    """Weights & Biases: a run for each trial, with curves, config, system metrics and example images.

    The API key is read as wandb reads it: from `WANDB_API_KEY`, or from where `wandb login` has put it.
    """

    implementation: ClassVar[str] = "hpo.tracking.wandb.tracker:WandbTracker"
    packages: ClassVar[Mapping[str, str]] = {"wandb": "wandb"}
    shorthand: ClassVar[str] = "project"
    sends_once: ClassVar[bool] = True
    shows_sweeps: ClassVar[bool] = True

    project: ProjectName | None = None
    """The project that the runs belong to; that of `WANDB_PROJECT`, or `hpo`, when left out."""
    entity: ProjectName | None = None
    """The user or team that the project belongs to; that of `WANDB_ENTITY`, or your default, when left out."""
    mode: Literal["online", "offline", "disabled"] | None = None
    """Whether runs are sent (`online`), kept in the study's folder for `wandb sync` (`offline`), or not made at all;
    that of `WANDB_MODE`, or `online`, when left out."""
    model: bool = False
    """Whether the model of each trial that the study keeps is uploaded, as an artifact."""

    @property
    def wants_model(self) -> bool:
        """Whether the tracker is given the model of a trial at its end."""
        return self.model

    def find_obstacle(self) -> str | None:
        """Return what keeps runs from being sent, and what to do; None where nothing is known to."""
        if self.mode not in (None, "online") or {"WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE"} & set(os.environ):
            return None  # so that wandb, which takes a second, is imported only where it has to look for a key
        from hpo.tracking.wandb.credentials import has_credentials

        if has_credentials(self.mode):
            return None
        return "no API key: set WANDB_API_KEY, run `wandb login`, or add --set tracking.wandb.mode=offline"

    def describe_place(self, folder: str, study: str) -> str | None:
        """Name the project, or give the command that sends offline runs to it."""
        mode = self.mode or os.environ.get("WANDB_MODE", "online")
        project = self.project or os.environ.get("WANDB_PROJECT") or "hpo"
        if mode == "offline":
            return f"wandb sync {folder}/offline-run-*"
        path = "/".join(filter(None, [self.entity or os.environ.get("WANDB_ENTITY"), project]))
        return None if mode == "disabled" else f"W&B, project {path}, group {study}"
