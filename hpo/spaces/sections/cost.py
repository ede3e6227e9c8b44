"""What computing costs, so that a study can be counted in money: the section `cost` of a file."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hpo.spaces.sections.section import Section


class Cost(Section):
    """What computing costs, so that a study can be counted in money, and `search.cost` can limit it.

    It may change in any study, and what was trained before is counted at the new price: `hpo resume STUDY --set
    cost.per_gpu_hour=2.1`.
    """

    per_gpu_hour: Annotated[float, Field(gt=0)] | None = None
    """The price of an hour of a whole GPU; a trial that has a share of one (`resources.gpus`) costs its share. Trials
    on the CPU cost nothing."""
    currency: Annotated[str, Field(min_length=1, max_length=8, pattern=r"^\S+$")] | None = None
    """What the price is in, such as `EUR`: it stands behind each sum."""
