"""What a trial gets of the machine that it runs on: the section `resources` of a file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from hpo.spaces.sections.search import StudySection
from hpo.spaces.sections.units import Size

_SMALLEST_SHARE = 0.05


def _check_share(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value > 1:
            raise ValueError(
                "Keras trains a network on one GPU, so it is at most 1; trials that run at once get a GPU each"
            )
        if value != 0 and value < _SMALLEST_SHARE:
            raise ValueError(f"a share of a GPU is at least {_SMALLEST_SHARE}, or 0 to train on the CPU")
    return value


_Share = Literal[0] | Annotated[float, Field(ge=_SMALLEST_SHARE, le=1)]


class Resources(StudySection):
    """What each trial gets of the machine; as many run at once as there is room for.

    `--workers` allows fewer of them. Any study takes a change, and another machine may be told otherwise.
    """

    gpus: Annotated[float, BeforeValidator(_check_share, json_schema_input_type=_Share)] | None = None
    """The share of a GPU: 1 for one to itself, 0.5 for two trials on each, which share its memory equally; 0 trains on
    the CPU. Left out, workers are spread over the GPUs, and their memory is not limited."""
    cpus: Annotated[int, Field(ge=1)] | None = None
    """How many cores. Left out, workers share the cores equally."""
    memory: Size | None = None
    """How much of the machine's memory: bytes, or `500MB`, `8GB`, `1.5GiB`."""

    @property
    def limits_workers(self) -> bool:
        """Whether it says how many trials there is room for."""
        return bool(self.gpus) or self.cpus is not None or self.memory is not None
