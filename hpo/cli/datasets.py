"""`hpo datasets`: what can be named in a file; `hpo datasets inspect`: what is in a data set, and what is wrong."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from typer.core import TyperGroup

from hpo.catalog import DATASETS, suggestion
from hpo.cli import names
from hpo.cli.check import progress
from hpo.cli.lines import INDENT, counted, print_lines
from hpo.cli.options import Debug, Json, Overrides
from hpo.cli.units import scaled
from hpo.errors import Problem, UserError
from hpo.spaces import Config, Params, StudySpec, bundled_spaces, load, spec_of

if TYPE_CHECKING:
    from hpo.data import Dataset
    from hpo.data.inspection import Inspection, Remark, Values

REFUSED = 1
_SHOWN_CLASSES, _NAMED_CLASSES, _SHOWN_ITEMS, _BAR = 20, 30, 5, 20
_FIGURES = 12
_PLURALS = {"class": "classes"}
_LARGEST = 224
"""Side in pixels up to which images of several sizes are drawn augmented."""
_SPACES = frozenset({".yaml", ".yml", ".json"})
_LIST = "list"


class _ListFirst(TyperGroup):
    """`hpo datasets` and `hpo datasets NAME` are the command that lists, whose name need not be typed."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = [_LIST, *args]
        return super().parse_args(ctx, args)


commands = typer.Typer(cls=_ListFirst, help="List the data sets, or inspect one.", rich_markup_mode="markdown")
commands.command(_LIST)(names.datasets)


