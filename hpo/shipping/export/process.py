"""Where the process begins that writes an export: on the CPU, whatever the machine has."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

_CPU = {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
"""An export is run where there may be no GPU; and in float32, not in the TF32 that GPUs multiply in."""


def make_export(request: Mapping[str, Any], tell: Callable[[str], object]) -> dict[str, Any]:
    """See `hpo.shipping.export.conversion.convert_model`, which imports the engine."""
    os.environ.update(_CPU)
    from hpo.shipping.export.conversion import convert_model

    return convert_model(request, tell)
