"""How a study is asked to pause, wherever it is worked on, and waited for."""

from __future__ import annotations

import time
from collections.abc import Callable

from hpo.errors import HpoError, UnreachableStorageError
from hpo.studies import ActiveStudy, StudyAddress, StudyRecord, TrialRecord
from hpo.studies.store.patience import Patience

PATIENCE = 90.0
"""Seconds: supervisors look every few seconds, and give their workers a minute."""
_TICK = 0.5


def is_worked_on(study: StudyRecord) -> bool:
    """Whether a process runs trials of a study, or could begin one at once."""
    return study.state == "running" or bool(study.count_running())


def pause_study(
    address: StudyAddress, patience: float = PATIENCE, on_wait: Callable[[int], object] = lambda running: None
) -> list[TrialRecord]:
    """Ask all who work on a study to pause as Ctrl-C does, and wait until they have.

    Args:
        address: of the study.
        patience: seconds to wait; 0 asks and does not wait.
        on_wait: called with how many trials are running, once it was asked.

    Returns:
        The trials that are running still.

    Raises:
        StorageError: the database did not answer before the pause was asked for, or for all that time afterwards.
    """
    study = StudyRecord(address)
    if not is_worked_on(study):
        return []
    with ActiveStudy(address) as active:
        active.pause()
    read = Patience(max(patience, _TICK))
    on_wait(read(study.count_running))
    deadline = time.monotonic() + patience
    while read(lambda: is_worked_on(study)) and time.monotonic() < deadline:
        time.sleep(_TICK)
    return [trial for trial in read(lambda: study.trials(confirming=True)) if trial.state == "running"]


def read_last_pause(address: StudyAddress) -> str | None:
    """Read when `hpo pause` was last asked for: before the study is held, since from then on it may be asked again."""
    try:
        return StudyRecord(address).ledger.pause
    except UnreachableStorageError:  # not to take an old pause for a new one when the database answers again
        raise
    except HpoError:  # there is no study yet, or none that can be read, which is said when it is opened
        return None
