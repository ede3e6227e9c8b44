"""Labelled images on one page, ten by ten, to be looked at."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hpo.data.inspection.samples import Samples

if TYPE_CHECKING:
    import PIL.Image
    from PIL.ImageFont import FreeTypeFont, ImageFont

    Font = FreeTypeFont | ImageFont

_TILE, _GAP, _COLUMNS = 96, 8, 10
_LINE, _LINES, _FONT = 13, 2, 11
_TITLE, _TITLE_FONT = 36, 18
_BETWEEN = 40
_MOST_LETTERS = 60
_WIDE_FONTS = ("Arial Unicode.ttf", "NotoSansCJK-Regular.ttc", "DejaVuSans.ttf", "arial.ttf")
"""Of systems; Pillow's own (12) has ASCII and little else."""


def draw_samples(pages: Sequence[tuple[str, Samples]]) -> PIL.Image.Image:
    """Pages of images side by side, each with a title above and the class below every image.

    Small images are enlarged by whole factors, pixel by pixel; large ones are reduced to fit.

    Args:
        pages: titles and images, a hundred at most.
    """
    from PIL import Image, ImageDraw

    drawn = [_page(samples) for _, samples in pages]
    width = sum(page.width for page in drawn) + _BETWEEN * (len(drawn) - 1)
    sheet = Image.new("RGB", (width, max(page.height for page in drawn) + _TITLE), "white")
    draw, left = ImageDraw.Draw(sheet), 0
    for (title, _), page in zip(pages, drawn, strict=True):
        text, font = _drawable(title, _TITLE_FONT)
        for line in _wrapped(text, page.width - 2 * _GAP, font, 1):
            draw.text((left + _GAP, _GAP), line, "black", font)
        sheet.paste(page, (left, _TITLE))
        left += page.width + _BETWEEN
    return sheet


def _page(samples: Samples) -> PIL.Image.Image:
    from PIL import Image, ImageDraw

    rows = -(-len(samples.images) // _COLUMNS)
    across, down = _TILE + _GAP, _TILE + _LINE * _LINES + _GAP
    page = Image.new("RGB", (_COLUMNS * across + _GAP, rows * down + _GAP), "white")
    draw = ImageDraw.Draw(page)
    for index, (pixels, label) in enumerate(zip(samples.images, samples.labels.tolist(), strict=True)):
        x, y = _GAP + index % _COLUMNS * across, index // _COLUMNS * down
        image = _fitted(Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels))
        page.paste(image, (x + (_TILE - image.width) // 2, y + (_TILE - image.height) // 2))
        name, font = _drawable(samples.classes[label], _FONT)
        for number, line in enumerate(_wrapped(name, _TILE, font, _LINES)):
            draw.text((x + _TILE / 2, y + _TILE + number * _LINE), line, "black", font, anchor="ma")
    return page


def _fitted(image: PIL.Image.Image) -> PIL.Image.Image:
    from PIL import Image

    longest = max(image.size)
    if longest <= _TILE:
        factor = _TILE // longest
        return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    size = (max(1, image.width * _TILE // longest), max(1, image.height * _TILE // longest))
    return image.resize(size, Image.Resampling.LANCZOS)


def _drawable(text: str, size: int) -> tuple[str, Font]:
    """A text and a font that has its letters; without their accents where the system has no such font."""
    from PIL import ImageFont

    wide = None if text.isascii() else _wide_font(size)
    if wide is None:
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
        return plain or "?" * bool(text), ImageFont.load_default(size)
    return unicodedata.normalize("NFC", text), wide


def _wide_font(size: int) -> Font | None:
    from PIL import ImageFont

    for name in _WIDE_FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return None


def _wrapped(text: str, width: int, font: Font, lines: int) -> list[str]:
    """A text in so many lines of a width in pixels, with an ellipsis where it is longer."""
    found: list[str] = []
    rest = text
    while rest and len(found) < lines:
        fits = max(
            (n for n in range(1, min(len(rest), _MOST_LETTERS * 4) + 1) if font.getlength(rest[:n]) <= width), default=1
        )
        if fits < len(rest):
            broken = max(rest[: fits + 1].rfind(" "), rest[:fits].rfind("_") + 1, rest[:fits].rfind("-") + 1)
            fits = broken if broken > fits // 2 else fits
        found.append(rest[:fits].strip())
        rest = rest[fits:].strip()
    if rest:
        while found[-1] and font.getlength(found[-1] + "…") > width:
            found[-1] = found[-1][:-1]
        found[-1] += "…"
    return found
