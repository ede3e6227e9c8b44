"""Arrays as people have them, to the images and labels that trials see: one rule for every source of arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hpo.data.parts.class_counts import check_trained, count
from hpo.data.parts.outline import part_without_pixels
from hpo.data.parts.splitting import split
from hpo.data.pixels.images import Images, Labels, Part, Pixels, Rows, identify
from hpo.data.pixels.reduction import NEARLY_BLACK, PLAIN, Depth, Ends, Reduction
from hpo.errors import DataError

PARTS = ("train", "validation", "test")
_BRIGHTEST = 255
_STACK, _STACK_WITH_CHANNELS = 3, 4
_CHANNELS = (1, 3)
_NOTED = 3


def images_of(
    parts: Mapping[str, tuple[ArrayLike, ArrayLike]],
    classes: Sequence[object] | None,
    test_share: float,
    seed: int,
    reduction: Reduction = PLAIN,
) -> Images:
    """A data set of arrays, its images as bytes and its labels as indices.

    Images are `[n, height, width]` (grey) or `[n, height, width, 1 or 3]`, all parts alike: whole numbers from 0 to
    255, of any dtype; fractions from 0 to 1, which are times 255; or booleans, black and white. Floats are fractions
    where none in any part is above 1. Where a reduction says their range or their bits, any numbers are taken.

    Labels are one an image, `[n]` or `[n, 1]`: whole numbers, floats that are whole, or texts; or rows with a single 1,
    `[n, classes]`. Where classes are named, numbers are positions in that list and texts are names in it; where they
    are not, the classes are the different labels, sorted.

    Args:
        parts: images and labels by the part's name: `train`, and `validation` and `test` if there are such parts.
        classes: the names of the classes, in the order of their numbers.
        test_share: the share of the training part that is set apart, stratified, where there is no test part.
        seed: of that split.
        reduction: what brings the values to 8 bits.

    Raises:
        DataError: it is not so; the message names the part.
    """
    _check_names(parts)
    images, labels = {}, {}
    for name, (pixels, marks) in parts.items():
        images[name] = _stacked(name, pixels)
        labels[name] = _marks(name, marks, len(images[name]))
    _check_alike(images)
    names, indices = _indexed(labels, None if classes is None else [str(each) for each in classes])
    asked = reduction
    if asked.is_open:
        blank = {name: part_without_pixels(each) for name, each in indices.items()}
        asked = asked.resolve(*_ends(images["train"], _divided(blank, names, test_share, seed).train.rows))
    scaled = _bytes(images) if asked.is_default else _reduced(images, asked)
    whole = {name: Part(scaled[name], indices[name]) for name in images}
    if not asked.is_default:  # copies are told by what is stored
        stored = {name: identify([f"{name} {row}" for row in range(len(each))], each) for name, each in images.items()}
        whole = {name: Part(scaled[name], indices[name], identities=stored[name]) for name in images}
    found = _divided(whole, names, test_share, seed)
    check_trained(count(found.parts(), names))
    depth = None if asked.is_default else Depth(asked, found.train.shape[-1])
    return replace(found, notes=tuple(_notes(scaled)), reduction=asked.plain(), depth=depth)


def _divided(parts: Mapping[str, Part], classes: tuple[str, ...], test_share: float, seed: int) -> Images:
    """The data set of these parts, a share of the training part set apart for the test if it has none."""
    if "test" in parts:
        return Images(classes, parts["train"], parts["test"], parts.get("validation"))
    train, test = split(parts["train"], test_share, seed, "test", classes)
    return Images(classes, train, test, parts.get("validation"))


def _check_names(parts: Mapping[str, object]) -> None:
    unknown = sorted(str(name) for name in parts if name not in PARTS)
    if "train" not in parts or unknown:
        received = ", ".join(map(str, parts)) or "none"
        raise DataError(f"a data set has the part train, and may have validation and test. Received {received}.")


def _stacked(part: str, images: ArrayLike) -> NDArray[Any]:
    rule = f"{part}: images are an array of numbers [n, height, width] or [n, height, width, 1 or 3]"
    try:
        found = np.asarray(images)
    except ValueError as error:  # a list of arrays of different sizes
        raise DataError(f"{rule}. Received images of different sizes. Bring them to one size.") from error
    if found.dtype == object:
        raise DataError(f"{rule}. Received an array of Python objects, shape {list(found.shape)}.")
    if found.dtype.kind not in "uifb":
        raise DataError(f"{rule}. Received dtype {found.dtype}.")
    if found.ndim == _STACK:
        found = found[..., np.newaxis]
    if found.ndim != _STACK_WITH_CHANNELS or found.shape[-1] not in _CHANNELS or 0 in found.shape:
        received = f"{rule}. Received shape {list(found.shape)}."
        if found.ndim == _STACK_WITH_CHANNELS and found.shape[1] in _CHANNELS:
            received += " Move the channels to the end: images.transpose(0, 2, 3, 1)."
        raise DataError(received)
    return found


def _check_alike(images: Mapping[str, NDArray[Any]]) -> None:
    shapes = {name: list(each.shape[1:]) for name, each in images.items()}
    if len({tuple(shape) for shape in shapes.values()}) > 1:
        received = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise DataError(f"the images of all parts have one height, width and number of channels. Received {received}.")


def _bytes(images: Mapping[str, NDArray[Any]]) -> dict[str, Pixels]:
    """The images as uint8; an array that is so already is not copied."""
    ends = {name: (each.min(), each.max()) for name, each in images.items()}  # either is NaN where a pixel is
    floats = [name for name, each in images.items() if each.dtype.kind == "f"]
    are_fractions = all(ends[name][1] <= 1 for name in floats)
    found: dict[str, Pixels] = {}
    for name, each in images.items():
        low, high = ends[name]
        is_whole = each.dtype.kind != "f" or are_fractions or bool(np.all(np.mod(each, 1) == 0))
        if not (low >= 0 and high <= _BRIGHTEST and is_whole):
            received = f"{each.dtype} from {low:g} to {high:g}"
            raise DataError(
                f"{name}: pixels are whole numbers from 0 to 255, or fractions from 0 to 1. Received {received}. "
                "Scale them, without a mean subtracted: data.normalization does that; or, of an npz file, set "
                "data.range."
            )
        if each.dtype.kind == "b" or (name in floats and are_fractions):
            found[name] = np.round(each * np.float32(_BRIGHTEST)).astype(np.uint8)
        else:
            found[name] = each.astype(np.uint8, copy=False)
    return found


def _ends(images: NDArray[Any], rows: Rows) -> Ends:
    """The lowest and the highest value of these images."""
    ends = [(images[row].min(), images[row].max()) for row in rows.tolist()]
    return float(min(low for low, _ in ends)), float(max(high for _, high in ends))


def _reduced(images: Mapping[str, NDArray[Any]], reduction: Reduction) -> dict[str, Pixels]:
    """The images as uint8, by their range or by their bits."""
    for name, each in images.items():
        if each.dtype.kind == "f" and not np.isfinite(each).all():
            raise DataError(f"{name}: pixels are finite numbers. Received some that are infinite or NaN.")
        if each.dtype.kind in "fb" and reduction.bits is not None:
            raise DataError(f"data.bits: it is how many bits whole numbers have. Received {each.dtype} in {name}.")
    return {name: reduction.to_bytes(each, None) for name, each in images.items()}


def _notes(images: Mapping[str, Pixels]) -> Iterator[str]:
    """What is told of images in which there is little to see."""
    brightest = max(int(each.max()) for each in images.values())
    if 0 < brightest < NEARLY_BLACK:
        yield (
            f"images are nearly black: the brightest pixel of all is {brightest} of 255 (scale them, or of an npz file "
            "set data.range to auto)"
        )
    uniform = [
        f"image {number} of {name}"
        for name, each in images.items()
        for number in np.flatnonzero(np.ptp(each, axis=(1, 2)).max(axis=-1) == 0).tolist()
    ]
    are_all = len(uniform) == sum(map(len, images.values()))  # their colours are what there is to learn, if they differ
    if uniform and not (are_all and any(np.ptp(each) for each in images.values())):
        more = f" and {len(uniform) - _NOTED} more" if len(uniform) > _NOTED else ""
        yield f"images are of one colour alone, {len(uniform):,} in all: {', '.join(uniform[:_NOTED])}{more}"


def _marks(part: str, labels: ArrayLike, images: int) -> NDArray[Any]:
    """The labels as an array `[n]` of numbers or texts."""
    found = np.asarray(labels)
    if found.ndim == 2 and found.shape[1] == 1:  # noqa: PLR2004 - as Keras gives those of CIFAR
        found = found[:, 0]
    elif found.ndim == 2 and found.dtype.kind in "uifb":  # noqa: PLR2004
        found = _from_one_hot(part, found)
    if found.shape != (images,):
        raise DataError(
            f"{part}: labels are one an image, or a row with a single 1 for each. "
            f"Received shape {list(found.shape)} for {images} images."
        )
    if found.dtype.kind in "OS":
        return np.array([each.decode() if isinstance(each, bytes) else each for each in found.tolist()])
    if found.dtype.kind == "f" and not np.all(np.mod(found, 1) == 0):
        raise DataError(f"{part}: labels are whole numbers or texts. Received {found[np.mod(found, 1) != 0][0]:g}.")
    if found.dtype.kind not in "uifbU":
        raise DataError(f"{part}: labels are whole numbers or texts. Received dtype {found.dtype}.")
    return found if found.dtype.kind == "U" else found.astype(np.int64)


def _from_one_hot(part: str, rows: NDArray[Any]) -> NDArray[Any]:
    odd = np.flatnonzero(~(((rows == 0) | (rows == 1)).all(axis=1) & (rows.sum(axis=1) == 1)))
    if len(odd):
        raise DataError(
            f"{part}: labels are one an image, or a row with a single 1 for each. "
            f"Received {rows[odd[0]].tolist()[:10]} in row {odd[0]}."
        )
    columns: NDArray[np.intp] = rows.argmax(axis=1)
    return columns


def _indexed(
    labels: Mapping[str, NDArray[Any]], classes: list[str] | None
) -> tuple[tuple[str, ...], dict[str, Labels]]:
    """The names of the classes, and the labels as indices of them."""
    kinds = {name: each.dtype.kind == "U" for name, each in labels.items()}
    if len(set(kinds.values())) > 1:
        received = ", ".join(f"{name} {'texts' if is_text else 'numbers'}" for name, is_text in kinds.items())
        raise DataError(f"the labels of all parts are alike. Received {received}.")
    are_texts = kinds["train"]
    if classes is None:
        known = np.unique(np.concatenate(list(labels.values())))
        names = tuple(str(each) for each in known.tolist())
    else:
        names = tuple(classes)
        if len(set(names)) < len(names):
            raise DataError(f"the names of classes differ. Received {list(names)}.")
        known = np.array(names) if are_texts else np.arange(len(names))
    order = np.argsort(known, kind="stable")
    found: dict[str, Labels] = {}
    for name, each in labels.items():
        places = np.minimum(np.searchsorted(known, each, sorter=order), len(known) - 1)
        indices = order[places]
        strangers = np.flatnonzero(known[indices] != each)
        if len(strangers):
            rule = f"one of {', '.join(names[:10])}" if are_texts else f"from 0 to {len(names) - 1}"
            raise DataError(f"{name}: labels are {rule}, as there are classes. Received {each[strangers[0]].item()!r}.")
        found[name] = indices.astype(np.int32)
    return names, found
