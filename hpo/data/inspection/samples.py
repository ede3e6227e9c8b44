"""A few images of a data set with their labels, as they are read and as they are trained on; drawn on one page."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpo.data.dataset import Dataset
from hpo.data.inspection.inspection import choose_reduction, tolerate_empty_classes
from hpo.data.layers.augmentation import Augmentation, make_augmentation_layers
from hpo.data.layers.policies import apply_policies
from hpo.data.pixels.decoding import UndecodableError, open_image
from hpo.data.pixels.images import Labels, Part, Pixels
from hpo.data.pixels.resizing import Resizing
from hpo.data.sets.folder import Folder
from hpo.data.trial_data import TrialData

if TYPE_CHECKING:
    import PIL.Image
    from PIL.ImageFont import FreeTypeFont, ImageFont

    Font = FreeTypeFont | ImageFont

SAMPLES = 100
_TILE, _GAP, _COLUMNS = 96, 8, 10
_LINE, _LINES, _FONT = 13, 2, 11
_TITLE, _TITLE_FONT = 36, 18
_BETWEEN = 40
_MOST_LETTERS = 60
WIDE_FONTS = ("Arial Unicode.ttf", "NotoSansCJK-Regular.ttc", "DejaVuSans.ttf", "arial.ttf")
"""Of systems; Pillow's own (12) has ASCII and little else."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Images of the training part, by class, as many of each as can be.

    Attributes:
        classes: the names that labels are indices of.
        images: uint8 `[height, width, 1 or 3]` each; of one size where `image_size` is set.
        labels: one an image.
    """

    classes: tuple[str, ...]
    images: tuple[Pixels, ...]
    labels: Labels


def load_samples(dataset: Dataset, seed: int) -> Samples:
    """Load a hundred images to look at, or as many as there are; the same seed gives the same."""
    if isinstance(dataset, Folder):
        listing, _ = tolerate_empty_classes(dataset)
        files = listing.parts["train"]
        resizing = Resizing(dataset.image_size, dataset.resize, "grey" if dataset.color == "grey" else "rgb")
        reduction = choose_reduction(dataset, listing, seed)
        pixels, labels = [], []
        for row in _order_evenly(files.labels, seed).tolist():
            try:
                with open_image(files.files[row].read_bytes()) as stored:
                    pixels.append(resizing.apply(stored.reduce(reduction)))
            except (OSError, UndecodableError):
                continue
            labels.append(files.labels[row])
            if len(pixels) == SAMPLES:
                break
        return _sort_by_class(listing.classes, pixels, np.asarray(labels, np.int32))
    images = dataset.load(seed)
    part = images.train.take(_order_evenly(images.train.labels, seed)[:SAMPLES])
    return _sort_by_class(images.classes, list(part.images), part.labels)


def augment(samples: Samples, augmentation: Augmentation, seed: int) -> Samples:
    """Change the same images as a model gets them in training, before normalization. Imports the engine.

    The same seed changes them alike; they have one size.

    Raises:
        ValueError: the augmentation does not fit to images of this size.
    """
    import keras

    keras.utils.set_random_seed(seed)
    stacked = Part(np.stack(samples.images), samples.labels)
    pixels = apply_policies(stacked.images, augmentation, seed, 0, np.arange(len(stacked)))
    for layer in make_augmentation_layers(augmentation, TrialData(samples.classes, stacked, stacked)):
        pixels = layer(pixels, training=True)
    changed = np.clip(np.round(keras.ops.convert_to_numpy(pixels)), 0, 255).astype(np.uint8)
    return Samples(samples.classes, tuple(changed), samples.labels)


def draw_samples(pages: Sequence[tuple[str, Samples]], fonts: Sequence[str] = WIDE_FONTS) -> PIL.Image.Image:
    """Pages of images side by side, each with a title above and the class below every image.

    Small images are enlarged by whole factors, pixel by pixel; large ones are reduced to fit.

    Args:
        pages: titles and images, a hundred at most.
        fonts: files that Pillow looks for, for texts that are not ASCII; the first that the system has is taken.
    """
    from PIL import Image, ImageDraw

    drawings = [_draw_page(samples, fonts) for _, samples in pages]
    width = sum(page.width for page in drawings) + _BETWEEN * (len(drawings) - 1)
    sheet = Image.new("RGB", (width, max(page.height for page in drawings) + _TITLE), "white")
    draw, left = ImageDraw.Draw(sheet), 0
    for (title, _), page in zip(pages, drawings, strict=True):
        text, font = _choose_font(title, _TITLE_FONT, fonts)
        for line in _wrap(text, page.width - 2 * _GAP, font, 1):
            draw.text((left + _GAP, _GAP), line, "black", font)
        sheet.paste(page, (left, _TITLE))
        left += page.width + _BETWEEN
    return sheet


def _order_evenly(labels: Labels, seed: int) -> NDArray[np.intp]:
    """Order all rows so that the beginning has as many of each class as there can be."""
    random = np.random.default_rng(seed)
    shuffled = random.permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    starts = np.searchsorted(labels[by_class], labels[by_class])
    rounds = np.arange(len(labels)) - starts  # the first of every class, then the second of each
    order: NDArray[np.intp] = by_class[np.lexsort((random.random(len(labels)), rounds))]
    return order


def _sort_by_class(classes: tuple[str, ...], images: list[Pixels], labels: Labels) -> Samples:
    order = np.argsort(labels, kind="stable")
    return Samples(classes, tuple(images[row] for row in order.tolist()), labels[order])


def _draw_page(samples: Samples, fonts: Sequence[str]) -> PIL.Image.Image:
    from PIL import Image, ImageDraw

    rows = -(-len(samples.images) // _COLUMNS)
    across, down = _TILE + _GAP, _TILE + _LINE * _LINES + _GAP
    page = Image.new("RGB", (_COLUMNS * across + _GAP, rows * down + _GAP), "white")
    draw = ImageDraw.Draw(page)
    for index, (pixels, label) in enumerate(zip(samples.images, samples.labels.tolist(), strict=True)):
        x, y = _GAP + index % _COLUMNS * across, index // _COLUMNS * down
        image = _fit(Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels))
        page.paste(image, (x + (_TILE - image.width) // 2, y + (_TILE - image.height) // 2))
        name, font = _choose_font(samples.classes[label], _FONT, fonts)
        for number, line in enumerate(_wrap(name, _TILE, font, _LINES)):
            draw.text((x + _TILE / 2, y + _TILE + number * _LINE), line, "black", font, anchor="ma")
    return page


def _fit(image: PIL.Image.Image) -> PIL.Image.Image:
    from PIL import Image, ImageOps

    factor = _TILE // max(image.size)
    if factor:
        return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    return ImageOps.contain(image, (_TILE, _TILE), Image.Resampling.LANCZOS)


def _choose_font(text: str, size: int, fonts: Sequence[str]) -> tuple[str, Font]:
    """Choose a font that has the letters of a text; without accents where the system has none of the fonts."""
    from PIL import ImageFont

    for name in () if text.isascii() else fonts:
        with suppress(OSError):  # the system does not have it
            return unicodedata.normalize("NFC", text), ImageFont.truetype(name, size)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return plain or "?" * bool(text), ImageFont.load_default(size)


def _wrap(text: str, width: int, font: Font, lines: int) -> list[str]:
    """Wrap a text into so many lines of a width in pixels, with an ellipsis where it is longer."""
    wrapped: list[str] = []
    rest = text
    while rest and len(wrapped) < lines:
        fits = max(
            (n for n in range(1, min(len(rest), _MOST_LETTERS * 4) + 1) if font.getlength(rest[:n]) <= width), default=1
        )
        if fits < len(rest):
            broken = max(rest[: fits + 1].rfind(" "), rest[:fits].rfind("_") + 1, rest[:fits].rfind("-") + 1)
            fits = broken if broken > fits // 2 else fits
        wrapped.append(rest[:fits].strip())
        rest = rest[fits:].strip()
    if rest:
        while wrapped[-1] and font.getlength(wrapped[-1] + "…") > width:
            wrapped[-1] = wrapped[-1][:-1]
        wrapped[-1] += "…"
    return wrapped
