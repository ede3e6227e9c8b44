"""The pages of a PDF, A4, to write on: fonts, margins, page numbers, and what does not split over two of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, cast

import matplotlib as mpl
from fpdf import FPDF
from fpdf.enums import MethodReturnValue, XPos, YPos
from fpdf.fonts import TTFFont

from hpo.analysis.report.document import split_code
from hpo.shown import readable

Color = tuple[int, int, int]
INK: Color = (31, 41, 51)
SOFT: Color = (91, 103, 116)
LINE: Color = (223, 227, 232)
PANEL: Color = (245, 247, 249)
ACCENT: Color = (178, 60, 10)
_MARGIN = 18
_FONTS = {("text", ""): "DejaVuSans", ("text", "B"): "DejaVuSans-Bold", ("code", ""): "DejaVuSansMono"}


class PdfPages(FPDF):
    """A document of A4 pages, with a line at the foot of each.

    Attributes:
        has_misfits: whether a character had to be spelled out, which the fonts have no picture of.
    """

    def __init__(self, title: str, foot: str) -> None:
        """Begin the first page.

        Args:
            title: of the document.
            foot: what stands beside the number of each page.
        """
        super().__init__(format="A4")
        self.has_misfits = False
        folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
        for (family, style), name in _FONTS.items():
            self.add_font(family, style, folder / f"{name}.ttf")
        self._glyphs = {family: self._find_glyphs(family) for family in ("text", "code")}
        self.set_margin(_MARGIN)
        self.c_margin = 0
        self.set_auto_page_break(auto=True, margin=_MARGIN)
        self.set_title(self.fit(title))
        self.set_creator("hpo")
        self.set_lang("en")
        self._foot = self.fit(foot)
        self.add_page()

    def finish(self) -> bytes:
        """Give the document; nothing can be written after it."""
        content = bytes(self.output())
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.close()
        return content

    def _find_glyphs(self, family: str) -> frozenset[int]:
        """Find the characters that all fonts of a family have."""
        fonts = [self.fonts[f"{family}{style}"] for name, style in _FONTS if name == family]
        return frozenset.intersection(*(frozenset(font.cmap) for font in fonts if isinstance(font, TTFFont)))

    def footer(self) -> None:
        """Write the foot of a page."""
        self.set_y(-_MARGIN + 6)
        self.style(8, color=SOFT)
        self.cell(self.epw - 20, 5, self._foot)
        self.cell(20, 5, f"{self.page_no()} / {{nb}}", align="R")

    def fit(self, text: str, family: Literal["text", "code"] = "text", *, lines: bool = False) -> str:
        r"""Spell out what the fonts have no picture of, as `\u4e2d`."""
        glyphs, shown = self._glyphs[family], readable(text, lines=lines)
        if all(ord(letter) in glyphs or letter in "\n\t" for letter in shown):
            return shown
        self.has_misfits = True
        return "".join(
            letter if ord(letter) in glyphs or letter in "\n\t" else letter.encode("unicode_escape").decode("ascii")
            for letter in shown
        )

    def style(self, size: float, emphasis: Literal["", "B"] = "", color: Color = INK, family: str = "text") -> None:
        """Choose the font of what is written next."""
        self.set_font(family, emphasis if family == "text" else "", size)
        self.set_text_color(*color)

    def keep(self, height: float) -> None:
        """Begin a new page unless so many millimetres are left on this one."""
        if self.y > self.t_margin and self.will_page_break(min(height, self.eph)):
            self.add_page()

    def measure(self, text: str, width: float, size: float, emphasis: Literal["", "B"] = "") -> float:
        """Give the height of a text in a column of so many millimetres."""
        self.style(size, emphasis)
        height = self.multi_cell(
            width, _line(size), self.fit(text), align="L", dry_run=True, output=MethodReturnValue.HEIGHT
        )
        return cast(float, height)

    def put(
        self,
        text: str,
        size: float = 10,
        emphasis: Literal["", "B"] = "",
        *,
        color: Color = INK,
        indent: float = 0,
        after: float = 1.5,
    ) -> None:
        """Write a paragraph; what stands between backticks is code."""
        margin = self.l_margin
        self.set_left_margin(margin + indent)
        self.set_x(self.l_margin)
        for piece, is_code in split_code(text):
            family: Literal["text", "code"] = "code" if is_code else "text"
            self.style(size * 0.95 if is_code else size, emphasis, color, family)
            self.write(_line(size), self.fit(piece, family))
        self.ln(_line(size) + after)
        self.set_left_margin(margin)
        self.set_x(margin)

    def put_code(self, text: str) -> None:
        """Write lines to copy on a coloured ground."""
        self.style(8, family="code")
        self.set_fill_color(*PANEL)
        text = self.fit(text.strip("\n").replace("\t", "    "), "code", lines=True)
        self.multi_cell(
            self.epw, 4, text, align="L", fill=True, padding=(1, 2, 1, 2), new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )
        self.ln(1.5)

    def share_width(
        self, rows: Sequence[Sequence[str]], are_numbers: Sequence[bool], size: float, gap: float
    ) -> list[float]:
        """Share the width of the page among columns: each what it needs, and the long ones what is left.

        Args:
            rows: texts of the cells.
            are_numbers: which columns are not to be broken into lines.
            size: of the font, in points.
            gap: millimetres to the right of each cell.
        """
        self.style(size, "B")
        needed = [max(map(self.get_string_width, column)) + gap + 0.2 for column in zip(*rows, strict=True)]
        if sum(needed) <= self.epw:
            return needed
        fair = self.epw / len(needed)
        is_fixed = [is_number or width <= fair for width, is_number in zip(needed, are_numbers, strict=True)]
        fixed = sum(width for width, is_kept in zip(needed, is_fixed, strict=True) if is_kept)
        rest = [width for width, is_kept in zip(needed, is_fixed, strict=True) if not is_kept]
        if not rest or self.epw - fixed < 20 * len(rest):
            return [self.epw * width / sum(needed) for width in needed]
        return [
            width if is_kept else (self.epw - fixed) * width / sum(rest)
            for width, is_kept in zip(needed, is_fixed, strict=True)
        ]


def _line(size: float) -> float:
    """Give the height of a line in millimetres of a font of so many points."""
    return size * 0.3528 * 1.4
