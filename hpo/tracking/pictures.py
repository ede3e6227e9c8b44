"""Draws examples of a trial as pictures: the confusion matrix, and images with what the model takes them for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from hpo.training.measuring.examples import Examples

Picture = NDArray[np.uint8]
_SIDE, _CELL, _TITLE, _GAP, _MOST_LABELLED = 128, 44, 30, 8, 32
_WHITE, _BLACK, _RIGHT, _WRONG = (255, 255, 255), (0, 0, 0), (0, 110, 40), (170, 0, 30)
_LONGEST = 18


def draw_confusion(examples: Examples) -> Picture:
    """Draw a confusion matrix, uint8 `[height, width, 3]`: a row a class, darker where more of its images are held so.

    Names and counts are there where the classes are few enough to be read, large enough for pages that make it smaller.
    """
    count = len(examples.classes)
    totals = np.maximum(examples.confusion.sum(axis=1, keepdims=True), 1)
    shares = examples.confusion / totals
    shades = np.stack([255 - shares * 225, 255 - shares * 160, 255 - shares * 75], axis=-1).astype(np.uint8)
    is_labelled = count <= _MOST_LABELLED
    cell = _CELL if is_labelled else max(2, 1024 // count)
    matrix = Image.fromarray(shades.repeat(cell, axis=0).repeat(cell, axis=1))
    return np.asarray(_label(matrix, examples, shares) if is_labelled else matrix)


def _label(matrix: Image.Image, examples: Examples, shares: NDArray[np.float64]) -> Image.Image:
    """Add names and counts, and which way the matrix is read."""
    font, names = ImageFont.load_default(18), [_shorten(name) for name in examples.classes]
    margin = round(max(map(font.getlength, names))) + 2 * _GAP
    title = "row: class, column: prediction"
    width = max(margin + matrix.width, round(font.getlength(title)) + 2 * _GAP)
    picture = Image.new("RGB", (width, _TITLE + margin + matrix.height), _WHITE)
    draw, top = ImageDraw.Draw(picture), _TITLE + margin
    picture.paste(matrix, (margin, top))
    draw.text((_GAP, _TITLE // 2), title, fill=_BLACK, font=font, anchor="lm")
    for row, name in enumerate(names):
        middle = top + row * _CELL + _CELL // 2
        draw.text((margin - _GAP, middle), name, fill=_BLACK, font=font, anchor="rm")
        upright = Image.new("RGB", (margin, _CELL), _WHITE)
        ImageDraw.Draw(upright).text((_GAP, _CELL // 2), name, fill=_BLACK, font=font, anchor="lm")
        picture.paste(upright.rotate(90, expand=True), (margin + row * _CELL, _TITLE))
        for column, number in enumerate(examples.confusion[row]):
            color = _WHITE if shares[row, column] > 0.5 else _BLACK  # noqa: PLR2004 - half
            if number:
                place = margin + column * _CELL + _CELL // 2, middle
                draw.text(place, str(number), fill=color, font=font, anchor="mm")
    return picture


def draw_example(examples: Examples, index: int) -> Picture:
    """Draw an image with its class, and below it what the model takes it for, uint8 `[height, width, 3]`."""
    pixels = examples.images[index]
    image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).convert("RGB")
    predicted, label = int(examples.predicted[index]), int(examples.labels[index])
    probability = float(examples.probabilities[index, predicted])
    picture = Image.new("RGB", (_SIDE, _SIDE + 28), _WHITE)
    picture.paste(image.resize((_SIDE, _SIDE), Image.Resampling.NEAREST))
    draw = ImageDraw.Draw(picture)
    draw.text((2, _SIDE + 1), _shorten(examples.classes[label]), fill=_BLACK)
    text = f"{_shorten(examples.classes[predicted])} {probability:.0%}"
    draw.text((2, _SIDE + 14), text, fill=_RIGHT if predicted == label else _WRONG)
    return np.asarray(picture)


def _shorten(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}~"
