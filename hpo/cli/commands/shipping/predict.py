"""`hpo predict`: the classes of image files, by a model of a study."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hpo.cli.options import Debug, Files, Json, ModelTrial, RunnableModel, Storage, Studies
from hpo.cli.terminal.console import make_table, open_console
from hpo.cli.terminal.interrupts import INTERRUPTED, allow_interrupts
from hpo.cli.terminal.lines import format_count
from hpo.cli.terminal.output import tell, write, write_csv, write_json
from hpo.cli.terminal.quiet_engine import quiet_engine
from hpo.errors import UserError
from hpo.shown import readable
from hpo.studies.address import DEFAULT_STUDIES

if TYPE_CHECKING:
    from hpo.shipping.prediction import ClassifiedImage

_INCOMPLETE = 1
_SHOWN_FAILURES = 10
_NAME_WIDTH = 34
"""Characters of a file's name in a line of 80."""


def predict(
    model: RunnableModel,
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...", help="Image files, folders, patterns such as 'photos/**/*.jpg', or CSV tables of paths."
        ),
    ],
    trial: ModelTrial = None,
    top: Annotated[int, typer.Option("--top", min=1, metavar="K", help="The K most probable classes.")] = 3,
    batch_size: Annotated[
        int, typer.Option("--batch-size", min=1, metavar="N", help="How many images the model is given at a time.")
    ] = 64,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets.")] = False,
    debug: Debug = False,
) -> None:
    """Classify image files by a model.

    Images are read and resized as those that the model was trained on. Of a table, the column `file`, `path`, `image`
    or `filename` is taken, or the first one; its paths are relative to the table.

    Where a table has a column `class` or `label`, or folders are called as classes are, the accuracy is told.

    Exit status: 0 if all images were read, 1 if some were not, which are named, 2 if the request is wrong.
    """
    from hpo.shipping import find_model
    from hpo.shipping.prediction import Classifier, choose_engine, classify_files, find_images

    if as_json and as_csv:
        raise UserError("--json, --csv: one format at a time. Received both. Drop one.")
    source = find_model(model, trial=trial, studies=studies, storage=storage, files=files, takes_exports=True)
    images = find_images(sources)
    try:
        with (
            allow_interrupts(),
            quiet_engine(choose_engine(source)) as terminal,
            _show_progress(terminal, len(images)) as progress,
        ):
            progress(0, "loading the model")
            classifier = Classifier(source)
            gc.freeze()  # or each search for cycles among many results looks through the engine too
            results = []
            for image in classify_files(classifier, images, batch_size, top):
                results.append(image)
                progress(len(results), "classifying")
    except KeyboardInterrupt:
        tell("Interrupted.")
        raise typer.Exit(INTERRUPTED) from None
    sound = [image for image in results if image.damage is None]
    failures = [image for image in results if image.damage is not None]
    if as_json:
        write_json(_describe(classifier, sound, failures))
    elif as_csv:
        write_csv(_make_csv(classifier.classes, sound, top))
    elif sound:
        _print_table(classifier.classes, sound, top)
    if failures:
        _tell_failures(failures)
        raise typer.Exit(_INCOMPLETE)


@contextmanager
def _show_progress(terminal: IO[str], count: int) -> Iterator[Any]:
    """Show a bar on the standard error if that is a terminal; yields what moves it."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    console = open_console(terminal)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=count)
        yield lambda done, doing: bar.update(task, completed=done, description=doing)


def _describe(classifier: Any, sound: Sequence[ClassifiedImage], failures: Sequence[ClassifiedImage]) -> Any:  # noqa: ANN401
    """Give everything as plain values."""
    correct, labelled = _count_correct(classifier.classes, sound)
    predictions = []
    for image in sound:
        ranked = [{"class": name, "probability": value} for name, value in image.ranked]
        label = {} if image.label is None else {"label": image.label}
        predictions.append({"image": str(image.path), **ranked[0], "top": ranked, **label})
    return {
        "model": classifier.name,
        "runtime": classifier.runtime,
        "classes": list(classifier.classes),
        "predictions": predictions,
        "unreadable": [{"image": str(image.path), "reason": image.damage} for image in failures],
        **({"accuracy": correct / labelled, "labelled": labelled} if labelled else {}),
    }


def _make_csv(classes: Sequence[str], sound: Sequence[ClassifiedImage], top: int) -> Iterator[Sequence[object]]:
    places = range(1, min(top, len(classes)) + 1)
    ends = ["" if place == 1 else f"_{place}" for place in places]
    has_labels = any(image.label is not None for image in sound)
    names = [name for end in ends for name in (f"class{end}", f"probability{end}")]
    yield ["image", *names, *(["label"] if has_labels else [])]
    for image in sound:
        cells = [cell for pair in image.ranked for cell in pair]
        yield [str(image.path), *cells, *([image.label] if has_labels else [])]


def _print_table(classes: Sequence[str], sound: Sequence[ClassifiedImage], top: int) -> None:
    rows = []
    for image in sound:
        (name, probability), *others = image.ranked
        then = ", ".join(f"{other} {value:.3f}" for other, value in others)
        rows.append([_shorten(readable(image.path)), readable(name), f"{probability:.3f}", readable(then)])
    titles = ["image", "class", "probability", "then"]
    if top == 1:
        titles, rows = titles[:3], [row[:3] for row in rows]
    open_console().print(make_table(titles, rows, numbers=["probability"], fills_line=top > 1))
    correct, labelled = _count_correct(classes, sound)
    if labelled:
        of = format_count(labelled, "image whose class is known", "images whose class is known")
        write(f"Accuracy {correct / labelled:.4f}: {correct:,} of {of}.")


def _shorten(name: str) -> str:
    """Cut a name that is too long at its beginning: its end tells files apart."""
    return name if len(name) <= _NAME_WIDTH else f"…{name[1 - _NAME_WIDTH :]}"


def _count_correct(classes: Sequence[str], sound: Sequence[ClassifiedImage]) -> tuple[int, int]:
    """Count the images whose most probable class is their own, and those whose class is known to the model."""
    labelled = [image for image in sound if image.label in classes]
    return sum(image.ranked[0][0] == image.label for image in labelled), len(labelled)


def _tell_failures(failures: Sequence[ClassifiedImage]) -> None:
    tell(f"{format_count(len(failures), 'image')} could not be read:")
    for image in failures[:_SHOWN_FAILURES]:
        tell(readable(f"  {image.path}: {image.damage}"))
    if len(failures) > _SHOWN_FAILURES:
        tell(f"  and {len(failures) - _SHOWN_FAILURES:,} more")
