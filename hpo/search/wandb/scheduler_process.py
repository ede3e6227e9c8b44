"""The process beside a run that leads a study with `method: hpo`, `python -m hpo.search.wandb.scheduler_process`.

It runs wandb's scheduler, which asks for what to try, puts it as runs into the sweep, and looks how those do.
"""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from typing import Any

from hpo.errors import WorkError
from hpo.processes.child import ParentConnection, run_child
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import ActiveStudy, StudyAddress

POLL_S = 5.0
"""Seconds between two looks at the sweep."""
_MOST_IN_SWEEP = 1000
"""Runs of the sweep at one time, as far as wandb is concerned: `StudyOptimizer` decides how many there are."""
_LAST_S = 10.0
"""Seconds for the last words to the server."""


def main(connection: ParentConnection) -> None:
    """Schedule the sweep of the study that the first message names, until the next message comes, or nobody listens."""
    requests = connection.requests()
    start: dict[str, Any] | None = next(requests, None)
    if start is None:  # the parent is gone already
        return
    with (
        ActiveStudy(StudyAddress(*start["address"]), tuple(start["overrides"])) as study,
        tempfile.TemporaryDirectory(prefix="hpo-") as folder,
    ):
        os.environ.setdefault("WANDB_DIR", folder)  # else where the user is, as the scheduler has a run of its own
        threading.Thread(target=_end_after, args=(requests, study), daemon=True).start()
        run_scheduler(study)


def run_scheduler(study: ActiveStudy) -> None:
    """Run the scheduler until the sweep ends, or an interrupt comes.

    Raises:
        WorkError: it cannot go on.
    """
    from wandb import Error
    from wandb.sdk.sweeps.scheduler import client

    from hpo.search.wandb.optimizer import StudyOptimizer

    entity, project, name = (study.ledger.sweep or {})["path"].split("/")
    search = OptunaSearch(study, f"{os.uname().nodename}:{os.getpid()}")
    try:
        client.run_scheduler(
            entity=entity,
            project=project,
            sweep_id=name,
            make_optimizer=lambda sweep: StudyOptimizer(sweep, study, search),
            batch_size=_MOST_IN_SWEEP,
            poll_interval=POLL_S,
        )
    except Error as error:
        if "was deleted" not in str(error):  # workers find that out, and end the study
            raise WorkError(str(error)) from error


def _end_after(requests: Iterator[Any], study: ActiveStudy) -> None:
    """Have the scheduler end when the parent says so, or is gone; by itself first, where the budget is spent."""
    is_asked = next(requests, None) is not None
    if is_asked and study.spent is not None:
        threading.Event().wait(POLL_S + 1)
    os.kill(os.getpid(), signal.SIGINT)  # which wandb's scheduler takes for a request
    threading.Event().wait(_LAST_S)
    os._exit(1)


if __name__ == "__main__":
    run_child(main)
