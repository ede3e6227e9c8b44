"""An axis of a plotly figure as matplotlib has it: numbers, powers of ten, categories or times."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from typing import Any

_TAG = re.compile(r"<[^<>]*>")
_LARGE = 10_000
"""From here on numbers are written with a `k` or an `M`."""
_RGBA = re.compile(r"rgba?\(([^)]*)\)")


def to_text(text: object) -> str:
    """Give a text of plotly's without its tags."""
    lines = re.sub(r"<br\s*/?>", "\n", str(text))
    return unescape(_TAG.sub("", lines))


def to_color(code: str | None) -> Any:  # noqa: ANN401 - matplotlib's
    """Give a colour of CSS as matplotlib has it."""
    match = _RGBA.fullmatch(code or "none")
    if match is None:
        return code or "none"
    red, green, blue, *alpha = map(float, match[1].split(","))
    return (red / 255, green / 255, blue / 255, alpha[0] if alpha else 1.0)


class AxisScale:
    """Where the values of an axis lie, and how it is labelled."""

    def __init__(self, axis: Any, data: list[Any]) -> None:  # noqa: ANN401 - plotly's
        self.axis = axis
        self.domain = tuple(axis.domain or (0.0, 1.0))
        self.kind = axis.type or _guess_kind(data)
        self.categories: dict[str, int] = {}
        if self.kind == "category":
            order = [*(axis.categoryarray if axis.categoryarray is not None else ()), *map(str, data)]
            self.categories = {name: index for index, name in enumerate(dict.fromkeys(order))}

    def convert(self, values: Iterable[Any] | None) -> Any:  # noqa: ANN401 - numpy's
        """Give positions on the axis, float `[n]`; NaN where there is no value."""
        import numpy as np

        values = [] if values is None else list(values)
        if self.kind == "category":
            return np.array([self.categories.get(str(value), value) for value in values], float)
        if self.kind == "date":
            from matplotlib import dates

            to_number: Any = dates.date2num
            times = [np.datetime64("NaT") if value is None else np.datetime64(value) for value in values]
            return np.asarray(to_number(times), float)
        return np.array([np.nan if value is None else value for value in values], float)

    def dress(self, axis: Any, ink: Any, grid: Any, size: float) -> None:  # noqa: ANN401 - matplotlib's
        """Give matplotlib's axis the range, the ticks, the title and the grid."""
        plan, letter = self.axis, axis.axis_name
        panel = axis.axes
        set_limits = panel.set_xlim if letter == "x" else panel.set_ylim
        if self.kind == "log":
            axis._set_axes_scale("log")
        if plan.range is not None:
            low, high = self.convert(plan.range) if self.kind == "date" else plan.range
            set_limits(*((10.0**low, 10.0**high) if self.kind == "log" else (low, high)))
        elif self.kind == "category":
            set_limits(-0.5, len(self.categories) - 0.5)
        if plan.autorange == "reversed":
            axis.set_inverted(True)
        self._set_ticks(axis, letter)
        if plan.visible is False or plan.showticklabels is False:
            axis.set_tick_params(labelbottom=False, labelleft=False)
        axis.set_tick_params(colors=ink, labelsize=(plan.tickfont.size or 0) * 0.72 or size, length=0)
        if plan.tickangle:
            axis.set_tick_params(labelrotation=-plan.tickangle)
        if plan.showgrid is not False and plan.visible is not False:
            axis.grid(True, color=grid, linewidth=0.8)
        if plan.title.text and plan.visible is not False:
            axis.set_label_text(
                to_text(plan.title.text), color=ink, fontsize=(plan.title.font.size or 0) * 0.72 or size
            )

    def _set_ticks(self, axis: Any, letter: str) -> None:  # noqa: ANN401 - matplotlib's
        from matplotlib import dates, ticker

        plan = self.axis
        if plan.tickvals is not None:
            labels = plan.ticktext if plan.ticktext is not None else plan.tickvals
            axis.set_ticks(list(self.convert(plan.tickvals)), labels=list(map(to_text, labels)))
        elif self.kind == "category":
            axis.set_ticks(list(self.categories.values()), labels=list(map(to_text, self.categories)))
        elif self.kind == "date":
            make_locator: Any = dates.AutoDateLocator
            make_formatter: Any = dates.ConciseDateFormatter
            locator = make_locator(minticks=2, maxticks=4)
            axis.set_major_locator(locator)
            axis.set_major_formatter(make_formatter(locator))
        elif self.kind == "log":
            axis.set_major_locator(ticker.LogLocator(numticks=6))
            axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_locator(ticker.NullLocator())
        else:
            most = 6 if letter == "x" else 7
            axis.set_major_locator(ticker.MaxNLocator(most, integer=(plan.tickformat or "") == "d"))
            if (plan.tickformat or "").endswith("%"):
                axis.set_major_formatter(ticker.PercentFormatter(1, decimals=0))
            elif max(map(abs, axis.get_view_interval())) >= _LARGE:
                axis.set_major_formatter(ticker.EngFormatter(sep=""))


def _guess_kind(data: list[Any]) -> str:
    first = next((value for value in data if value is not None), 0.0)
    if isinstance(first, str):
        return "date" if re.match(r"\d{4}-\d\d-\d\d[T ]", first) else "category"
    return "date" if hasattr(first, "isoformat") else "linear"
