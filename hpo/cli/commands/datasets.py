"""`hpo datasets`: the data sets that a file can name; `hpo datasets inspect`: what is in one, and what is wrong."""

from __future__ import annotations

import re
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpo.catalog import DATASETS
from hpo.cli.command_table import MARKUP, CommandGroup, PlainCommand
from hpo.cli.commands import catalog, dataset_split
from hpo.cli.options import Debug, Json, Overrides
from hpo.cli.terminal.console import open_console, show_status
from hpo.cli.terminal.lines import format_count, print_lines
from hpo.cli.terminal.output import write_json
from hpo.cli.terminal.quiet_engine import quiet_engine
from hpo.cli.texts.data_set import print_inspection
from hpo.errors import Fault, UserError
from hpo.files import fresh_file
from hpo.spaces import Config, Params, StudySpec, bundled_spaces, load, spec_of
from hpo.vocabulary import suggest

if TYPE_CHECKING:
    from hpo.data import Dataset
    from hpo.data.inspection import Inspection

REFUSED = 1
_LARGEST = 224
"""Side in pixels up to which images of several sizes are drawn augmented."""
_SPACES = frozenset({".yaml", ".yml", ".json"})
_LIST = "list"
_CLOSE = 0.8
"""How alike a word is to the command that it misspells; at 0.6, `minst` would be `list`."""


class _ListFirst(CommandGroup):
    """A group whose command `list` need not be typed: `hpo datasets` and `hpo datasets NAME` run it."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        if not args or (args[0] not in self.commands and args[0] not in {"--help", "-h"}):
            close = get_close_matches(args[0], self.commands, cutoff=_CLOSE) if args else []
            if close and args[0] not in DATASETS and not ctx.resilient_parsing:
                ctx.fail(f"No such command {args[0]!r}. Did you mean 'hpo datasets {close[0]}'?")
            args = [_LIST, *args]
        return super().parse_args(ctx, args)


commands = typer.Typer(
    cls=_ListFirst, help="List the data sets, or inspect one.", rich_markup_mode=MARKUP, add_completion=False
)
commands.command(_LIST, cls=PlainCommand)(catalog.datasets)
commands.command("split", cls=PlainCommand)(dataset_split.show_split)


@commands.command(cls=PlainCommand)
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
        typer.Option("--augment", metavar="YAML", help="An augmentation to show, as '{flip: horizontal, crop: 4}'."),
    ] = None,
    overrides: Overrides = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="Its file; ./NAME-samples.png by default.")
    ] = None,
    no_picture: Annotated[bool, typer.Option("--no-picture", help="Draw no picture.")] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show what is in a data set and what is wrong with it, and draw a hundred of its images.

    Of a space file, the section `data` is inspected; its picture shows images before and after augmentation, with
    parameters at the upper end of their range. Exit status: 0 if the data set can be used, 1 if a run would refuse it,
    2 if there is no such data set or file.
    """
    changes = [*([] if augment is None else [f"data.augmentation={augment}"]), *(overrides or ())]
    if picture is not None:
        _check_picture(picture)
    is_file = _is_space(source)
    spec = load(source, changes) if is_file else spec_of(_make_document(source), source, changes)
    from hpo.data import Dataset
    from hpo.data.inspection import inspect_dataset

    config = spec.config(_take_upper_ends(spec))
    dataset = config.data
    assert isinstance(dataset, Dataset)  # noqa: S101 - what is registered
    file, text = None, ""
    with quiet_engine(spec.engine) as terminal, show_status(terminal) as listen:
        listen("reading images")
        inspection = inspect_dataset(dataset, spec.seed, may_resize=not is_file)
        if not no_picture and inspection.sizes is not None:
            listen("drawing images")
            file = picture or Path(f"{_make_stem(source)}-samples.png")
            text = _draw(dataset, inspection, spec.seed, file)
    if as_json:
        result = {"source": source, **asdict(inspection), "is_refused": inspection.is_refused}
        write_json({**result, "picture": None if file is None else str(file)})
    else:
        console = open_console()
        print_inspection(console, source, inspection)
        if is_file:
            print_lines(console, [("normalized", _describe_normalization(config, inspection))])
        if file is not None:
            print_lines(console, [("picture", f"{file}, {text}")])
    if inspection.is_refused:
        raise typer.Exit(REFUSED)


