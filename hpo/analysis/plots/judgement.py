"""How a kept model tells the classes apart: confusion, figures of each class, and whether its confidence is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from hpo.analysis.plots.theme import (
    BEST_COLOR,
    MUTED_COLOR,
    SERIES,
    TRIAL_COLOR,
    escape_label,
    make_panels,
    style,
)
from hpo.analysis.predictions import PredictedPart, Predictions, load_predictions
from hpo.studies import StudyRecord

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from numpy.typing import NDArray

_MOST_CLASSES = 20
"""Of a confusion matrix; of more, those with the most mistakes."""
_MOST_ROWS = 40
_BINS = 10
_NAME = 11
_STRONG = 0.55
"""Share of a colour from which on white is read on it."""
_UPRIGHT = 3
"""Characters of names that fit side by side without being turned."""


def find_best_predictions(study: StudyRecord) -> tuple[int, PredictedPart, Predictions] | None:
    """Find what the best kept model predicted: for the test part where it was evaluated on it, else for validation."""
    for best in study.front:
        for part in get_args(PredictedPart)[::-1]:
            predictions = None if best.model_path is None else load_predictions(study.files, best.number, part)
            if predictions is not None:
                return best.number, part, predictions
    return None


def name_source(number: int, part: PredictedPart, predictions: Predictions) -> str:
    """Say whose predictions of what a figure shows."""
    return f"trial {number}, {len(predictions):,} images of the {part} part"


def plot_confusion(predictions: Predictions, source: str) -> go.Figure:
    """Plot which share of the images of each class is held for which: right ones blue, mistakes orange.

    Args:
        predictions: of a part.
        source: what they are of.
    """
    import numpy as np
    import plotly.graph_objects as go

    count, confusion = len(predictions.classes), predictions.confusion
    chosen = _choose_classes(confusion)
    counts = confusion[np.ix_(chosen, chosen)]
    totals = np.maximum(1, confusion.sum(axis=1))[chosen]
    shares = counts / totals[:, None]
    names = [escape_label(predictions.classes[index], _NAME) for index in chosen]
    places = list(range(len(chosen)))
    figure = go.Figure()
    diagonal = np.eye(len(chosen), dtype=bool)
    worst = float(np.where(diagonal, 0, shares).max()) or 1.0
    for color, is_right, limit in ((TRIAL_COLOR, True, 1.0), (BEST_COLOR, False, worst)):
        z = np.where((diagonal == is_right) & (counts > 0), shares, np.nan)
        figure.add_heatmap(
            x=places, y=places, z=[[None if np.isnan(v) else round(v, 4) for v in row] for row in z.tolist()],
            zmin=0, zmax=limit, colorscale=[(0, _fade(color, 0.08)), (1, color)], showscale=False, xgap=1, ygap=1,
            customdata=counts.tolist(), hovertemplate="%{z:.1%}: %{customdata} images<extra></extra>",
        )  # fmt: skip
    strength = np.where(diagonal, shares, shares / worst)
    size = 12 if len(chosen) <= 10 else 9  # noqa: PLR2004 - so that counts fit into cells on a phone
    for is_strong in (False, True):
        cells = np.argwhere((counts > 0) & ((strength > _STRONG) == is_strong))
        figure.add_scatter(
            x=cells[:, 1].tolist(), y=cells[:, 0].tolist(), mode="text",
            text=[str(counts[row, column]) for row, column in cells],
            textfont={"size": size, **({"color": "#ffffff"} if is_strong else {})}, showlegend=False, hoverinfo="skip",
        )  # fmt: skip
    span = [-0.5, len(chosen) - 0.5]
    axis = {"tickvals": places, "ticktext": names, "showgrid": False, "tickfont": {"size": 11}}
    left_out = f"<br><sup>the {len(chosen)} of {count} classes with the most mistakes</sup>" * (len(chosen) < count)
    angle = 0 if max(map(len, names)) <= _UPRIGHT else -60
    figure.update_xaxes(title=f"guess<br><sup>{source}</sup>{left_out}", range=span, tickangle=angle, **axis)
    figure.update_yaxes(title="label", range=span[::-1], **axis)
    return style(figure, 190 + max(30 * len(chosen), 180))


def _choose_classes(confusion: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    mistakes = confusion.sum(axis=0) + confusion.sum(axis=1) - 2 * np.diag(confusion)
    chosen: NDArray[Any] = np.sort(np.argsort(-mistakes, kind="stable")[:_MOST_CLASSES])
    return chosen


def plot_class_scores(predictions: Predictions, source: str) -> go.Figure:
    """Plot precision, recall and F1 of each class, the worst on top; see `plot_confusion`."""
    import numpy as np
    import plotly.graph_objects as go

    labels, predicted, count = predictions.labels, predictions.predicted, len(predictions.classes)
    right = np.bincount(labels[predictions.correct], minlength=count)
    images, guesses = np.bincount(labels, minlength=count), np.bincount(predicted, minlength=count)
    recall, precision = right / np.maximum(1, images), right / np.maximum(1, guesses)
    f1 = 2 * right / np.maximum(1, images + guesses)
    present = np.flatnonzero(images)
    order = present[np.argsort(f1[present], kind="stable")][:_MOST_ROWS][::-1]
    figure, places = go.Figure(), list(range(len(order)))
    for name, values, color, symbol, size in (
        ("precision", precision, SERIES[2], "diamond-open", 14),
        ("recall", recall, TRIAL_COLOR, "square-open", 11),
        ("F1", f1, BEST_COLOR, "circle", 6),
    ):
        figure.add_scatter(
            x=[round(float(value), 4) for value in values[order]],
            y=places,
            mode="markers",
            marker={"color": color, "symbol": symbol, "size": size, "line": {"width": 2 * symbol.endswith("-open")}},
            name=name,
            hovertemplate=f"{name} %{{x:.4f}}<extra></extra>",
        )
    names = [escape_label(predictions.classes[index], 2 * _NAME) for index in order]
    left_out = f"<br><sup>the {len(order)} worst of {len(present)} classes</sup>" * (len(order) < len(present))
    low = float(min(values[order].min() for values in (precision, recall, f1)))
    figure.update_xaxes(title=f"share<br><sup>{source}</sup>{left_out}", range=[min(0.9, low) - 0.03, 1.015])
    figure.update_yaxes(tickvals=places, ticktext=names, range=[-0.6, len(order) - 0.4])
    return style(figure, 140 + 26 * len(order))


def measure_calibration(predictions: Predictions, bins: int = _BINS) -> tuple[float, list[tuple[float, float, int]]]:
    """Compare how sure a model is with how often it is right (Guo et al., 2017).

    Args:
        predictions: of a part.
        bins: of equal width, of the probability of the class that is held most likely.

    Returns:
        The expected calibration error, and of each bin that has images: mean probability, share right, images.
    """
    import numpy as np

    confidence, correct = predictions.probabilities.max(axis=1), predictions.correct
    indices = np.clip((confidence * bins).astype(int), 0, bins - 1)
    groups = [(indices == index) for index in range(bins)]
    rows = [(float(confidence[g].mean()), float(correct[g].mean()), int(g.sum())) for g in groups if g.any()]
    error = sum(images * abs(sure - right) for sure, right, images in rows) / len(predictions)
    return error, rows


def plot_calibration(predictions: Predictions, source: str) -> go.Figure:
    """Plot how often a model is right against how sure it is, and how many images it is how sure of."""
    error, rows = measure_calibration(predictions)
    figure = make_panels(rows=2, row_heights=[0.75, 0.25])
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": MUTED_COLOR, "dash": "dash", "width": 1.5},
        name="as often right as it is sure", hoverinfo="skip", row=1, col=1,
    )  # fmt: skip
    figure.add_scatter(
        x=[sure for sure, _, _ in rows], y=[right for _, right, _ in rows], mode="lines+markers",
        line={"color": BEST_COLOR, "width": 2.5}, marker={"color": BEST_COLOR, "size": 9}, name="the model",
        text=[f"{images} images" for _, _, images in rows],
        hovertemplate="%{x:.0%} sure, %{y:.0%} right, %{text}<extra></extra>", row=1, col=1,
    )  # fmt: skip
    confidence = predictions.probabilities.max(axis=1)
    import numpy as np

    counts, edges = np.histogram(confidence, bins=_BINS * 2, range=(0, 1))
    figure.add_bar(
        x=[round(float(edge), 4) for edge in (edges[1:] + edges[:-1]) / 2], y=counts.tolist(), width=0.9 / (_BINS * 2),
        marker={"color": TRIAL_COLOR}, showlegend=False, hovertemplate="%{y} images<extra></extra>", row=2, col=1,
    )  # fmt: skip
    figure.add_annotation(
        text=f"ECE {error:.3f}", x=0.98, y=0.06, xref="x", yref="y", xanchor="right", yanchor="bottom",
        showarrow=False, font={"size": 15},
    )  # fmt: skip
    figure.update_xaxes(range=[-0.02, 1.02], tickformat=".0%")
    figure.update_xaxes(title=f"how sure: probability of the guess<br><sup>{source}</sup>", row=2, col=1)
    figure.update_yaxes(title="share right", range=[-0.02, 1.04], tickformat=".0%", row=1, col=1)
    figure.update_yaxes(title="images", row=2, col=1)
    return style(figure, 500)


def _fade(color: str, share: float) -> str:
    red, green, blue = (int(color[index : index + 2], 16) for index in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"
