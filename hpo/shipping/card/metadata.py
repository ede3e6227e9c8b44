"""The front matter of a card: what the Hugging Face Hub reads of it, as YAML between two lines of three hyphens.

Keys and values are those of `huggingface.co/docs/hub/model-cards`; `model-index` is the form of Papers with Code, which
the Hub took over.
"""

from __future__ import annotations

from typing import Any

from hpo.analysis.predictions import PredictedPart
from hpo.shipping.card.source import CardSource
from hpo.spaces import to_yaml

_TASK = "image-classification"
_HUB = "hf:"
"""How the names of data sets begin that are the Hub's."""


def write_front_matter(source: CardSource) -> str:
    """Write it, its two lines of hyphens included."""
    return f"---\n{to_yaml(describe_for_hub(source))}---\n"


def describe_for_hub(source: CardSource) -> dict[str, Any]:
    """Give what the Hub reads, as plain values; what is not known is left out."""
    made_with = source.about.get("made_with", {})
    engines = [engine for engine in ("tensorflow", "jax", "torch") if engine in made_with]
    metadata: dict[str, Any] = {
        "library_name": "keras",
        "pipeline_tag": _TASK,
        "tags": [_TASK, *engines, "hpo"],
    }
    dataset = str(source.data.get("dataset"))
    if dataset.startswith(_HUB) and dataset.count("/") == 1:
        metadata["datasets"] = [dataset.removeprefix(_HUB)]
    if source.scores:
        results = [_describe_part(source, part) for part in source.scores]
        name = source.kept.path.stem if source.kept.study is None else source.kept.study.name
        metadata |= {"metrics": ["accuracy", "f1"], "model-index": [{"name": name, "results": results}]}
    return metadata


def _describe_part(source: CardSource, part: PredictedPart) -> dict[str, Any]:
    score = source.scores[part]
    kind = str(source.data.get("dataset", "unknown")).removeprefix(_HUB)
    kind = "imagefolder" if kind == "folder" else kind  # as the library datasets calls images in a folder a class
    metrics = [{"type": "accuracy", "name": "Accuracy", "value": round(score["accuracy"], 6)}]
    if "macro_f1" in score:
        metrics.append({"type": "f1", "name": "Macro F1", "value": round(score["macro_f1"], 6)})
    return {
        "task": {"type": _TASK, "name": "Image Classification"},
        "dataset": {"type": kind, "name": source.dataset.removeprefix(_HUB), "split": part},
        "metrics": metrics,
    }
