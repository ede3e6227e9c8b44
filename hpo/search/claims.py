"""A worker's claim to the next trial, or why there is none."""

from __future__ import annotations

from collections.abc import Callable

from hpo.search.backend import ActiveTrial, NoTrial, SearchBackend
from hpo.studies import ActiveStudy


def claim(
    study: ActiveStudy, backend: SearchBackend, is_stopped: Callable[[], bool], worker: str = ""
) -> ActiveTrial | NoTrial:
    """Take on the next trial that waits to confirm another one, or that the budget allows; or tell why there is none.

    A trial that runs counts; one that is ruled out or given back does so no more, so it is worth while to claim again
    when any trial has ended.

    Args:
        study: whose trials to run.
        backend: decides what to try.
        is_stopped: whether the worker was told to stop.
        worker: who claims, `HOST:PID`, as the backend was told.

    Raises:
        StudyConflictError: another process has changed the space.
    """
    if is_stopped():
        return NoTrial("stopped")
    if not study.storage.patience(study.place.is_locked):
        return NoTrial("paused")
    ledger = study.ledger
    study.confirm_space(ledger)
    if (claimed := study.claim_confirming(worker)) is not None:
        from hpo.search.confirming import ConfirmingTrial

        return ConfirmingTrial(study, claimed)
    if study.spec.search.stop.regret is not None:
        from hpo.studies.limits.regret import update_regret

        update_regret(study.spec, ledger, study.frozen_trials())
    budget = study.budget
    if budget.admitted == "none" and budget.spent is not None:
        return NoTrial(budget.spent)
    return backend.ask(ledger.budget["trials"]) or NoTrial(study.spent or "space")
