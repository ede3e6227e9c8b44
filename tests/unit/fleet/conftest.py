"""A supervisor over workers of the tests."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import pytest
from untrained_workers import Dies, Ends, UntrainedWorker
from workers_in_threads import ThreadLauncher, Work

from hpo.fleet import Event, Listener, Supervisor
from hpo.spaces import load
from hpo.studies import create_study


@pytest.fixture
def supervise_work(small_space, studies):
    """`supervise_work(work, workers, trials)`: run a study whose workers do that; the study and its events."""

    def supervise_work(
        work: Work,
        workers: int | None,
        trials: int,
        listen: Listener = lambda event: None,
        *,
        most: int = 100,
        changes: Sequence[str] = (),
    ):
        study = create_study(load(small_space, [f"search.trials={trials}", *changes]), studies)
        events, launcher = [], ThreadLauncher(work, map("thread {}".format, count()), most)

        def take(event: Event) -> None:
            events.append(event)
            listen(event)

        with study, study.place.lock(), study.session() as session:
            try:
                Supervisor(study, session, workers, take, launcher).run()
            finally:
                assert all(worker.join(60) for worker in launcher.workers)
        return study, events

    return supervise_work


@pytest.fixture
def supervise(supervise_work):
    """The same with workers that end trials as a test says."""

    def supervise(
        ends: Ends, workers: int, trials: int, dies_of_scoring: Dies = lambda index: False, changes: Sequence[str] = ()
    ):
        return supervise_work(UntrainedWorker(ends, dies_of_scoring), workers, trials, changes=changes)

    return supervise
