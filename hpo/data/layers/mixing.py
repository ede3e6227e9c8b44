"""Mixup and CutMix: one training image made of two, on the host, the same for every engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpo.data.layers.augmentation import Augmentation
from hpo.data.pixels.images import Pixels

Targets = NDArray[np.float32]
Weights = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class MixedBatch:
    """A batch to train on.

    Attributes:
        images: uint8 `[batch, height, width, channels]`.
        targets: float32 `[batch, classes]`; each row adds up to 1.
        weights: float32 `[batch]`: how much each image counts.
    """

    images: Pixels
    targets: Targets
    weights: Weights


def mix(batch: MixedBatch, augmentation: Augmentation, random: np.random.Generator) -> MixedBatch:
    """Mix each image of a batch with another of it, their targets and weights in the same shares.

    As in the papers, the share is drawn once for the batch from Beta(alpha, alpha), and so is the box of CutMix. Where
    both are asked for, a draw decides between them.

    The batch is not changed. `random` decides partners, share and box.
    """
    mixup, cutmix = augmentation.mixup, augmentation.cutmix
    if mixup is not None and (cutmix is None or random.random() < 0.5):  # noqa: PLR2004 - even chances
        return _blend(batch, float(random.beta(mixup.alpha, mixup.alpha)), random)
    if cutmix is not None:
        return _paste(batch, float(random.beta(cutmix.alpha, cutmix.alpha)), random)
    return batch


def _blend(batch: MixedBatch, share: float, random: np.random.Generator) -> MixedBatch:
    """Mix by Mixup (Zhang et al., 2018): `share` of each image, the rest of another."""
    partners = random.permutation(len(batch.images))
    blended = share * batch.images.astype(np.float32) + (1 - share) * batch.images[partners]
    return _mix_labels(batch, np.rint(blended).astype(np.uint8), share, partners)


def _paste(batch: MixedBatch, share: float, random: np.random.Generator) -> MixedBatch:
    """Mix by CutMix (Yun et al., 2019): a box of another image, of `1 - share` of the area, cut off at the edges."""
    partners = random.permutation(len(batch.images))
    height, width = batch.images.shape[1:3]
    side = np.sqrt(1 - share)
    top, bottom = _draw_span(height, side, random)
    left, right = _draw_span(width, side, random)
    images = batch.images.copy()
    images[:, top:bottom, left:right] = batch.images[partners, top:bottom, left:right]
    return _mix_labels(batch, images, 1 - (bottom - top) * (right - left) / (height * width), partners)


def _draw_span(length: int, share: float, random: np.random.Generator) -> tuple[int, int]:
    """Draw a stretch of `share` of a side around a place, cut off at the ends."""
    half, middle = int(length * share) // 2, int(random.integers(length))
    return max(0, middle - half), min(length, middle + half)


def _mix_labels(batch: MixedBatch, images: Pixels, share: float, partners: NDArray[np.intp]) -> MixedBatch:
    def both(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return (share * values + (1 - share) * values[partners]).astype(np.float32)

    return MixedBatch(images, both(batch.targets), both(batch.weights))
