"""What a trial gets of the machine that it runs on, and what that costs: the sections `resources` and `cost`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from hpo.spaces.sections.search import StudySection
from hpo.spaces.sections.section import Section
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


class Price(Section):
    """What computing costs, so that a study can be counted in money, and `search.cost` can limit it.

    It may change in any study, and what was trained before is counted at the new price: `hpo resume STUDY --set
    cost.per_gpu_hour=2.1`.
    """

    per_gpu_hour: Annotated[float, Field(gt=0)] | None = None
    """The price of an hour of a whole GPU; a trial that has a share of one (`resources.gpus`) costs its share. Trials
    on the CPU cost nothing."""
    currency: Annotated[str, Field(min_length=1, max_length=8, pattern=r"^\S+$")] | None = None
    """What the price is in, such as `EUR`: it stands behind each sum."""
