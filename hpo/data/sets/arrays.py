"""Arrays as people have them, to the images and labels that trials see: one rule for every source of arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hpo.data.parts.class_counts import check_trained, count_classes
from hpo.data.parts.splitting import divide
from hpo.data.pixels.images import PARTS, Images, Labels, Part, Pixels, identify, make_blank_part
from hpo.data.pixels.reduction import BRIGHTEST, NEARLY_BLACK, PLAIN, Depth, Reduction
from hpo.errors import DataError

_STACK, _STACK_WITH_CHANNELS = 3, 4
_CHANNELS = (1, 3)
_NAMED = 3


def images_from_arrays(
    place: object,
    parts: Mapping[str, tuple[ArrayLike, ArrayLike]],
    classes: Sequence[object] | None,
    test_share: float,
    seed: int,
    *,
    reduction: Reduction = PLAIN,
) -> Images:
    """Make a data set of arrays, its images as bytes and its labels as indices.

    Images are `[n, height, width]` (grey) or `[n, height, width, 1 or 3]`, all parts alike: whole numbers from 0 to
    255, of any dtype; fractions from 0 to 1, which are times 255; or booleans, black and white. Floats are fractions
    where none in any part is above 1. Where a reduction says their range or their bits, any numbers are taken.

    Labels are one an image, `[n]` or `[n, 1]`: whole numbers, floats that are whole, or texts; or rows with a single 1,
    `[n, classes]`. Where classes are named, numbers are positions in that list and texts are names in it; where they
    are not, the classes are the different labels, sorted.

    Args:
        place: where the arrays are from, as errors say it.
        parts: images and labels by the part's name: `train`, and `validation` and `test` if there are such parts.
        classes: their names, in the order of their numbers.
        test_share: the share of the training part that is set apart, stratified, where there is no test part.
        seed: of that split.
        reduction: what brings the values to 8 bits.

    Raises:
        DataError: it is not so; the message names the part.
    """
    with name_place(place):
        return _convert(parts, classes, reduction, lambda names, parts: divide(names, parts, test_share, seed))


@contextmanager
def name_place(place: object) -> Iterator[None]:
    """Let errors about data say where they are from."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{place}: {error}") from error


def _convert(
    parts: Mapping[str, tuple[ArrayLike, ArrayLike]],
    classes: Sequence[object] | None,
    reduction: Reduction,
    split: Callable[[Sequence[str], Mapping[str, Part]], Images],
) -> Images:
    unknown = [name for name in parts if name not in PARTS]
    if "train" not in parts or unknown:
        received = ", ".join(map(str, parts)) or "none"
        raise DataError(f"a data set has the part train, and may have validation and test. Received {received}.")
    images = {name: _check_images(name, pixels) for name, (pixels, _) in parts.items()}
    labels = {name: _check_labels(name, marks, len(images[name])) for name, (_, marks) in parts.items()}
    shapes = {name: list(array.shape[1:]) for name, array in images.items()}
    if len(set(map(tuple, shapes.values()))) > 1:
        received = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise DataError(f"the images of all parts have one height, width and number of channels. Received {received}.")
    names, indices = _index(labels, None if classes is None else [str(name) for name in classes])
    if reduction.is_open:
        blank = {name: make_blank_part(array) for name, array in indices.items()}
        trained = [images["train"][row] for row in split(names, blank).train.rows]  # views, no copies
        reduction = reduction.resolve(float(min(map(np.min, trained))), float(max(map(np.max, trained))))
    scaled = _to_bytes(images) if reduction.is_default else _reduce(images, reduction)
    whole = {name: Part(scaled[name], indices[name]) for name in images}
    if not reduction.is_default:  # copies are found by what is stored
        for name, part in whole.items():
            part.identities = identify([f"{name} {row}" for row in range(len(part))], images[name])
    whole_set = split(names, whole)
    check_trained(count_classes(whole_set.parts(), names))
    depth = None if reduction.is_default else Depth(reduction, whole_set.train.shape[-1])
    return replace(whole_set, notes=tuple(_describe_doubts(scaled)), reduction=reduction.plain(), depth=depth)


def _check_images(part: str, images: ArrayLike) -> NDArray[Any]:
    rule = f"{part}: images are an array of numbers [n, height, width] or [n, height, width, 1 or 3]"
    try:
        array = np.asarray(images)
    except ValueError as error:  # a list of arrays of different sizes
        raise DataError(f"{rule}. Received images of different sizes. Bring them to one size.") from error
    if array.dtype == object:
        raise DataError(f"{rule}. Received an array of Python objects, shape {list(array.shape)}.")
    if array.dtype.kind not in "uifb":
        raise DataError(f"{rule}. Received dtype {array.dtype}.")
    if array.ndim == _STACK:
        array = array[..., np.newaxis]
    if array.ndim != _STACK_WITH_CHANNELS or array.shape[-1] not in _CHANNELS or 0 in array.shape:
        received = f"{rule}. Received shape {list(array.shape)}."
        if array.ndim == _STACK_WITH_CHANNELS and array.shape[1] in _CHANNELS:
            received += " Move the channels to the end: images.transpose(0, 2, 3, 1)."
        raise DataError(received)
    return array


