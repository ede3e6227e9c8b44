"""A disk that takes no more, in the middle of a trial."""

from __future__ import annotations

import resource

import pytest

import hpo
from hpo.errors import StorageError
from hpo.fleet import EpochDone, WorkerReady

pytestmark = pytest.mark.engine


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="another process is limited by Linux alone")
def test_a_storage_that_fails_while_an_epoch_is_reported_is_no_failure_of_the_trial(
    small_space, studies, thread_launcher
):
    workers = []

    def listen(study):
        def take(event):
            match event:
                case WorkerReady():
                    workers.append(int(event.name.partition(":")[2]))
                case EpochDone(number=0, epoch=2):
                    log = studies / "small" / "study.db-wal"
                    size = log.stat().st_size
                    resource.prlimit(workers[0], resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

        return take

    with pytest.raises(StorageError, match="a study is written to its database as it goes on"):
        hpo.run(small_space, trials=1, overrides=["training.epochs=30"], studies=studies, listen=listen)
    study = hpo.open_study("small", studies)
    (trial,) = study.trials()
    assert (trial.state, trial.cause) == ("waiting", None)
    curves = study.dataframe(learning_curves=True)
    assert curves[["epoch", "val_accuracy", "loss"]].notna().all(axis=None)
    assert len(curves) >= 2
    assert hpo.resume("small", trials=1, studies=studies, launcher=thread_launcher).trials()[0].state == "complete"
