"""Stratified, seeded splits, by scikit-learn: which images a trial is trained on, and which it is compared on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hpo.data.parts.class_counts import check_trained, count_classes, explain_no_split
from hpo.data.pixels.cache import Cache, make_key
from hpo.data.pixels.images import Images, Labels, Part
from hpo.errors import DataError

Purpose = Literal["validation", "test"]
DEFAULT_VALIDATION = 0.1
"""The share of the training part where a file says nothing, and the data set has no validation part of its own."""
_NAMED = 10


def split(
    part: Part, share: float, seed: int, purpose: Purpose, classes: Sequence[str] = (), *, others: Part | None = None
) -> tuple[Part, Part]:
    """Split a part in two with every class in the same proportion in both; the order of images is kept.

    Args:
        part: what to split.
        share: of images, between 0 and 1, that goes into the second part.
        seed: the same seed gives the same split.
        purpose: what the second part is for; errors say it, with the names of `classes`.
        classes: the names of the classes.
        others: what was set apart before, for the test.

    Raises:
        DataError: there are too few images for a stratified split.
    """
    error = explain_no_split(part.labels, share, purpose, classes, None if others is None else others.labels)
    if error is not None:
        raise error
    shared = _choose_shared(part.labels, share, seed)
    return part.take(np.flatnonzero(~shared)), part.take(np.flatnonzero(shared))


def _choose_shared(labels: Labels, share: float, seed: int) -> NDArray[np.bool_]:
    """Say of each image whether it goes into the second part: `[n]`.

    That is computed once a machine and kept: what scikit-learn imports takes a process 2 s of CPU before its first
    step, and nothing else needs it by then.
    """
    content = hashlib.sha256(np.ascontiguousarray(labels).data).hexdigest()
    cache, key = Cache(content="splits"), make_key(version("scikit-learn"), content, labels.dtype.str, share, seed)
    digest, _, bits = (cache.text(key) or "").partition(" ")
    if bits and digest == _digest(bits):
        return np.unpackbits(np.frombuffer(bytes.fromhex(bits), np.uint8), count=len(labels)).astype(bool)
    from sklearn.model_selection import train_test_split

    shared = np.zeros(len(labels), bool)
    shared[train_test_split(np.arange(len(labels)), test_size=share, random_state=seed, stratify=labels)[1]] = True
    bits = np.packbits(shared).tobytes().hex()
    cache.write_text(key, f"{_digest(bits)} {bits}")
    return shared


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def split_fold(part: Part, folds: int, fold: int, seed: int, classes: Sequence[str]) -> tuple[Part, Part]:
    """Hold one of several folds out, with every class in the same proportion in each; the order of images is kept.

    Args:
        part: what to split.
        folds: how many there are; every image is in one.
        fold: which is held out, counted from 0.
        seed: the same seed gives the same folds.
        classes: the names of the classes.

    Returns:
        The images of the other folds, and those of this one.

    Raises:
        DataError: a class has fewer images than there are folds.
    """
    from sklearn.model_selection import StratifiedKFold

    images = np.bincount(part.labels, minlength=len(classes))
    rare = [f"{name} ({count})" for name, count in zip(classes, images, strict=False) if 0 < count < folds]
    if rare:
        raise DataError(
            f"--folds (`folds` in Python): every class has an image in each fold. Received {folds} folds, and fewer "
            f"images of {', '.join(rare[:_NAMED])} to train and validate on. Ask for fewer folds."
        )
    splits = StratifiedKFold(folds, shuffle=True, random_state=seed).split(np.zeros(len(part)), part.labels)
    rest, held_out = list(splits)[fold]
    return part.take(rest), part.take(held_out)


def divide(
    classes: Sequence[str], parts: Mapping[str, Part], share: float, seed: int, *, is_divided: bool = False
) -> Images:
    """Make a data set of parts; a share of the training part is set apart for the test where there is no such part.

    Nothing is set apart where a source says that it `is_divided`: those parts are all that there are.

    Raises:
        DataError: there are too few images for a stratified split, or labels are no classes.
    """
    train, test = parts["train"], parts.get("test")
    if test is None and not is_divided:
        train, test = split(train, share, seed, "test", classes)
    return Images(tuple(classes), train, test, parts.get("validation"))


def split_for_trial(images: Images, validation: float | str | None, seed: int) -> tuple[Part, Part]:
    """Give what a trial sees of a data set: the part that it is trained on, and the part that it is compared on.

    The test part stays out of it; `validation` is what a file gives, see `hpo.data.Dataset`.

    Raises:
        DataError: there is no validation part of its own where the file asks for it, there are too few images for a
            split, or none to train on of a class that another part has.
    """
    check_trained(count_classes(images.parts(), images.classes))
    if validation is None:
        validation = DEFAULT_VALIDATION if images.validation is None else "validation"
    if isinstance(validation, float):
        train, held_out = split(images.train, validation, seed, "validation", images.classes, others=images.test)
        check_trained(count_classes({"train": train, "validation": held_out}, images.classes))
        return train, held_out
    if images.validation is None:
        raise DataError(
            "data.validation: `validation` is the name of a part. Received a data set without it. "
            "Give a share, such as 0.1."
        )
    return images.train, images.validation
