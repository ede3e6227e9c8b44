"""What a study that is worked on remembers of its trials, and what it reads again."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager

import pytest
import sqlalchemy
from optuna.trial import TrialState

from hpo.studies.store.tables import read_study

COMPLETE = (TrialState.COMPLETE,)


@contextmanager
def _count_statements(study):
    statements = []
    engine = study.storage.engine

    def record(connection, cursor, statement, *_):
        statements.append(statement)

    sqlalchemy.event.listen(engine, "before_cursor_execute", record)
    yield statements
    sqlalchemy.event.remove(engine, "before_cursor_execute", record)


def test_nothing_is_read_again_where_nothing_was_written(make_study, add_trials):
    study = make_study("search.trials=100")
    add_trials(study, 0.5, "failed", "waiting")
    before = study.frozen_trials()
    assert study.ledger.budget["trials"] == 100
    with _count_statements(study) as statements:
        after = study.frozen_trials()
        assert study.ledger.budget["trials"] == 100
    assert statements == []
    assert all(old is new for old, new in zip(before, after, strict=True))


def test_what_another_worker_writes_is_read_and_ended_trials_are_not_read_again(study, open_again, add_trials):
    other = open_again(study)
    add_trials(study, 0.5, "waiting")
    before = other.frozen_trials()
    assert [trial.state.name for trial in before] == ["COMPLETE", "WAITING"]
    add_trials(study, 0.25)  # goes on with the one that waits
    after = other.frozen_trials()
    assert after[0] is before[0]
    assert [trial.values for trial in after] == [[0.5], [0.25]]


def test_trials_are_by_number_whichever_has_ended_first(study, open_again):
    other = open_again(study)
    assert other.frozen_trials() == []
    first, second = (study.claim("host:1") for _ in range(2))
    study.storage.write(second.trial._trial_id, state=TrialState.COMPLETE, values=[0.5])
    assert [trial.number for trial in other.optuna_study.get_trials(deepcopy=False, states=COMPLETE)] == [1]
    assert [trial.number for trial in other.frozen_trials()] == [0, 1]
    study.storage.write(first.trial._trial_id, state=TrialState.COMPLETE, values=[0.25])
    assert [trial.number for trial in other.optuna_study.get_trials(deepcopy=False, states=COMPLETE)] == [0, 1]


def test_an_ended_trial_that_another_process_has_run_again_is_read_again(study, open_again, add_trials):
    add_trials(study, "failed", 0.5)
    other = open_again(study)
    assert [trial.state.name for trial in other.frozen_trials()] == ["FAIL", "COMPLETE"]
    assert study.retry_failed() == [0]
    assert [trial.state.name for trial in other.frozen_trials()] == ["WAITING", "COMPLETE"]
    add_trials(study, 0.75, "failed")
    before = other.frozen_trials()
    assert [trial.values for trial in before] == [[0.75], [0.5], None]
    assert study.retry_failed() == [2]
    after = other.frozen_trials()
    assert [trial.state.name for trial in after] == ["COMPLETE", "COMPLETE", "WAITING"]
    assert after[0] is before[0], "it has not run again since"


def test_a_trial_that_runs_again_is_not_given_among_the_ended(study, open_again, add_trials):
    failed = (TrialState.FAIL,)
    add_trials(study, "failed", "failed")
    other = open_again(study)
    assert len(other.frozen_trials()) == len(other.optuna_study.get_trials(states=failed)) == 2
    assert study.retry_failed() == [0, 1]
    assert [trial.state.name for trial in other.frozen_trials()] == ["WAITING", "WAITING"]
    assert other.optuna_study.get_trials(states=failed) == []


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_rows_become_a_study_when_the_transaction_is_over(study, add_trials):
    add_trials(study, 0.5, "failed", "waiting")
    study.close()
    with closing(sqlite3.connect(study.address.database)) as connection:
        make = read_study(connection.execute)
    assert [trial.state.name for trial in make().trials] == ["COMPLETE", "FAIL", "WAITING"]


def test_a_copy_of_a_trial_may_be_changed(study, add_trials):
    add_trials(study, 0.5, 0.25)
    assert len(study.optuna_study.get_trials(deepcopy=False)) == 2
    copied = study.optuna_study.get_trials(deepcopy=True)[0]
    copied.user_attrs["of mine"] = 1  # as one may with a copy
    assert "of mine" not in study.frozen_trials()[0].user_attrs


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_a_commit_waits_for_the_disk(study):
    with study.storage.engine.connect() as connection:
        assert connection.scalar(sqlalchemy.text("PRAGMA synchronous")) == 2  # FULL
