"""Whether an export predicts what the model does: both predict the same images, and what they give is compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpo.data import ImageReader, Part
from hpo.errors import WorkError
from hpo.shipping.export.samples import SampleImages, read_part, resample, split_batches
from hpo.shipping.formats import ExportFormat
from hpo.shipping.runtimes import Predict

TOLERANCE = 2e-3
"""The largest difference of a probability, for images of the model's own size. Kernels of float32 differ by 1e-6."""
REACTIONS = 3
"""How many times as far probabilities may differ for images of other sizes, which the model resizes, as the model's own
do where one pixel in 100 changes by 1 of 255: a value that lies half way between two may come out higher elsewhere."""
COARSE_TOLERANCE = 2e-2
"""The same where one of the two computes in 16 bits: a model that was trained in mixed precision, and OpenVINO, which
takes bfloat16 on CPUs that have it."""
MOST_LOST = 0.05
"""How much accuracy 8 bits may cost: more is no rounding, but a network that they break."""
_MEASURED = 2000
"""Validation images on which accuracies are measured, at most."""
_CHANGED = 0.01
"""The share of pixels that a right resize may give another value to: 1 in 1,000 and fewer were seen."""
_FEW = 8
"""Images that are predicted in each of the other sizes."""


@dataclass(frozen=True, slots=True)
class PredictionComparison:
    """How two models predict the same images.

    Attributes:
        difference: the largest one of a probability, for images of their own size; infinite where one is no number.
        resized_difference: the same for those of other sizes; None where none were tried.
        agreement: the share of images whose class is the same.
        sizes: heights and widths that were tried; the first one of all images, the others of a few.
        reaction: see `Reaction`, the largest one for images of other sizes; None where none were tried.
    """

    difference: float
    resized_difference: float | None
    agreement: float
    sizes: tuple[tuple[int, int], ...]
    reaction: float | None = None

    def resized_tolerance(self, tolerance: float) -> float | None:
        """Choose the largest difference that passes for images of other sizes, by the one for those of their own."""
        return None if self.reaction is None else max(tolerance, REACTIONS * self.reaction)


Reaction = Callable[[NDArray[Any]], float]
"""From images of any size to how far the model's own probabilities move where a few of the pixels that its network sees
change by 1 of 255: see `make_reaction`."""


@dataclass(frozen=True, slots=True)
class Accuracies:
    """Of a model and its export, on so many images of the validation part."""

    before: float
    after: float
    images: int


@dataclass(frozen=True, slots=True)
class Verification:
    """How an export predicts beside the model that it was made of.

    Attributes:
        runtime: what ran the export, with its version; None where it is not installed, and nothing was compared.
        needed: the runtime's distribution.
        samples: the images that both have predicted.
        comparison: how.
        tolerance: the largest difference that passes; None where an export is quantized.
        accuracies: where it is.
    """

    runtime: str | None
    needed: str
    samples: SampleImages | None = None
    comparison: PredictionComparison | None = None
    tolerance: float | None = None
    accuracies: Accuracies | None = None

    @property
    def resized_tolerance(self) -> float | None:
        """The largest difference that passes for images of other sizes; None where there are none, or no tolerance."""
        if self.comparison is None or self.tolerance is None:
            return None
        return self.comparison.resized_tolerance(self.tolerance)

    def to_json(self) -> dict[str, Any]:
        """Plain values; `runtime` alone where nothing was compared."""
        if self.samples is None or self.comparison is None:
            return {"runtime": None}
        found: dict[str, Any] = {
            "runtime": self.runtime,
            "images": len(self.samples.images),
            "of": self.samples.origin,
            "largest_difference": self.comparison.difference,
            "largest_difference_resized": self.comparison.resized_difference,
            "top1_agreement": self.comparison.agreement,
            "tolerance": self.tolerance,
            "reaction_to_a_level": self.comparison.reaction,
            "tolerance_resized": self.resized_tolerance,
            "sizes": [list(size) for size in self.comparison.sizes],
        }
        if self.accuracies is not None:
            found["accuracy_before"], found["accuracy_after"] = self.accuracies.before, self.accuracies.after
            found["accuracy_images"] = self.accuracies.images
        return found

    def in_words(self) -> Iterator[str]:
        """Say what was found, a sentence each."""
        if self.samples is None or self.comparison is None:
            yield f"Not verified: {self.needed} is not installed."
            return
        images = len(self.samples.images)
        same = round(self.comparison.agreement * images)
        yield (
            f"Verified by {self.runtime} on {images} {self.samples.origin}: probabilities differ by "
            f"{self.comparison.difference:.1g} at most, the class is the same for {same}."
        )
        if len(self.comparison.sizes) > 1:
            sizes = ", ".join(f"{height} x {width}" for height, width in self.comparison.sizes)
            apart = f"in the others, probabilities differ by {self.comparison.resized_difference:.1g} at most"
            yield f"Heights and widths that were tried: {sizes}; {apart}."
            if self.resized_tolerance is not None:
                yield (
                    f"Up to {self.resized_tolerance:.1g} would pass there: where one pixel in 100 changes by 1 of 255, "
                    f"the model's own probabilities change by {self.comparison.reaction:.1g} at most."
                )
        if self.accuracies is not None:
            yield (
                f"Accuracy on {self.accuracies.images:,} validation images: {self.accuracies.before:.4f} before "
                f"quantization, {self.accuracies.after:.4f} after."
            )
        if self.samples.remark is not None:
            yield f"Not the study's own images, for {self.samples.remark.rstrip('.')}."


