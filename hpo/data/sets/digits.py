"""`digits`: scikit-learn's handwritten digits, which need no network."""

from __future__ import annotations

import gzip
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hpo.data.dataset import ArrayDataset
from hpo.data.parts.splitting import divide
from hpo.data.pixels.images import Images, Part
from hpo.data.pixels.reduction import BRIGHTEST
from hpo.spaces.sections.section import Share

_SIZE = 8, 8


class Digits(ArrayDataset):
    """1,797 handwritten digits of 8 x 8 grey pixels (Alpaydin and Kaynak, UCI), shipped with scikit-learn.

    They come as one part: a stratified share is split off for the test.
    """

    dataset: Literal["digits"] = "digits"
    test: Share = 0.2
    """The share that is set apart for the test."""

    def read(self, seed: int) -> Images:
        """See `ArrayDataset.read`."""
        rows = _read_rows()
        grey = np.round(rows[:, :-1].reshape(-1, *_SIZE, 1) * (BRIGHTEST / 16)).astype(np.uint8)
        classes = [str(digit) for digit in range(10)]
        return divide(classes, {"train": Part(grey, rows[:, -1].astype(np.int32))}, self.test, seed)


def _read_rows() -> NDArray[np.float64]:
    """Read the file that scikit-learn has, `[1797, 65]`: pixels from 0 to 16, and the digit; without importing it.

    To import `load_digits` takes a process 2 s of CPU before its first step.
    """
    package = find_spec("sklearn")
    for folder in () if package is None else package.submodule_search_locations or ():
        file = Path(folder, "datasets", "data", "digits.csv.gz")
        if file.is_file():
            with gzip.open(file, "rt") as lines:
                return np.loadtxt(lines, delimiter=",")
    from sklearn.datasets import load_digits  # which knows where it is in another version

    digits = load_digits()
    return np.column_stack([digits.data, digits.target])
