"""Draws examples of a trial as pictures: the confusion matrix, and images with what the model takes them for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from hpo.training.measuring.examples import Examples

Picture = NDArray[np.uint8]
_SIDE, _CELL, _MARGIN, _MOST_LABELLED = 128, 32, 96, 32
_WHITE, _BLACK, _RIGHT, _WRONG = (255, 255, 255), (0, 0, 0), (0, 110, 40), (170, 0, 30)
_LONGEST = 18


def draw_confusion(examples: Examples) -> Picture:
    """Draw a confusion matrix, uint8 `[height, width, 3]`: a row a class, darker where more of its images are held so.

    Names and counts are there where the classes are few enough to be read.
    """
    count = len(examples.classes)
    is_labelled = count <= _MOST_LABELLED
    cell, margin = (_CELL, _MARGIN) if is_labelled else (max(2, 1024 // count), 0)
    totals = np.maximum(examples.confusion.sum(axis=1, keepdims=True), 1)
    shares = examples.confusion / totals
    shades = np.stack([255 - shares * 225, 255 - shares * 160, 255 - shares * 75], axis=-1).astype(np.uint8)
    matrix = Image.fromarray(shades.repeat(cell, axis=0).repeat(cell, axis=1))
    picture = Image.new("RGB", (margin + count * cell, margin + count * cell), _WHITE)
    picture.paste(matrix, (margin, margin))
    if is_labelled:
        draw = ImageDraw.Draw(picture)
        for row, name in enumerate(examples.classes):
            middle = margin + row * cell + cell // 2
            draw.text((margin - 4, middle), _shorten(name), fill=_BLACK, anchor="rm")
            _draw_upright(picture, _shorten(name), middle, margin)
            for column, number in enumerate(examples.confusion[row]):
                color = _WHITE if shares[row, column] > 0.5 else _BLACK  # noqa: PLR2004 - half
                if number:
                    draw.text((margin + column * cell + cell // 2, middle), str(number), fill=color, anchor="mm")
    return np.asarray(picture)


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


def _draw_upright(picture: Image.Image, text: str, middle: int, bottom: int) -> None:
    word = Image.new("RGB", (bottom - 4, 12), _WHITE)
    ImageDraw.Draw(word).text((0, 0), text, fill=_BLACK)
    picture.paste(word.rotate(90, expand=True), (middle - 6, 4))


def _shorten(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}~"
