"""What an inspection says of a data set, as it is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from hpo.cli.terminal.lines import INDENT, format_count, print_lines
from hpo.cli.terminal.units import format_number

if TYPE_CHECKING:
    from hpo.data.inspection import ChannelValues, Inspection, Remark

_SHOWN_CLASSES, _NAMED_CLASSES, _SHOWN_ITEMS, _BAR = 20, 30, 5, 20
_FIGURES = 12
_PLURALS = {"class": "classes"}


def print_inspection(console: Console, source: str, inspection: Inspection) -> None:
    """Print totals, classes, and what is wrong, refusals first."""
    totals = {name: sum(counts) for name, counts in inspection.parts.items()}
    several = [f"{name} {count:,}" for name, count in totals.items()] if len(totals) > 1 else []
    images = f"{format_count(sum(totals.values()), 'image')}, {format_number(inspection.bytes, 'B')}"
    lines = [("data", source), ("images", f"{images}{': ' if several else ''}{', '.join(several)}")]
    if inspection.sizes is not None:
        lines.append(("size", _describe_sizes(inspection)))
    kinds = [_format_counts(counts) for counts in (inspection.types, inspection.modes) if counts]
    lines.append(("kind", "; ".join(kinds)))
    print_lines(
        console, [*lines, ("channels", _describe_values(inspection.channels))] if inspection.channels else lines
    )
    _print_classes(console, inspection)
    for remark in inspection.remarks:
        _print_remark(console, remark)
    if not inspection.remarks:
        print_lines(console, [("problems", "none")])


def _describe_sizes(inspection: Inspection) -> str:
    sizes = inspection.sizes
    assert sizes is not None  # noqa: S101 - asked for where there are
    if sizes.different == 1:
        return f"{_format_size(sizes.smallest)}, all of them"
    smallest, median, largest = map(_format_size, (sizes.smallest, sizes.median, sizes.largest))
    return (
        f"{smallest} the smallest, {median} in the middle, {largest} the largest (height x width); "
        f"{sizes.different:,} different sizes"
    )


def _format_size(size: Sequence[int]) -> str:
    return f"{size[0]} x {size[1]}"


def _format_counts(counts: Mapping[str, int]) -> str:
    if len(counts) == 1:
        return f"all {next(iter(counts))}"
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _describe_values(channels: Sequence[ChannelValues]) -> str:
    means = ", ".join(f"{channel.mean:.1f} {channel.channel}" for channel in channels)
    deviations = ", ".join(f"{channel.deviation:.1f}" for channel in channels)
    return f"mean {means}; deviation {deviations}; of 0 to 255"


def _print_classes(console: Console, inspection: Inspection) -> None:
    """Print a line for each class with its images in each part; of many classes, those with the most and the fewest."""
    first, counts = next(iter(inspection.parts.items()))
    title = format_count(len(inspection.classes), "class", "classes")
    console.print()
    if len(inspection.classes) > _SHOWN_CLASSES and len(set(counts)) == 1:
        named = ", ".join(inspection.classes[:_NAMED_CLASSES])
        more = len(inspection.classes) - _NAMED_CLASSES
        rest = f" and {more:,} more; --json has all" if more > 0 else ""
        print_lines(console, [("classes", f"{title} with {counts[0]:,} images each in {first}: {named}{rest}")])
        console.print()
        return
    order = list(range(len(inspection.classes)))
    folded = len(order) - _SHOWN_CLASSES
    if folded > 0:
        order.sort(key=lambda index: -counts[index])
    longest = max(len(title), *map(len, inspection.classes))
    width = min(longest, console.width - INDENT - _FIGURES * len(inspection.parts) - _BAR // 2)
    heads = "".join(f"{name:>{_FIGURES}}" for name in inspection.parts)
    console.print(f"{'classes':<{INDENT}}{_cut(title, width):<{width}}{heads}", style="bold", soft_wrap=True)
    head = order if folded <= 0 else order[: _SHOWN_CLASSES // 2]
    tail = [] if folded <= 0 else order[-_SHOWN_CLASSES // 2 :]
    for index in head:
        _print_class(console, inspection, index, width)
    if folded > 0:
        low, high = (f"{counts[order[place]]:,}" for place in (len(order) - len(tail) - 1, len(head)))
        console.print(f"{'':<{INDENT}}... {folded:,} classes with {low} to {high} each", style="dim", soft_wrap=True)
    for index in tail:
        _print_class(console, inspection, index, width)
    console.print()


def _print_class(console: Console, inspection: Inspection, index: int, width: int) -> None:
    counts = next(iter(inspection.parts.values()))
    figures = "".join(f"{part[index]:>{_FIGURES},}" for part in inspection.parts.values())
    length = _BAR * counts[index] / max(counts) if any(counts) else 0
    bar = "▇" * max(round(length), int(counts[index] > 0))
    room = max(console.width - INDENT - width - len(figures) - 2, 0)
    name = _cut(inspection.classes[index], width)
    console.print(f"{'':<{INDENT}}{name:<{width}}{figures}  {bar[:room]}".rstrip(), soft_wrap=True)


def _cut(text: str, width: int) -> str:
    """Fit a name into a column: the middle of a longer one is left out."""
    if len(text) <= width:
        return text
    head = width * 2 // 3
    return f"{text[: head - 1]}…{text[head - width :]}"


def _print_remark(console: Console, remark: Remark) -> None:
    items = remark.items
    many = f": {format_count(len(items), remark.noun, _PLURALS.get(remark.noun))}" if items else ""
    text = f"{remark.told.rstrip('.')}{many}. {remark.remedy}"
    print_lines(console, [("refused" if remark.is_refusal else "note", text)])
    more = [f"and {len(items) - _SHOWN_ITEMS:,} more; --json has all"] if len(items) > _SHOWN_ITEMS else []
    for item in [*items[:_SHOWN_ITEMS], *more]:
        print_lines(console, [("", f"- {item}")])
