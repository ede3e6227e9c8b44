"""How well models know each class, and where they differ by more than chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from hpo.analysis.comparison.paired_test import SIGNIFICANT
from hpo.analysis.predictions import Predictions
from hpo.analysis.proportions import correct_for_many, mcnemar_mid_p

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ComparedClass:
    """A class, and how well each model knows it.

    Attributes:
        name: of the class.
        images: how many there are of it.
        recall: the share of them that is held for it, by the study.
        precision: the share of the images held for it that are of it, by the study; 0 where none is.
        separable: the pairs of studies whose recall differs by more than chance (McNemar's test, corrected for all
            classes and pairs by Holm).
    """

    name: str
    images: int
    recall: dict[str, float]
    precision: dict[str, float]
    separable: tuple[tuple[str, str], ...]

    @property
    def spread(self) -> float:
        """The difference of the highest recall from the lowest."""
        return max(self.recall.values()) - min(self.recall.values())


def compare_classes(predictions: Mapping[str, Predictions]) -> list[ComparedClass]:
    """Compare models by class: the class of which they differ most first; those without an image are left out.

    Args:
        predictions: of the same images in the same order, by the name of the study.
    """
    first = next(iter(predictions.values()))
    present = [label for label in range(len(first.classes)) if (first.labels == label).any()]
    cases = [(label, pair) for label in present for pair in combinations(predictions, 2)]
    corrected = correct_for_many([_test(predictions, label, pair) for label, pair in cases])
    separable = [case for case, p in zip(cases, corrected, strict=True) if p < SIGNIFICANT]
    compared = [
        ComparedClass(
            name=first.classes[label],
            images=int((first.labels == label).sum()),
            recall={name: _share(own.predicted[own.labels == label] == label) for name, own in predictions.items()},
            precision={name: _share(own.labels[own.predicted == label] == label) for name, own in predictions.items()},
            separable=tuple(pair for other, pair in separable if other == label),
        )
        for label in present
    ]
    return sorted(compared, key=lambda item: -item.spread)


def _test(predictions: Mapping[str, Predictions], label: int, pair: tuple[str, str]) -> float:
    """Give the p-value of the difference between two models on the images of a class."""
    one, two = (predictions[name].correct[predictions[name].labels == label] for name in pair)
    return mcnemar_mid_p(int((one & ~two).sum()), int((~one & two).sum()))


def _share(right: NDArray[np.bool_]) -> float:
    return float(right.mean()) if len(right) else 0.0
