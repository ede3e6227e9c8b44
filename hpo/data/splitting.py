"""Stratified, seeded splits, by scikit-learn."""

from __future__ import annotations

import numpy as np

from hpo.data.images import Part
from hpo.errors import DataError


def split(part: Part, share: float, seed: int, purpose: str) -> tuple[Part, Part]:
    """Split a part in two with every class in the same proportion in both; the order of images is kept.

    Args:
        part: what to split.
        share: the share of images, between 0 and 1, that goes into the second part.
        seed: the same seed gives the same split.
        purpose: what the second part is for, as errors name it.

    Returns:
        The rest, and the share.

    Raises:
        DataError: there are too few images for a stratified split.
    """
    from sklearn.model_selection import train_test_split

    try:
        rest, shared = train_test_split(np.arange(len(part)), test_size=share, random_state=seed, stratify=part.labels)
    except ValueError as error:
        raise DataError(
            f"a stratified split needs images of every class in both parts. Received a share of {share} of "
            f"{len(part)} images for {purpose}: {error} Raise the share, or add images."
        ) from error
    return part.take(np.sort(rest)), part.take(np.sort(shared))
