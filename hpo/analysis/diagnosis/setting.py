"""What is known of the images that trials are compared on: how far chance moves a share of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hpo.studies import StudyRecord

_CERTAIN = 3.0
"""Standard errors; a study looks at many epochs of many trials, some of which two of them would mislead."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of the validation part.

    Attributes:
        images: how many it has; None where that is not known.
        training_images: how many the training part has; 0 where that is not known.
        classes: how many there are; 0 where that is not known.
        majority: the share of its images that are of the most frequent class; 0 where that is not known.
    """

    images: int | None = None
    classes: int = 0
    majority: float = 0.0
    training_images: int = 0

    @property
    def chance(self) -> float:
        """The share of right answers of who always names the same class, the best one; 0 where it is not known."""
        return max(self.majority, 1 / self.classes if self.classes else 0.0)

    def error(self, share: float) -> float:
        """Give the standard error of a share of the images; 0 where nothing is known of them."""
        share = min(max(share, 0.0), 1.0)
        return math.sqrt(share * (1 - share) / self.images) if self.images else 0.0

    def least_difference(self, share: float, threshold: float) -> float:
        """Give the difference from a share that counts: the threshold, or what chance gives, whichever is more."""
        return max(threshold, _CERTAIN * self.error(share))


def read_setting(study: StudyRecord) -> Setting:
    """Read what is known of a study's validation part: the frequencies of classes lie beside the best model."""
    data, best = study.data or {}, study.best
    counts = [score.images for score in best.classes] if best is not None else []
    majority = max(counts) / sum(counts) if sum(counts) else 0.0
    images = data.get("images", {})
    return Setting(images.get("validation"), data.get("classes", len(counts)), majority, images.get("train", 0))
