"""What a run shows at its end: the confusion matrix, and a few images with what the model takes them for."""

from __future__ import annotations

from typing import Any

import numpy as np
import wandb

from hpo.training.measuring.examples import Examples

_MAX_PAIRS = 10_000
"""How many pairs of classes a matrix shows: as many as a table of W&B's web page."""


def draw_examples(examples: Examples) -> dict[str, Any]:
    """Return what to log: W&B's own chart of the confusion matrix, and images with their classes below."""
    pairs = list(np.ndindex(examples.confusion.shape))
    if len(pairs) > _MAX_PAIRS:  # of many classes most pairs are never confused
        pairs = sorted(pairs, key=lambda pair: -int(examples.confusion[pair]))[:_MAX_PAIRS]
    table = wandb.Table(
        columns=["Actual", "Predicted", "nPredictions"],
        data=[
            [examples.classes[row], examples.classes[column], int(examples.confusion[row, column])]
            for row, column in pairs
        ],
    )
    chart = wandb.plot_table(
        vega_spec_name="wandb/confusion_matrix/v1",
        data_table=table,
        fields={"Actual": "Actual", "Predicted": "Predicted", "nPredictions": "nPredictions"},
        string_fields={"title": "Validation part"},
    )
    images = [
        wandb.Image(image[..., 0] if image.shape[-1] == 1 else image, caption=_describe(examples, index))
        for index, image in enumerate(examples.images)
    ]
    return {"confusion_matrix": chart, "predictions": images}


def _describe(examples: Examples, index: int) -> str:
    label, predicted = examples.labels[index], examples.predicted[index]
    probability = f"{examples.probabilities[index, predicted]:.0%}"
    verdict = "" if predicted == label else f", taken for {examples.classes[predicted]}"
    return f"{examples.names[index]}: {examples.classes[label]}{verdict} ({probability})"
