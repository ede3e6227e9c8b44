"""The beginning of a training that several trials share: taken from the one that has trained it, or waited for."""

from __future__ import annotations

import time
from collections.abc import Callable

from hpo.studies import Checkpoint
from hpo.training.outcome import Prefixes
from hpo.training.trial.callbacks import PauseNow
from hpo.training.trial.checkpointer import Checkpointer

_LOOK_EVERY_S = 1.0


def begin_shared(checkpointer: Checkpointer, must_pause: Callable[[], bool]) -> None:
    """Have a trial without a checkpoint of its own begin where another has come to that begins in the same way.

    Raises:
        PauseNow: the trial is to stop waiting for the other.
    """
    prefixes = checkpointer.prefixes
    if prefixes is None:
        return
    if checkpointer.start is None:
        checkpointer.start_from(find_prefix(prefixes, must_pause))
    else:  # others wait for this trial, if it trains what none of them does by now
        prefixes.take_on(0)


def find_prefix(prefixes: Prefixes, must_pause: Callable[[], bool]) -> Checkpoint | None:
    """Find the longest beginning that was trained, once no other trial trains a longer one; None where there is none.

    Args:
        prefixes: of the trial.
        must_pause: whether the trial is to stop waiting; asked every second.

    Raises:
        PauseNow: it is.
    """
    while True:
        phases = prefixes.count_trained()
        if not prefixes.take_on(phases):
            if must_pause():
                raise PauseNow
            time.sleep(_LOOK_EVERY_S)
        elif prefixes.count_trained() == phases:  # else it was trained while this was asked
            checkpoint = prefixes.read(phases) if phases else None
            if checkpoint is not None or not phases:
                return checkpoint
