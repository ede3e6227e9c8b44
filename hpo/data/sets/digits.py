"""`digits`: scikit-learn's handwritten digits, which need no network."""

from __future__ import annotations

from typing import Literal

import numpy as np

from hpo.data.dataset import ArrayDataset
from hpo.data.parts.splitting import divide
from hpo.data.pixels.images import Images, Part
from hpo.spaces.sections.section import Share


class Digits(ArrayDataset):
    """1,797 handwritten digits of 8 x 8 grey pixels (Alpaydin and Kaynak, UCI), shipped with scikit-learn.

    They come as one part: a stratified share is split off for the test.
    """

    dataset: Literal["digits"] = "digits"
    test: Share = 0.2
    """The share that is set apart for the test."""

    def read(self, seed: int) -> Images:
        """See `ArrayDataset.read`."""
        from sklearn.datasets import load_digits

        digits = load_digits()
        grey = np.round(digits.images * (255 / 16)).astype(np.uint8)[..., np.newaxis]
        classes = [str(name) for name in digits.target_names]
        return divide(classes, {"train": Part(grey, digits.target.astype(np.int32))}, self.test, seed)
