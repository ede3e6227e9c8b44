"""`digits`: scikit-learn's handwritten digits, which need no network."""

from __future__ import annotations

from typing import Literal

import numpy as np

from hpo.data.dataset import Dataset
from hpo.data.parts.outline import Outline
from hpo.data.parts.splitting import split
from hpo.data.pixels.images import Images, Part
from hpo.spaces.sections.section import Share


class Digits(Dataset):
    """1,797 handwritten digits of 8 x 8 grey pixels (Alpaydin and Kaynak, UCI), shipped with scikit-learn.

    They come as one part: a stratified share is split off for the test.
    """

    dataset: Literal["digits"] = "digits"
    test: Share = 0.2
    """The share that is set apart for the test."""

    def load(self, seed: int) -> Images:
        """Read the data set; see `Dataset.load`."""
        return self.shaped(self._images(seed))

    def outline(self, seed: int) -> Outline:
        """See `Dataset.outline`; images are not stretched for it."""
        images = self._images(seed)
        return self.outline_of(images, images.train.shape, seed)

    def _images(self, seed: int) -> Images:
        from sklearn.datasets import load_digits

        digits = load_digits()
        grey = np.round(digits.images * (255 / 16)).astype(np.uint8)[..., np.newaxis]
        classes = tuple(str(name) for name in digits.target_names)
        train, test = split(Part(grey, digits.target.astype(np.int32)), self.test, seed, "test", classes)
        return Images(classes, train, test)
