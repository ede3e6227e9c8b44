"""The images that a kept model got most wrong, as a grid with label and guess."""

from __future__ import annotations

import base64
import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpo.analysis.plots.theme import escape_label, style
from hpo.analysis.predictions import PredictedPart, Predictions
from hpo.studies import StudyFiles

if TYPE_CHECKING:
    import numpy as np
    import plotly.graph_objects as go
    from numpy.typing import NDArray

_COLUMNS = 10
_MOST = 100
_SIDE = 64
"""Pixels of an image in the grid."""
_TEXT = 0.62
"""Height of what stands below an image, in images."""
_LETTERS = 7
"""Of a class: ten names stand side by side on a phone."""
_NAME = 24
_MOST_NAMES = 40
"""Where the images were not kept."""
_CELL = 64
"""Pixels across of an image in a wide figure."""


@dataclass(frozen=True, slots=True, eq=False)
class Mistakes:
    """Images of a part for which a model guesses another class than theirs, the surest guesses first.

    Attributes:
        rows: which images of the predictions they are, `[n]`, `n` up to 100.
        images: uint8 `[n, height, width, channels]`; None where they were not kept beside the model.
    """

    rows: NDArray[np.intp]
    images: NDArray[np.uint8] | None


def load_mistakes(files: StudyFiles, number: int, part: PredictedPart, predictions: Predictions) -> Mistakes:
    """Read the worst mistakes of a model, or find them among its predictions where their images were not kept."""
    import numpy as np

    try:
        with np.load(io.BytesIO(files.models.store.read(f"trial-{number}.{part}.npz")), allow_pickle=False) as arrays:
            rows, images = arrays["mistakes"], arrays["mistake_images"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        pass
    else:
        if (
            rows.ndim == 1
            and rows.dtype.kind == "i"
            and _are_images(images, len(rows))
            and _are_rows(rows, predictions)
        ):
            return Mistakes(rows, images)
    wrong = np.flatnonzero(~predictions.correct)
    chances = predictions.probabilities[wrong, predictions.labels[wrong]]
    return Mistakes(wrong[np.argsort(chances, kind="stable")][:_MOST], None)


def _are_images(images: NDArray[Any], count: int) -> bool:
    return images.dtype.name == "uint8" and images.ndim == 4 and len(images) == count and images.shape[-1] in (1, 3, 4)  # noqa: PLR2004


def _are_rows(rows: NDArray[Any], predictions: Predictions) -> bool:
    return len(rows) == 0 or bool(0 <= rows.min() <= rows.max() < len(predictions))


def plot_mistakes(predictions: Predictions, mistakes: Mistakes, source: str) -> go.Figure:
    """Plot the worst mistakes, the worst first, each with its label and, below, the guess.

    Args:
        predictions: of a part.
        mistakes: those to show, one at least.
        source: what they are of.
    """
    figure = _list_names(predictions, mistakes) if mistakes.images is None else _lay_out(predictions, mistakes)
    total = int((~predictions.correct).sum())
    words = "name: label → guess" if mistakes.images is None else "label above guess"
    count = len(figure.data[0].x)
    figure.add_annotation(
        text=f"{words}; the {count} worst of {total:,} mistakes<br><sup>{source}</sup>", x=0, y=1, xref="paper",
        yref="paper", xanchor="left", yanchor="bottom", align="left", showarrow=False,
    )  # fmt: skip
    style(figure)
    figure.update_layout(margin={"l": 10, "r": 10, "t": 60, "b": 10})
    return figure


def _lay_out(predictions: Predictions, mistakes: Mistakes) -> go.Figure:
    """Lay images out in rows of ten, with two lines of text below each."""
    import plotly.graph_objects as go

    assert mistakes.images is not None  # noqa: S101 - asked before
    count = len(mistakes.rows)
    lines = -(-count // _COLUMNS)
    places = [(index % _COLUMNS, -(index // _COLUMNS) * (1 + _TEXT)) for index in range(count)]
    figure = go.Figure()
    figure.add_layout_image(
        source=_paint(mistakes.images, _COLUMNS, lines), xref="x", yref="y", x=-0.5, y=0.5, sizex=_COLUMNS,
        sizey=lines * (1 + _TEXT), sizing="stretch", layer="below",
    )  # fmt: skip
    rows = mistakes.rows.tolist()
    texts = ["<br>".join(escape_label(name, _LETTERS) for name in _name_classes(predictions, row)) for row in rows]
    figure.add_scatter(
        x=[x for x, _ in places], y=[y - 0.5 - _TEXT / 2 for _, y in places], mode="text", text=texts,
        textfont={"size": 9}, hovertext=[_describe(predictions, row) for row in rows],
        hovertemplate="%{hovertext}<extra></extra>", showlegend=False,
    )  # fmt: skip
    place = {"visible": False, "constrain": "domain"}
    figure.update_xaxes(range=[-0.5, _COLUMNS - 0.5], constraintoward="left", **place)
    figure.update_yaxes(range=[0.5 - lines * (1 + _TEXT), 0.5], scaleanchor="x", constraintoward="top", **place)
    figure.update_layout(height=80 + int(lines * (1 + _TEXT) * _CELL))
    return figure


def _list_names(predictions: Predictions, mistakes: Mistakes) -> go.Figure:
    """List the mistakes by the names of their images, a line each."""
    import plotly.graph_objects as go

    rows = mistakes.rows[:_MOST_NAMES].tolist()
    texts = []
    for row in rows:
        label, guess = (escape_label(name, 2 * _LETTERS) for name in _name_classes(predictions, row))
        name = f"image {row}" if predictions.images is None else str(predictions.images[row]).rpartition("/")[2]
        texts.append(f"{escape_label(name, _NAME)}: {label} → {guess}")
    figure = go.Figure()
    figure.add_scatter(
        x=[0] * len(rows), y=[-index for index in range(len(rows))],
        mode="text", text=texts, textfont={"size": 10}, textposition="middle right",
        hovertext=[_describe(predictions, row) for row in rows], hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )  # fmt: skip
    figure.update_xaxes(range=[-0.02, 1.0], visible=False)
    figure.update_yaxes(range=[0.4 - len(rows), 0.6], visible=False)
    figure.update_layout(height=90 + 20 * len(rows))
    return figure


def _name_classes(predictions: Predictions, row: int) -> tuple[str, str]:
    """Name the class of an image, and the one that it is taken for."""
    return predictions.classes[int(predictions.labels[row])], predictions.classes[int(predictions.predicted[row])]


def _describe(predictions: Predictions, row: int) -> str:
    """Say which image a mistake is, and how likely the model holds its class and the guess."""
    name = "" if predictions.images is None else f"{escape_label(predictions.images[row])}<br>"
    label, guess = map(escape_label, _name_classes(predictions, row))
    chances = predictions.probabilities[row]
    right, wrong = float(chances[predictions.labels[row]]), float(chances.max())
    return f"{name}label: {label}, {right:.1%}<br>guess: {guess}, {wrong:.1%}"


def _paint(images: NDArray[np.uint8], columns: int, lines: int) -> str:
    """Paint the images into one picture, with room for a text below each: the data URI of a PNG."""
    from PIL import Image

    height = round(_SIDE * (1 + _TEXT))
    sheet = Image.new("RGBA", (columns * _SIDE, lines * height))
    for index, pixels in enumerate(images):
        image = Image.fromarray(pixels[:, :, 0] if pixels.shape[-1] == 1 else pixels).convert("RGBA")
        scale = (_SIDE - 4) / max(image.size)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BOX)
        left, top = (index % columns) * _SIDE + (_SIDE - size[0]) // 2, (index // columns) * height
        sheet.paste(image, (left, top + (_SIDE - size[1]) // 2))
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")  # `optimize=True` takes 7 times as long, 0.3 s or more, for a picture 2 % smaller
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
