"""When training ends before its last epoch."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hpo.spaces.sections.section import Section


class EarlyStopping(Section):
    """Stop after `patience` epochs in which the objective's metric did not improve by more than `min_delta`.

    With it or without it, a trial's values and its model are those of its best epoch: that is no option, since trials
    would else be compared by an epoch that nobody would keep.
    """

    patience: Annotated[int, Field(ge=1)] = 5
    """Epochs without an improvement before training stops."""
    min_delta: Annotated[float, Field(ge=0)] = 0.0
    """The least improvement that counts."""
