"""A data set, read once and split: what trials see, and what only the final score does."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from hpo.data.dataset import Dataset
from hpo.data.parts.splitting import split_for_trial
from hpo.data.parts.summary import DataSummary, summarize
from hpo.data.pixels.cache import make_key
from hpo.data.pixels.images import Images, Part
from hpo.data.trial_data import TrialData

_log = logging.getLogger(__name__)
KEPT_SIZES = 2


@dataclass(frozen=True)
class PreparedData:
    """A data set, read once and split.

    Attributes:
        fingerprint: identifies its content.
        trial: what trials see.
        test: what only the final score sees; None where the data set has no such part.
        summary: how many images there are of what, and what to know of them.
    """

    fingerprint: str
    trial: TrialData
    test: Part | None
    summary: DataSummary

    def parts(self) -> dict[str, Part]:
        """Give the parts that there are, by name."""
        return Images(self.trial.classes, self.trial.train, self.test, self.trial.validation).parts()


class DataStore:
    """The data sets of one worker, each read once: all trials of a study share the arrays.

    Where `image_size` is a parameter, the two sizes used last are kept.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._recent: dict[tuple[str, int | None], PreparedData] = {}

    def prepare(self, dataset: Dataset) -> PreparedData:
        """Prepare a data set with its options, at its size.

        Raises:
            DataError: it cannot be read, or has no validation part of its own where the file asks for it.
        """
        key = _make_key(dataset)
        prepared = self._recent.pop(key, None)
        while len(self._recent) >= KEPT_SIZES:
            del self._recent[next(iter(self._recent))]  # the one used longest ago
        self._recent[key] = prepared or self._prepare(dataset, dataset.load(self._seed))
        return self._recent[key]

    def _prepare(self, dataset: Dataset, images: Images) -> PreparedData:
        train, validation = split_for_trial(images, dataset.validation, self._seed)
        parts = replace(images, train=train, validation=validation).parts()
        summary = summarize(dataset.dataset, images.classes, parts, images.notes)
        _log.info("%s", summary)
        for note in summary.notes:
            _log.warning("%s", note)
        grey_to_rgb = dataset.grey_to_rgb(train.shape[-1])
        key = make_key("statistics", images.fingerprint, _make_key(dataset), self._seed)
        data = TrialData(images.classes, train, validation, grey_to_rgb, images.reduction, images.depth, key)
        return PreparedData(images.fingerprint, data, images.test, summary)


def _make_key(dataset: Dataset) -> tuple[str, int | None]:
    """Make a key of what decides the arrays: all options but those that act on the device."""
    return dataset.model_dump_json(
        exclude={"image_size", "normalization", "augmentation", "cache_augmented"}
    ), dataset.image_size