@commands.command()
def inspect(
    source: Annotated[
        str,
        typer.Argument(
            metavar="PATH",
            help="A folder of images, a CSV table, an .npz file, a folder of idx files, the name of a data set, or a "
            "space file.",
        ),
    ],
    augment: Annotated[
        str | None,
        typer.Option("--augment", metavar="YAML", help="Show it too, as '{flip: horizontal, crop: 4}'."),
    ] = None,
    overrides: Overrides = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="Where the picture goes; ./NAME-samples.png.")
    ] = None,
    no_picture: Annotated[bool, typer.Option("--no-picture", help="Draw none.")] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show what is in a data set and what is wrong with it, and draw a hundred of its images.

    Of a space file the section `data` is inspected; its picture shows images before and after augmentation, parameters
    at the upper end of their range. Exit status: 0 where the data set can be used, 1 where a run would refuse it, 2
    where there is nothing of that kind.
    """
    changes = [*([] if augment is None else [f"data.augmentation={augment}"]), *(overrides or ())]
    is_file = _is_space(source)
    spec = load(source, changes) if is_file else spec_of(_document(source), source, changes)
    from hpo.data import Dataset
    from hpo.data.inspection import inspect_dataset

    config = spec.config(_strongest(spec))
    dataset = config.data
    assert isinstance(dataset, Dataset)  # noqa: S101 - what is registered
    drawn, text = None, ""
    with _engine_held_back(spec.engine) as terminal, progress(terminal) as listen:
        listen("reading images")
        found = inspect_dataset(dataset, spec.seed, may_resize=not is_file)
        if not no_picture and found.sizes is not None:
            listen("drawing images")
            drawn = picture or Path(f"{_stem(source)}-samples.png")
            text = _draw(dataset, found, spec.seed, drawn)
    if as_json:
        told = {"source": source, **asdict(found), "is_refused": found.is_refused}
        typer.echo(json.dumps({**told, "picture": None if drawn is None else str(drawn)}, indent=2, ensure_ascii=False))
    else:
        console = Console(highlight=False, markup=False)
        _print(console, source, found)
        if is_file:
            print_lines(console, [("normalized", _normalization_text(config, found))])
        if drawn is not None:
            print_lines(console, [("picture", f"{drawn}, {text}")])
    if found.is_refused:
        raise typer.Exit(REFUSED)


def _is_space(source: str) -> bool:
    path = Path(source).expanduser()
    return source in bundled_spaces() or (path.suffix.lower() in _SPACES and not path.is_dir())


def _document(source: str) -> dict[str, object]:
    """The space file that has the data set alone, as it is by default."""
    path = Path(source).expanduser()
    data: dict[str, object]
    if source in DATASETS and not path.exists():
        data = {"dataset": source}
    elif path.suffix.lower() == ".npz":
        data = {"dataset": "npz", "path": str(path)}
    elif (path.is_dir() and any(path.glob("*-idx[13]-ubyte*"))) or any(path.glob("*.idx[13]-ubyte*")):
        data = {"dataset": "fashion_mnist" if "fashion" in str(path.resolve()).lower() else "mnist", "path": str(path)}
    elif path.exists():
        data = {"dataset": "folder", "path": str(path)}
    else:
        close = suggestion(source, DATASETS.names())
        rule = "it is a folder, a file, or the name of a data set"
        raise UserError(str(Problem(None, "", rule, f"{source!r}, where there is nothing", close)))
    return {"study": "inspected", "data": data, "model": "simple_cnn"}


def _strongest(spec: StudySpec) -> Params:
    """The parameters of the config with every parameter at its upper end, or at its last alternative."""
    return spec.space.fill(lambda parameter: parameter.extremes[-1])[1]


def _stem(source: str) -> str:
    name = Path(source).expanduser().resolve().stem if Path(source).expanduser().exists() else source
    return re.sub(r"[^\w.-]+", "-", name) or "data"


@contextmanager
def _engine_held_back(engine: str) -> Iterator[IO[str]]:
    """Keep what engines write on the standard error of a process from the terminal, which is given for our own words.

    What libraries print, such as the progress of a download, goes there too: the standard output is for the result.
    """
    os.environ["KERAS_BACKEND"] = engine
    original = os.dup(sys.stderr.fileno())
    with open(original, "w") as terminal, tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), sys.stderr.fileno())
        try:
            with redirect_stdout(terminal):
                yield terminal
        finally:
            sys.stderr.flush()
            os.dup2(original, sys.stderr.fileno())


def _draw(dataset: Dataset, found: Inspection, seed: int, file: Path) -> str:
    """Draw the picture, and say what is on it."""
    from hpo.data.contact_sheet import contact_sheet
    from hpo.data.samples import augmented, samples_of

    augmentation, size = dataset.augmentation, dataset.image_size
    assert found.sizes is not None  # noqa: S101 - there are images to draw
    if augmentation is not None and size is None and found.sizes.different > 1:
        size = min(max(found.sizes.median), _LARGEST)
        dataset = dataset.model_copy(update={"image_size": size})
    samples = samples_of(dataset, seed)
    pages, text = [("as they are read", samples)], f"{counted(len(samples.images), 'image')} to train on"
    if augmentation is not None:
        options = ", ".join(f"{key} {value}" for key, value in augmentation.model_dump(exclude_defaults=True).items())
        try:
            changed = augmented(samples, augmentation, seed)
        except ValueError as error:
            raise UserError(str(error)) from error
        pages.append((f"augmented: {options}", changed))
        text += f", before and after augmentation ({options})"
    try:
        contact_sheet(pages).save(file)
    except (OSError, ValueError) as error:
        raise UserError(f"--picture: it is an image file that can be written. Received {file}: {error}") from error
    return text


def _print(console: Console, source: str, found: Inspection) -> None:
    totals = {name: sum(counts) for name, counts in found.parts.items()}
    several = [f"{name} {count:,}" for name, count in totals.items()] if len(totals) > 1 else []
    images = f"{counted(sum(totals.values()), 'image')}, {scaled(found.bytes, 'B')}"
    lines = [("data", source), ("images", f"{images}{': ' if several else ''}{', '.join(several)}")]
    if found.sizes is not None:
        lines.append(("size", _size_text(found)))
    kinds = [_counts_text(counts) for counts in (found.types, found.modes) if counts]
    lines.append(("kind", "; ".join(kinds)))
    print_lines(console, [*lines, ("channels", _values_text(found.channels))] if found.channels else lines)
    _print_classes(console, found)
    for remark in found.remarks:
        _print_remark(console, remark)
    if not found.remarks:
        print_lines(console, [("problems", "none")])


def _size_text(found: Inspection) -> str:
    sizes = found.sizes
    assert sizes is not None  # noqa: S101 - asked for where there are
    if sizes.different == 1:
        return f"{_pixels(sizes.smallest)}, all of them"
    return (
        f"{_pixels(sizes.smallest)} the smallest, {_pixels(sizes.median)} in the middle, {_pixels(sizes.largest)} the "
        f"largest (height x width); {sizes.different:,} different sizes"
    )


def _pixels(size: Sequence[int]) -> str:
    return f"{size[0]} x {size[1]}"


def _counts_text(counts: Mapping[str, int]) -> str:
    if len(counts) == 1:
        return f"all {next(iter(counts))}"
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _values_text(channels: Sequence[Values]) -> str:
    means = ", ".join(f"{each.mean:.1f} {each.channel}" for each in channels)
    deviations = ", ".join(f"{each.deviation:.1f}" for each in channels)
    return f"mean {means}; deviation {deviations}; of 0 to 255"


def _print_classes(console: Console, found: Inspection) -> None:
    """A line a class with its images in each part; of many classes those with the most images and the fewest."""
    first, counts = next(iter(found.parts.items()))
    told = counted(len(found.classes), "class", "classes")
    console.print()
    if len(found.classes) > _SHOWN_CLASSES and len(set(counts)) == 1:
        named = ", ".join(found.classes[:_NAMED_CLASSES])
        more = len(found.classes) - _NAMED_CLASSES
        rest = f" and {more:,} more; --json has all" if more > 0 else ""
        print_lines(console, [("classes", f"{told} with {counts[0]:,} images each in {first}: {named}{rest}")])
        console.print()
        return
    order = list(range(len(found.classes)))
    folded = len(order) - _SHOWN_CLASSES
    if folded > 0:
        order.sort(key=lambda index: -counts[index])
    longest = max(len(told), *map(len, found.classes))
    width = min(longest, console.width - INDENT - _FIGURES * len(found.parts) - _BAR // 2)
    heads = "".join(f"{name:>{_FIGURES}}" for name in found.parts)
    console.print(f"{'classes':<{INDENT}}{_cut(told, width):<{width}}{heads}", style="bold", soft_wrap=True)
    head = order if folded <= 0 else order[: _SHOWN_CLASSES // 2]
    tail = [] if folded <= 0 else order[-_SHOWN_CLASSES // 2 :]
    for index in head:
        _print_class(console, found, index, width)
    if folded > 0:
        low, high = (f"{counts[order[place]]:,}" for place in (len(order) - len(tail) - 1, len(head)))
        console.print(f"{'':<{INDENT}}... {folded:,} classes with {low} to {high} each", style="dim", soft_wrap=True)
    for index in tail:
        _print_class(console, found, index, width)
    console.print()


def _print_class(console: Console, found: Inspection, index: int, width: int) -> None:
    counts = next(iter(found.parts.values()))
    figures = "".join(f"{part[index]:>{_FIGURES},}" for part in found.parts.values())
    length = _BAR * counts[index] / max(counts) if any(counts) else 0
    bar = "▇" * max(round(length), int(counts[index] > 0))
    room = max(console.width - INDENT - width - len(figures) - 2, 0)
    name = _cut(found.classes[index], width)
    console.print(f"{'':<{INDENT}}{name:<{width}}{figures}  {bar[:room]}".rstrip(), soft_wrap=True)


def _cut(text: str, width: int) -> str:
    """A name in a column, its middle left out where it is longer."""
    if len(text) <= width:
        return text
    head = width * 2 // 3
    return f"{text[: head - 1]}…{text[head - width :]}"


def _print_remark(console: Console, remark: Remark) -> None:
    items = remark.items
    many = f": {counted(len(items), remark.noun, _PLURALS.get(remark.noun))}" if items else ""
    text = f"{remark.told.rstrip('.')}{many}. {remark.remedy}"
    print_lines(console, [("refused" if remark.is_refusal else "note", text)])
    more = [f"and {len(items) - _SHOWN_ITEMS:,} more; --json has all"] if len(items) > _SHOWN_ITEMS else []
    for item in [*items[:_SHOWN_ITEMS], *more]:
        print_lines(console, [("", f"- {item}")])


def _normalization_text(config: Config, found: Inspection) -> str:
    """What the network gets, in words."""
    data: Dataset = config.data  # type: ignore[assignment]
    name = data.normalization
    if name == "auto":
        pretrained = getattr(config.model, "is_pretrained", False)
        name = "imagenet" if pretrained else "unit"
        return f"auto, which is {name} here"
    if name == "standardize":
        ends = [
            (-each.mean / each.deviation, (255 - each.mean) / each.deviation)
            for each in found.channels
            if each.deviation
        ]
        low, high = min(low for low, _ in ends), max(high for _, high in ends)
        return f"standardize: mean 0 and deviation 1, pixels from {low:.1f} to {high:.1f}"
    return {"unit": "unit: pixels from 0 to 1", "none": "none: pixels from 0 to 255"}.get(name, name)
