"""What a card is made of: a kept model, its study as far as it is known, and what is computed of both, once each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import PurePath
from typing import Any, get_args

from hpo.analysis.predictions import PredictedPart, Predictions, load_predictions
from hpo.analysis.report.source import ReportSource
from hpo.shipping.kept_model import KeptModel
from hpo.shipping.privacy import hide_folders
from hpo.spaces import ScalarValue, Tree
from hpo.studies import Best, ClassScore


class CardSource:
    """A kept model, and what its study says of it."""

    def __init__(self, kept: KeptModel) -> None:
        """Take a model; its study is read as it is now."""
        self.kept, self.about = kept, kept.about
        self.report = None if kept.study is None else ReportSource(kept.study)

    @cached_property
    def scores(self) -> dict[PredictedPart, Mapping[str, Any]]:
        """How it does on the parts on which it was measured, the part to quote first: that of the test, if any."""
        parts: tuple[PredictedPart, ...] = get_args(PredictedPart)[::-1]
        scores = {part: self.about.get(part) or {} for part in parts}
        return {part: score for part, score in scores.items() if score.get("accuracy") is not None}

    @property
    def quoted_part(self) -> PredictedPart | None:
        """The part whose figures are to be quoted; None where it was measured on none."""
        return next(iter(self.scores), None)

    def classes_on(self, part: PredictedPart) -> tuple[ClassScore, ...]:
        """Give the figures of each class on a part, in the order of the model's probabilities."""
        return tuple(ClassScore(**score) for score in self.scores[part].get("classes", ()))

    def count_images(self, part: PredictedPart) -> int:
        """Count the images of a part, by those of its classes; 0 where that is not known."""
        return sum(score.images for score in self.classes_on(part))

    @cached_property
    def predictions(self) -> Predictions | None:
        """What it predicted for the images of the part to quote; None where that was not kept."""
        kept, part = self.kept, self.quoted_part
        if kept.study is None or kept.trial is None or part is None:
            return None
        return load_predictions(kept.study.files, kept.trial, part)

    @cached_property
    def trial(self) -> Best | None:
        """Its trial, as the study has it; None without a study, or while the trial is not complete."""
        if self.report is None or self.kept.trial is None:
            return None
        trial = self.report.study.frozen_trials(confirming=True)[self.kept.trial]
        return self.report.study.describe_model(trial) if trial.state.name == "COMPLETE" else None

    @property
    def params(self) -> Mapping[str, ScalarValue] | None:
        """The parameters of its trial."""
        return None if self.trial is None else self.trial.params

    @property
    def config(self) -> Tree:
        """What was trained: a space file with every parameter filled in; without a study, its three sections.

        Of absolute paths the last name alone is there; see `hide_folders`.
        """
        config: Tree = self.about.get("config", {}) if self.trial is None else self.trial.config
        shown: Tree = hide_folders(config)
        return shown

    @property
    def data(self) -> Mapping[str, Any]:
        """The section `data` of its config."""
        data = self.config.get("data", {})
        return data if isinstance(data, dict) else {"dataset": data}

    @property
    def dataset(self) -> str:
        """What to call its data set: the name in its file, or that of a folder or a file of one's own."""
        path = self.data.get("path")
        return str(self.data.get("dataset", "unknown") if path is None else PurePath(str(path)).name)

    @property
    def is_best(self) -> bool:
        """Whether it is the model of the best trial of its study."""
        best = None if self.report is None else self.report.best
        return best is not None and best.number == self.kept.trial
