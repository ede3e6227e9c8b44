"""How sure the figure of the best trial is: what so few images leave open, and what being chosen for it adds."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from hpo.analysis.proportions import ConfidenceInterval, expected_excess, wilson_interval
from hpo.studies import StudyRecord

_SHARES = ("val_accuracy", "val_top_k_accuracy")
_FEW = 1000
"""Images; with fewer, the interval of an accuracy of 0.9 is wider than four points."""


@dataclass(frozen=True, slots=True)
class Certainty:
    """How sure the figure of the best trial is.

    Attributes:
        metric: the learned objective, of the validation part.
        value: that of the best trial.
        images: of the validation part; None where it is not known.
        interval: 95 %, for other images of the same kind; None where the metric is no share of images, or their number
            is not known.
        trials: how many were compared.
        contenders: how many of them lie in the interval, the best included.
        optimism: by how much the best of the contenders looks better than it is if all are as good; None without an
            interval.
        test: the accuracy on the test part, on which nothing was chosen; None where there is none.
        test_images: of that part.
        test_interval: 95 %.
    """

    metric: str
    value: float
    images: int | None
    interval: ConfidenceInterval | None
    trials: int
    contenders: int
    optimism: float | None
    test: float | None = None
    test_images: int | None = None
    test_interval: ConfidenceInterval | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    def in_words(self) -> list[str]:
        """Say it, a sentence each."""
        sentences = []
        if self.images is None:
            sentences.append(f"How sure {self.metric} {self.value:.4f} is cannot be said: the data is not recorded.")
        elif self.interval is None:
            sentences.append(
                f"{self.metric} {self.value:.4f} is measured on {self.images:,} images; how much it would differ on "
                f"others is only known of shares of images, such as val_accuracy."
            )
        else:
            low, high = self.interval
            sentences.append(
                f"{self.metric} {self.value:.4f} is measured on {self.images:,} images: on others of the same kind, a "
                f"model like it would come to between {low:.4f} and {high:.4f} (95% interval)."
            )
        if self.contenders > 1:
            sentences.append(
                f"{self.contenders} of the {self.trials} trials compared lie in that interval."
                + (
                    f" If they were all equally good, the best of them would look better by {_points(self.optimism)} "
                    "than it is: the best of many is partly lucky."
                    if self.optimism  # none for a value of 1, of which its images show no variance
                    else ""
                )
            )
        elif self.interval is not None and self.trials > 1:
            others = f"None of the other {self.trials - 1} trials" if self.trials > 2 else "The other trial does not"  # noqa: PLR2004
            sentences.append(f"{others} {'lies' if self.trials > 2 else 'lie'} in that interval.")  # noqa: PLR2004
        if self.test is not None and self.test_interval is not None and self.test_images:
            low, high = self.test_interval
            sentences.append(
                f"The figure to quote is that of the test part, by which nothing was chosen: accuracy {self.test:.4f} "
                f"on {self.test_images:,} images, 95% interval {low:.4f} to {high:.4f}."
            )
        return sentences


def measure_certainty(study: StudyRecord) -> Certainty | None:
    """Measure how sure the figure of the best trial is; None while no trial is complete."""
    best = study.best
    if best is None:
        return None
    objective = study.spec.objective
    index = study.spec.objectives.index(objective)
    value, counts = best.values[index], (study.data or {}).get("images", {})
    values = [trial.values[index] for trial in study.compared_trials()]
    images: int | None = counts.get("validation")
    interval, optimism, contenders = None, None, 1
    if images and objective.metric in _SHARES:
        interval = wilson_interval(value, images)
        contenders = sum(interval[0] <= other <= value for other in values)
        optimism = expected_excess(contenders) * math.sqrt(value * (1 - value) / images)
    score, test_images = study.test_score or {}, counts.get("test")
    test: float | None = score.get("accuracy")
    is_tested = test is not None and bool(test_images)
    return Certainty(
        metric=objective.metric,
        value=value,
        images=images,
        interval=interval,
        trials=len(values),
        contenders=contenders,
        optimism=optimism,
        test=test,
        test_images=test_images if is_tested else None,
        test_interval=wilson_interval(test, test_images) if is_tested and test is not None else None,
    )


def _points(share: float) -> str:
    return f"about {100 * share:.1f} points"
