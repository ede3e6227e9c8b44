"""What becomes of a trial whose worker dies, hangs or takes too long."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hpo.spaces.sections.section import OrNone, Section
from hpo.spaces.sections.units import Duration, Size


class Recovery(Section):
    """When a trial counts as lost, and how often it is run again: the section `recovery` of a file.

    Every option may change in any study: `hpo resume STUDY --set recovery.retries=5`.
    """

    retries: Annotated[int, Field(ge=0)] = 2
    """How often in a row a trial goes on from its last checkpoint after its worker died, hung, or vanished with its
    machine, and has come neither an epoch nor a checkpoint further. A trial that loses one worker more has failed; its
    config is not tried again."""
    trial_timeout: Annotated[Duration | None, OrNone] = None
    """How long a trial may train in all. It ends at the next step then, with its best epoch; one that has none has
    failed with the cause `timeout`. Seconds, or `90s`, `30m`, `8h`, `2d`, `1h30m`."""
    hang_timeout: Annotated[Duration | None, OrNone] = 1800.0
    """A worker that has not come a step further for so long is ended, and its trial goes on elsewhere. Reading data,
    compiling and saving count as one step each; before the first step of a trial it may take 600 seconds at least.
    1800 seconds (`30m`) when left out; `none` waits for ever."""
    lease: Annotated[Duration, Field(ge=1)] = 60.0
    """How long a running trial belongs to its worker after its last sign of life; others may take it then. Workers
    renew it three times as often."""
    max_growth: Annotated[Size | None, OrNone] = 10**9
    """A worker that takes so many bytes more than after its first trial is replaced between two trials: engines do not
    give all memory back. 1000000000 (`1GB`) when left out."""