def _to_bytes(images: Mapping[str, NDArray[Any]]) -> dict[str, Pixels]:
    """Bring the images to uint8; an array that is so already is not copied."""
    ends = {name: (array.min(), array.max()) for name, array in images.items()}  # either is NaN where a pixel is
    floats = [name for name, array in images.items() if array.dtype.kind == "f"]
    are_fractions = all(ends[name][1] <= 1 for name in floats)
    scaled: dict[str, Pixels] = {}
    for name, array in images.items():
        low, high = ends[name]
        is_whole = array.dtype.kind != "f" or are_fractions or bool(np.all(np.mod(array, 1) == 0))
        if not (low >= 0 and high <= BRIGHTEST and is_whole):
            received = f"{array.dtype} from {low:g} to {high:g}"
            raise DataError(
                f"{name}: pixels are whole numbers from 0 to 255, or fractions from 0 to 1. Received {received}. "
                "Scale them, without a mean subtracted: data.normalization does that; or, of an npz file, set "
                "data.range."
            )
        if array.dtype.kind == "b" or (name in floats and are_fractions):
            scaled[name] = np.round(array * np.float32(BRIGHTEST)).astype(np.uint8)
        else:
            scaled[name] = array.astype(np.uint8, copy=False)
    return scaled


def _reduce(images: Mapping[str, NDArray[Any]], reduction: Reduction) -> dict[str, Pixels]:
    """Bring the images to uint8, by their range or by their bits."""
    for name, array in images.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise DataError(f"{name}: pixels are finite numbers. Received some that are infinite or NaN.")
        if array.dtype.kind in "fb" and reduction.bits is not None:
            raise DataError(f"data.bits: it is how many bits whole numbers have. Received {array.dtype} in {name}.")
    return {name: reduction.to_bytes(array, None) for name, array in images.items()}


def _describe_doubts(images: Mapping[str, Pixels]) -> Iterator[str]:
    """Describe images in which there is little to see."""
    brightest = max(int(array.max()) for array in images.values())
    if 0 < brightest < NEARLY_BLACK:
        yield (
            f"images are nearly black: the brightest pixel of all is {brightest} of 255 (scale them, or of an npz file "
            "set data.range to auto)"
        )
    uniform = [
        f"image {number} of {name}"
        for name, array in images.items()
        for number in np.flatnonzero(np.ptp(array, axis=(1, 2)).max(axis=-1) == 0).tolist()
    ]
    are_all = len(uniform) == sum(map(len, images.values()))  # their colours are what there is to learn, if they differ
    if uniform and not (are_all and any(np.ptp(array) for array in images.values())):
        more = f" and {len(uniform) - _NAMED} more" if len(uniform) > _NAMED else ""
        yield f"images are of one colour alone, {len(uniform):,} in all: {', '.join(uniform[:_NAMED])}{more}"


def _check_labels(part: str, labels: ArrayLike, images: int) -> NDArray[Any]:
    """Check the labels, and give them as an array `[n]` of numbers or texts."""
    marks = np.asarray(labels)
    if marks.ndim == 2 and marks.shape[1] == 1:  # noqa: PLR2004 - as Keras gives those of CIFAR
        marks = marks[:, 0]
    elif marks.ndim == 2 and marks.dtype.kind in "uifb":  # noqa: PLR2004
        marks = _from_one_hot(part, marks)
    if marks.shape != (images,):
        raise DataError(
            f"{part}: labels are one an image, or a row with a single 1 for array. "
            f"Received shape {list(marks.shape)} for {images} images."
        )
    if marks.dtype.kind in "OS":
        return np.array([mark.decode() if isinstance(mark, bytes) else mark for mark in marks.tolist()])
    if marks.dtype.kind == "f" and not np.all(np.mod(marks, 1) == 0):
        raise DataError(f"{part}: labels are whole numbers or texts. Received {marks[np.mod(marks, 1) != 0][0]:g}.")
    if marks.dtype.kind not in "uifbU":
        raise DataError(f"{part}: labels are whole numbers or texts. Received dtype {marks.dtype}.")
    return marks if marks.dtype.kind == "U" else marks.astype(np.int64)


def _from_one_hot(part: str, rows: NDArray[Any]) -> NDArray[Any]:
    odd = np.flatnonzero(~(((rows == 0) | (rows == 1)).all(axis=1) & (rows.sum(axis=1) == 1)))
    if len(odd):
        raise DataError(
            f"{part}: labels are one an image, or a row with a single 1 for array. "
            f"Received {rows[odd[0]].tolist()[:10]} in row {odd[0]}."
        )
    columns: NDArray[np.intp] = rows.argmax(axis=1)
    return columns


def _index(labels: Mapping[str, NDArray[Any]], classes: list[str] | None) -> tuple[tuple[str, ...], dict[str, Labels]]:
    """Name the classes, and give the labels as indices of them."""
    kinds = {name: array.dtype.kind == "U" for name, array in labels.items()}
    if len(set(kinds.values())) > 1:
        received = ", ".join(f"{name} {'texts' if is_text else 'numbers'}" for name, is_text in kinds.items())
        raise DataError(f"the labels of all parts are alike. Received {received}.")
    are_texts = kinds["train"]
    if classes is None:
        options = np.unique(np.concatenate(list(labels.values())))
        names = tuple(map(str, options.tolist()))
    else:
        names = tuple(classes)
        if len(set(names)) < len(names):
            raise DataError(f"the names of classes differ. Received {list(names)}.")
        options = np.array(names) if are_texts else np.arange(len(names))
    order = np.argsort(options, kind="stable")
    indexed: dict[str, Labels] = {}
    for name, array in labels.items():
        places = np.minimum(np.searchsorted(options, array, sorter=order), len(options) - 1)
        indices = order[places]
        unknown = np.flatnonzero(options[indices] != array)
        if len(unknown):
            rule = f"one of {', '.join(names[:10])}" if are_texts else f"from 0 to {len(names) - 1}"
            raise DataError(f"{name}: labels are {rule}, as there are classes. Received {array[unknown[0]].item()!r}.")
        indexed[name] = indices.astype(np.int32)
    return names, indexed
