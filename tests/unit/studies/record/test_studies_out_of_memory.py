"""Trials for which the memory did not suffice: how they go on, how they are ruled out, and how they are tried again."""

from __future__ import annotations

import pytest

from hpo.errors import UserError
from hpo.search.optuna.search import OptunaSearch
from hpo.training import Cause, Infeasible, Paused

CAUSE = Cause("out_of_memory", "on the host: no room")


def test_the_trial_of_a_worker_that_memory_ended_goes_on_in_smaller_parts_and_no_retry_is_used(make_study):
    with make_study("on_oom.halve_batch=2", "recovery.retries=1") as study:
        search = OptunaSearch(study, "host:1")
        for steps in (1, 2, 4, 4):
            trial = search.ask()
            assert (trial.number, trial.accumulation_steps) == (0, steps)
            (ended,) = study.end_attempts_of("host:1", str(CAUSE))
        assert (ended.state, study.trials()[0].cause) == ("failed", str(CAUSE))


def test_a_worker_that_died_otherwise_leaves_batches_as_they_are(make_study):
    with make_study("on_oom.halve_batch=2") as study:
        search = OptunaSearch(study, "host:1")
        search.ask()
        study.end_attempts_of("host:1", "worker_died: signal 9")
        assert search.ask().accumulation_steps == 1


def test_a_config_that_does_not_fit_is_ruled_out_and_costs_nothing_and_a_retry_begins_anew(make_study):
    with make_study() as study:
        search = OptunaSearch(study, "host:1")
        trial = search.ask()
        trial.tell(Paused(CAUSE, 2))
        assert study.trials()[0].remark == "out_of_memory: its batches were computed in 2 parts"
        search.ask().tell(Infeasible(CAUSE))
        assert (study.counts()["infeasible"], study.budget.used) == (1, 0)
        with pytest.raises(UserError, match="no failed trial"):
            study.retry_failed()
        assert study.retry_failed(["oom"]) == [0]
        (record,) = study.trials()
        assert (record.state, record.cause, record.remark) == ("waiting", None, None)
        again = OptunaSearch(study, "host:2").ask()
        assert (again.number, again.params, again.accumulation_steps) == (0, trial.params, 1)


def test_in_another_space_a_config_that_did_not_fit_stays_ruled_out(make_study, spec):
    from hpo.studies import adopt_spec

    with make_study("constraints=[training.learning_rate < 1]") as study:
        OptunaSearch(study, "host:1").ask().tell(Infeasible(CAUSE))
        adopt_spec(study, spec("constraints=[training.learning_rate < 2]"))
        (record,) = study.trials()
        assert (record.state, record.cause, record.outside) == ("infeasible", str(CAUSE), None)
