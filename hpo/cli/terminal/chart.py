"""Points and a line as text: braille patterns, which have two by four dots in a character."""

from __future__ import annotations

import math
from collections.abc import Sequence

ChartPoint = tuple[float, float]

HEIGHT = 8
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot of a pattern, by row and column."""
_PATTERNS = 0x2800
_TAIL = 0.1
"""The share of the points that may lie at the edge, whatever their values."""


def draw_chart(
    points: Sequence[ChartPoint], line: Sequence[ChartPoint], width: int, *, labels: Sequence[str], height: int = HEIGHT
) -> list[str]:
    """Draw points, and a line that holds each value until its next one.

    Args:
        points: x and y, finite; one or more.
        line: likewise, by rising x; it is drawn to the last point.
        width: of the whole, in characters.
        labels: of the highest and the lowest y, of the first and of the last x.
        height: in lines, without that of the labels of x.

    Returns:
        The lines, none wider than `width`.
    """
    highest, lowest, first, last = labels
    margin = max(len(highest), len(lowest)) + 2
    columns = max(2, width - margin)
    canvas = [[0] * columns for _ in range(height)]
    xs, ys = [x for x, _ in points], [y for _, y in (*points, *line)]
    left, right, bottom, top = min(xs), max(xs), min(ys), max(ys)

    def place(x: float, y: float) -> tuple[int, int]:
        across = (x - left) / (right - left) if right > left else 0.5
        up = (y - bottom) / (top - bottom) if top > bottom else 0.5
        return round(across * (2 * columns - 1)), round((1 - up) * (4 * height - 1))

    def dot(column: int, row: int) -> None:
        canvas[row // 4][column // 2] |= _DOTS[row % 4][column % 2]

    for x, y in points:
        dot(*place(x, y))
    ends = [*line[1:], (right, line[-1][1])] if line else []
    for (x, y), (next_x, next_y) in zip(line, ends, strict=True):
        column, row = place(x, y)
        next_column, next_row = place(next_x, next_y)
        for between in range(column, next_column + 1):
            dot(between, row)
        for between in range(min(row, next_row), max(row, next_row) + 1):
            dot(next_column, between)
    names = [highest, *[""] * (height - 2), lowest]
    rows = [
        f"{name:>{margin - 2}} {'┤' if name else '│'}{''.join(map(_write_cell, cells))}".rstrip()
        for name, cells in zip(names, canvas, strict=True)
    ]
    return [*rows, f"{'':{margin - 1}}{first}{last:>{columns + 1 - len(first)}}"]


def _write_cell(dots: int) -> str:
    return chr(_PATTERNS + dots) if dots else " "


def clip(points: Sequence[ChartPoint], *, upwards: bool) -> list[ChartPoint]:
    """Move the few points that are far worse than all others to the edge, so that the others can be told apart.

    Args:
        points: x and y.
        upwards: whether larger is better.
    """
    values = sorted(y for _, y in points)
    if len(values) < 1 / _TAIL:
        return list(points)
    rank = math.floor(_TAIL * len(values))
    median, edge = values[len(values) // 2], values[rank] if upwards else values[-1 - rank]
    limit = median - 2 * (median - edge)
    return [(x, max(y, limit) if upwards else min(y, limit)) for x, y in points]