def _check_picture(file: Path) -> None:
    """Check that a picture can be written there, as far as can be seen before minutes of reading."""
    from PIL import Image

    has_folder = file.parent.is_dir()
    if not has_folder or file.suffix.lower() not in Image.registered_extensions():
        reason = "its ending is not that of an image" if has_folder else "its folder does not exist"
        raise UserError(f"--picture: it is an image file that can be written. Received {file}: {reason}.")


def _is_space(source: str) -> bool:
    path = Path(source).expanduser()
    return source in bundled_spaces() or (path.suffix.lower() in _SPACES and not path.is_dir())


def _make_document(source: str) -> dict[str, object]:
    """Make a space file that has only the data set, as it is by default."""
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
        close = suggest(source, DATASETS.names())
        rule = "it is a folder, a file, or the name of a data set"
        raise UserError(Fault(rule, f"{source!r}, where there is nothing", close))
    return {"study": "inspected", "data": data, "model": "simple_cnn"}


def _take_upper_ends(spec: StudySpec) -> Params:
    """Put every parameter at its upper end, or at its last alternative."""
    return spec.space.fill(lambda parameter: parameter.extremes[-1])[1]


def _make_stem(source: str) -> str:
    name = Path(source).expanduser().resolve().stem if Path(source).expanduser().exists() else source
    return re.sub(r"[^\w.-]+", "-", name) or "data"


def _draw(dataset: Dataset, inspection: Inspection, seed: int, file: Path) -> str:
    """Draw the picture, and say what is on it."""
    from PIL import Image

    from hpo.data.inspection import augment, draw_samples, load_samples

    augmentation, size = dataset.augmentation, dataset.image_size
    assert inspection.sizes is not None  # noqa: S101 - there are images to draw
    if augmentation is not None and size is None and inspection.sizes.different > 1:
        size = min(max(inspection.sizes.median), _LARGEST)
        dataset = dataset.model_copy(update={"image_size": size})
    samples = load_samples(dataset, seed)
    pages, text = [("as they are read", samples)], f"{format_count(len(samples.images), 'image')} to train on"
    if augmentation is not None:
        options = ", ".join(f"{key} {value}" for key, value in augmentation.model_dump(exclude_defaults=True).items())
        try:
            augmented = augment(samples, augmentation, seed)
        except ValueError as error:
            raise UserError(str(error)) from error
        pages.append((f"augmented: {options}", augmented))
        text += f", before and after augmentation ({options})"
    try:
        with fresh_file(file) as partial:
            draw_samples(pages).save(partial, format=Image.registered_extensions()[file.suffix.lower()])
    except (OSError, ValueError) as error:
        raise UserError(f"--picture: it is an image file that can be written. Received {file}: {error}") from error
    return text


def _describe_normalization(config: Config, inspection: Inspection) -> str:
    """Say how the pixels that the network gets are normalized."""
    data: Dataset = config.data  # type: ignore[assignment]
    name = data.normalization
    if name == "auto":
        pretrained = getattr(config.model, "is_pretrained", False)
        name = "imagenet" if pretrained else "unit"
        return f"auto, which is {name} here"
    if name == "standardize":
        channels = [channel for channel in inspection.channels if channel.deviation]
        low = min(-channel.mean / channel.deviation for channel in channels)
        high = max((255 - channel.mean) / channel.deviation for channel in channels)
        return f"standardize: mean 0 and deviation 1, pixels from {low:.1f} to {high:.1f}"
    return {"unit": "unit: pixels from 0 to 1", "none": "none: pixels from 0 to 255"}.get(name, name)