def make_reaction(shape: Predict, expect: Predict) -> Reaction:
    """Make what measures how a network reacts to pixels that another resize would give.

    The largest change of a probability where one value in 100 is 1 of 255 higher, lower, or one of both by chance.

    Args:
        shape: from images to those that the network sees, from 0 to 255.
        expect: the network, from those on.
    """

    def react(images: NDArray[Any]) -> float:
        pixels = shape(images)
        random = np.random.default_rng(0)
        changes = (random.random(pixels.shape) < _CHANGED).astype(np.float32)
        signs = random.choice(np.array([-1, 1], np.float32), pixels.shape)
        changed = [np.clip(pixels + levels, 0, 255) for levels in (changes, -changes, changes * signs)]
        return float(np.abs(np.stack([expect(each) for each in changed]) - expect(pixels)).max())

    return react


def compare_predictions(
    predict: Predict, expect: Predict, images: NDArray[Any], react: Reaction | None
) -> PredictionComparison:
    """Have two models predict images, in three sizes where they take any.

    Args:
        predict: the export.
        expect: the model.
        images: `[n, height, width, channels]`, as both take them.
        react: of the model; None where it takes images of one size alone.

    Raises:
        WorkError: the export gives something of another shape.
    """
    height, width = images.shape[1:3]
    sizes, batches = [(height, width)], list(split_batches(images))
    if react is not None:
        sizes += [(height + height // 2 + 1, max(1, width * 2 // 3)), (max(1, height * 2 // 3), 2 * width + 3)]
        batches += [resample(images[:_FEW], size) for size in sizes[1:]]
    differences: list[float] = []
    agreements: list[bool] = []
    for batch in batches:
        predicted, expected = predict(batch), expect(batch)
        if predicted.shape != expected.shape:
            raise WorkError(f"it gives {list(predicted.shape)} where the model gives {list(expected.shape)}")
        differences.append(float(np.abs(predicted - expected).max()) if np.isfinite(predicted).all() else np.inf)
        agreements.extend((predicted.argmax(axis=1) == expected.argmax(axis=1)).tolist())
    own = len(batches) - len(sizes) + 1
    return PredictionComparison(
        max(differences[:own]),
        max(differences[own:], default=None),
        float(np.mean(agreements[: len(images)])),
        tuple(sizes),
        None if react is None else max(react(batch) for batch in batches[own:]),
    )


def measure_accuracies(predict: Predict, expect: Predict, part: Part, reader: ImageReader, channels: int) -> Accuracies:
    """Measure the accuracy of an export, and of its model, on the validation part, or on images spread over it."""
    images, labels = read_part(part, reader, channels, _MEASURED)
    before, after = (
        float(np.mean(np.concatenate([model(batch) for batch in split_batches(images)]).argmax(axis=1) == labels))
        for model in (expect, predict)
    )
    return Accuracies(before, after, len(images))


def choose_tolerance(name: ExportFormat, policies: Sequence[str]) -> float:
    """Choose the largest difference that passes, by the format and the precisions in which the model was trained."""
    is_coarse = name == "openvino" or any(policy != "float32" for policy in policies)
    return COARSE_TOLERANCE if is_coarse else TOLERANCE
