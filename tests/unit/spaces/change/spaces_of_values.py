"""Specs of small spaces, from plain values."""

from __future__ import annotations

import json

from hpo.spaces import StudySpec, parse_spec


def spec_of(model=None, training=None, data=None, **top) -> StudySpec:
    """The spec of a small CNN on the digits, with these keys in its sections and on top."""
    document = {
        "study": "s",
        "data": {"dataset": "digits", **(data or {})},
        "model": {"family": "simple_cnn", **(model or {})},
        "training": training or {},
        **top,
    }
    return parse_spec(json.dumps(document), "r.yaml")
