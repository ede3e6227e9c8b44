"""The images on which an export is verified and calibrated: those of the study, as the model takes them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpo.data import Dataset, DataStore, ImageReader, Part, TrialData
from hpo.errors import HpoError
from hpo.search import trial_seed
from hpo.spaces import parse_spec
from hpo.studies import StudyAddress, StudyRecord, TrialLedger, read_trial_config

CHECKED = 64
"""Images that every export predicts before it is handed over."""
_BATCH = 32


@dataclass(frozen=True, slots=True)
class SampleImages:
    """Images to verify a model on.

    Attributes:
        images: `[n, height, width, channels]`, of the dtype and range that the model takes.
        origin: what they are, after a number: `validation images of digits`.
        data: the data that they are of; None where it is gone.
        remark: why they are none of the data set's; None where they are.
    """

    images: NDArray[Any]
    origin: str
    data: TrialData | None = None
    remark: str | None = None


def choose_samples(
    about: Mapping[str, Any],
    shape: tuple[int | None, int | None, int],
    address: StudyAddress | None,
    trial: int | None,
    tell: Callable[[str], object],
) -> SampleImages:
    """Choose the images to verify a model on: validation images, else what is kept of them, else noise.

    Args:
        about: what the model's `hpo.json` says.
        shape: height, width and channels that it takes; None for any.
        address: its study's; None where that is not known.
        trial: the number of its trial.
        tell: called with what is being done.
    """
    reader, remark = ImageReader.from_description(about), "the study of the model is not known"
    if address is not None and trial is not None:
        record = StudyRecord(address).snapshot()
        tell("reading the images of the study")
        try:
            data = read_data(record, trial)
            images, _ = read_part(data.validation, reader, shape[-1], CHECKED)
            return SampleImages(images, f"validation images of {record.name}", data)
        except (HpoError, OSError, ImportError, MemoryError) as error:
            remark = f"the images of the study cannot be read: {error}"
        mistakes = _read_mistakes(record, trial)
        if mistakes is not None and len(mistakes) and shape[:2] == (None, None):
            images = reader.to_input(mistakes[:CHECKED, ..., : shape[-1]])
            return SampleImages(images, f"validation images that the model of {record.name} mistook", remark=remark)
    height, width = (side or own for side, own in zip(shape[:2], about["image_size"], strict=True))
    noise = np.random.default_rng(0).integers(0, 256, (CHECKED, height, width, shape[-1]), np.uint8)
    return SampleImages(reader.to_input(noise), "images of noise (NumPy's, seed 0)", remark=remark)


def read_data(record: StudyRecord, trial: int) -> TrialData:
    """Read the data of a trial as its worker has, also where the space of its study has changed since.

    Raises:
        DataError: it cannot be read, or has changed.
        MissingExtraError: what reads it is not installed.
    """
    spec = parse_spec(record.ledger.spec, f"study {record.name}")
    recorded = record.frozen_trials(confirming=True)[trial]
    dataset = read_trial_config(recorded, spec).data
    assert isinstance(dataset, Dataset)  # noqa: S101 - checked when the model was built
    dataset.require()
    prepared = DataStore(spec.seed).prepare(dataset)
    record.check_fingerprint(dataset.source_key(), prepared.fingerprint)
    confirms = TrialLedger(recorded.user_attrs).confirms
    if confirms is None or confirms["folds"] is None:
        return prepared.trial
    return prepared.trial.take_fold(confirms["folds"], confirms["fold"], trial_seed(spec.seed, confirms["seed"]))


def spread(count: int, most: int) -> NDArray[np.intp]:
    """Choose up to `most` of `count` rows, spread evenly."""
    return np.linspace(0, count, min(count, most), endpoint=False).astype(np.intp)


def split_batches(images: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Cut images into batches."""
    yield from (images[start : start + _BATCH] for start in range(0, len(images), _BATCH))


def resample(images: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """Give images another height and width, by repeating or leaving out pixels."""
    rows, columns = (np.arange(new) * old // new for new, old in zip(size, images.shape[1:3], strict=True))
    return np.ascontiguousarray(images[:, rows][:, :, columns])


def read_part(part: Part, reader: ImageReader, channels: int, most: int) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Read images of a part, spread evenly, as the model takes them; and their labels, int32 `[n]`.

    Args:
        part: what to read.
        reader: of the model's images.
        channels: that the model takes; a study may have repeated a single one.
        most: how many to read.
    """
    rows = spread(len(part), most)
    return reader.to_input(part.pixels(rows)[..., :channels]), part.labels[rows]


def _read_mistakes(record: StudyRecord, trial: int) -> NDArray[np.uint8] | None:
    """Read the images that are kept beside the model."""
    try:
        content = record.files.models.store.read(f"trial-{trial}.validation.npz")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            mistakes: NDArray[np.uint8] = arrays["mistake_images"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, HpoError):
        return None
    return mistakes if mistakes.dtype == np.uint8 and mistakes.ndim == 4 else None  # noqa: PLR2004 - a batch of images
