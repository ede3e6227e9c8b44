"""What becomes of a trial for which the memory does not suffice."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hpo.spaces.sections.section import Section


class OnOom(Section):
    """What is done when the memory of a GPU or of the machine does not suffice for a trial: the section `on_oom`.

    It may change in any study: `hpo resume STUDY --set on_oom.halve_batch=2`.
    """

    halve_batch: Annotated[int, Field(ge=0, le=10)] = 0
    """How often the batches of a trial may be halved. Each is then computed in 2 parts, 4, 8, whose gradients are
    accumulated, so that a step is still made for `batch_size` images; the trial goes on from its last checkpoint. A
    config that does not fit even so is infeasible, as is every one that does not fit where this is 0."""

    def next_accumulation(self, steps: int) -> int | None:
        """Give the parts that a batch is computed in after it did not fit in so many; None where no more are allowed.

        Args:
            steps: in how many parts it was computed: 1, or a power of 2.
        """
        return 2 * steps if 2 * steps <= 2**self.halve_batch else None
