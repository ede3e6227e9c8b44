"""What lies beside a kept model: a description of it as JSON, and what it predicts for the images of each part."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hpo.data import Part
from hpo.training.measuring.mistakes import choose_mistakes

Scored = Literal["validation", "test"]


def write_description(model: Path, about: Mapping[str, Any]) -> None:
    """Write `NAME.json` beside `NAME.keras`; see `describe_model`."""
    model.with_suffix(".json").write_text(json.dumps(about, indent=2, ensure_ascii=False), encoding="utf-8")


def write_predictions(model: Path, name: Scored, part: Part, probabilities: NDArray[np.float32]) -> None:
    """Write `NAME.validation.npz` or `NAME.test.npz` beside `NAME.keras`, with one row an image, in the part's order.

    Its arrays are `probabilities` (float32 `[n, classes]`), `labels` (int32 `[n]`) and, where the images are known by
    name, `images` (text `[n]`): a file's path below the data set's folder, or `train 17` for a row of an array. The
    worst mistakes are in `mistakes` (int32 `[m]`, rows) and `mistake_images` (see `choose_mistakes`).
    """
    mistakes, pixels = choose_mistakes(part, probabilities)
    arrays: dict[str, NDArray[Any]] = {
        "probabilities": probabilities,
        "labels": part.labels,
        "mistakes": mistakes,
        "mistake_images": pixels,
    }
    if part.identities is not None:
        arrays["images"] = part.identities.names.astype(str)
    np.savez_compressed(model.with_suffix(f".{name}.npz"), allow_pickle=False, **arrays)
