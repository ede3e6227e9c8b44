"""A trial belongs to one worker at a time, whoever claims it: on SQLite and on a PostgreSQL server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from hpo.errors import LeaseLostError
from hpo.processes.environment import engine_environment
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import ActiveStudy, TrialLedger, create_study
from hpo.studies.store import leases
from hpo.studies.store.leases import this_process
from hpo.training import Cause, Completed, EpochReport, Failed, Learned, Paused

STORED = Path(__file__).parents[3] / "stored"
LEARNED = Learned(0.5, 1, 0.5, {"parameters": 100}, 10.0, {"val_accuracy": [0.5]})
COMPLETED = Completed(LEARNED, (0.5,), save_model=lambda path: None)

WORK = """
import os, sys
from multiprocessing import get_context
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import ActiveStudy, StudyAddress
from hpo.training import Completed, EpochReport, Learned

def work(owner):
    start.wait()
    with ActiveStudy(StudyAddress(*sys.argv[1:5])) as study:
        search = OptunaSearch(study, owner)
        while (trial := search.ask(int(sys.argv[5]))) is not None:
            trial.report(EpochReport(1, 1, 0.5, 10.0))
            learned = Learned(0.5, 1, 0.5, {"parameters": 100}, 10.0, {"val_accuracy": [0.5]})
            values = (0.5,) * len(study.spec.objectives)
            trial.tell(Completed(learned, values, save_model=lambda path: None))
            os.write(1, b"%d\\n" % trial.number)  # at once: all of them write to one pipe

context = get_context("fork")  # what they import is imported once
start = context.Barrier(len(sys.argv[6:]))
processes = [context.Process(target=work, args=(owner,)) for owner in sys.argv[6:]]
for process in processes:
    process.start()
for process in processes:
    process.join()
sys.exit(max(map(abs, (process.exitcode for process in processes))))
"""

FREEZE = """
import os, signal, sys, time
from hpo.errors import LeaseLostError
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import ActiveStudy, StudyAddress
from hpo.training import EpochReport

with ActiveStudy(StudyAddress(*sys.argv[1:5])) as study:
    trial = OptunaSearch(study, "frozen").ask()
    trial.report(EpochReport(1, 10000, 0.5, 10.0))
    os.kill(os.getpid(), signal.SIGSTOP)
    try:
        for epoch in range(2, 10000):
            trial.report(EpochReport(epoch, 10000, 0.5, 10.0))
            time.sleep(0.02)
    except LeaseLostError as error:
        print(error)
"""


def start(code, address, *arguments):
    parts = (address.storage, address.files, address.name, address.folder)
    command = [sys.executable, "-c", code, *parts, *map(str, arguments)]
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=engine_environment(1), **options)


def entries(study, number=0):
    return TrialLedger(study.frozen_trials()[number].user_attrs).attempt_entries


# Claims


@pytest.mark.thorough
@pytest.mark.parametrize("changes", [[], ["objective=[val_accuracy, parameters]"]], ids=["one objective", "two"])
def test_processes_that_ask_at_once_share_the_budget_exactly_and_try_no_config_twice(
    address, spec, changes, count_leases
):
    finite = ["model.depth=1", "model.dense_units={int: [1, 30]}", "training.learning_rate=0.01"]
    with create_study(spec(*finite, "training.optimizer=adam", *changes), address) as study:
        workers = start(WORK, address, 25, "host:0", "host:1", "host:2")
        output, errors = workers.communicate(timeout=120)
        assert (workers.returncode, errors) == (0, "")
        assert Counter(map(int, output.split())) == Counter(range(25))
        trials = study.trials()
        assert {trial.state for trial in trials} == {"complete"}
        assert len({trial.params["dense_units"] for trial in trials}) == 25
        assert count_leases(study) == 0


def test_a_trial_that_draws_keeps_nobody_from_claiming_and_two_that_draw_the_same_config_end_with_two(
    study, spec, monkeypatch, open_again
):
    first, second = OptunaSearch(study, "host:1"), OptunaSearch(open_again(study), "host:2")
    draw, drawn = first._untried.draw, []

    def draw_while_the_other_claims(*arguments):
        params = draw(*arguments)
        if not drawn:
            monkeypatch.setattr(second._untried, "draw", lambda *_: dict(params))
            drawn.append(second.ask())
        return params

    monkeypatch.setattr(first._untried, "draw", draw_while_the_other_claims)
    trial = first.ask()
    assert (trial.number, drawn[0].number) == (0, 1)
    assert trial.params != drawn[0].params
    assert [record.state for record in study.trials()] == ["running", "running"]


def test_the_last_configs_of_a_space_are_claimed_once_each_however_many_draw_at_once(
    address, spec, monkeypatch, open_again
):
    finite = spec("model.depth={int: [1, 2]}", "training.learning_rate=0.01", "training.optimizer=adam")
    with create_study(finite, address) as study:
        search, other = OptunaSearch(study, "host:1"), OptunaSearch(open_again(study), "host:2")
        draw, claims = search._untried.draw, []

        def draw_while_the_other_claims(*arguments):
            if not claims:
                claims.extend([None, other.ask(), other.ask()])
            return draw(*arguments)

        monkeypatch.setattr(search._untried, "draw", draw_while_the_other_claims)
        trial = search.ask()
        assert (trial.number, claims[1].number, claims[2]) == (0, 1, None)
        assert {trial.params["depth"], claims[1].params["depth"]} == {1, 2}
        claims[1].tell(Paused())
        assert other.ask().number == 1


def test_what_runs_twice_since_a_connection_was_lost_is_done_once(address, spec, monkeypatch, count_leases):
    with create_study(spec("search.trials=3", "start_from=[{model.depth: 1}]"), address) as study:
        transact = study.storage.transact
        monkeypatch.setattr(study.storage, "transact", lambda work: (transact(work), transact(work))[1])
        search = OptunaSearch(study, "host:1")
        outcomes = [Paused(), COMPLETED, Failed(Cause("error", "no luck")), COMPLETED]
        for outcome in outcomes:
            trial = search.ask(3)
            assert trial.accepts({"parameters": 100.0, "flops": 1.0, "memory": 1.0})
            trial.report(EpochReport(1, 2, 0.5, 10.0))
            trial.tell(outcome)
        assert search.ask(3) is None
        records = study.trials()
        assert [(record.number, record.state, record.attempts) for record in records] == [
            (0, "complete", 2),
            (1, "failed", 1),
            (2, "complete", 1),
        ]
        assert count_leases(study) == 0


def test_each_attempt_has_an_entry(study):
    search = OptunaSearch(study, "host:1")
    trial = search.ask()
    trial.report(EpochReport(1, 2, 0.5, 10.0))
    trial.describe_attempt({"device": "CPU"})
    trial.tell(Paused())
    again = search.ask()
    assert (again.number, again.attempt, again.lease.fence, again.lease.owner) == (0, 2, 2, "host:1")
    again.tell(COMPLETED)
    first, second = entries(study).values()
    assert {first.pop("started"), first.pop("ended"), second.pop("started"), second.pop("ended")} > set()
    machine = this_process().machine
    assert min(first.pop("seconds"), second.pop("seconds")) >= 0
    came_to = {"epochs": 0, "trained": 1, "device": "CPU", "cause": "paused"}
    assert first == {"worker": "host:1", "machine": machine, **came_to}
    assert second == {"worker": "host:1", "machine": machine, "epochs": 1, "cause": None}
    assert study.trials()[0].to_json()["attempt_causes"] == ["paused", None]


# Late workers


@pytest.mark.parametrize("is_claimed", [True, False], ids=["claimed by another", "given back"])
def test_a_late_worker_changes_nothing_by_whatever_call_and_learns_that_its_lease_is_lost(study, is_claimed):
    late = OptunaSearch(study, "host:1").ask()
    late.report(EpochReport(1, 3, 0.25, 10.0))
    with closing(ActiveStudy(study.address)) as other:
        assert [ended.number for ended in other.end_attempts_of("host:1", "silent")] == [0]
        if is_claimed:
            assert OptunaSearch(other, "host:2").ask().number == 0
        before = other.frozen_trials()[0]
        trial_id, storage = before._trial_id, study.optuna_storage
        for write in (
            lambda: late.accepts({"parameters": 1.0}),
            lambda: late.report(EpochReport(2, 3, 0.5, 10.0)),
            lambda: late.describe_attempt({"device": "GPU"}),
            *(lambda outcome=outcome: late.tell(outcome) for outcome in (COMPLETED, Failed(Cause("error", "late")))),
            lambda: study.storage.renew(late.lease),
            lambda: storage.set_trial_user_attr(trial_id, "late", 1),
            lambda: storage.set_trial_system_attr(trial_id, "late", 1),
            lambda: storage.set_trial_intermediate_value(trial_id, 7, 0.5),
            lambda: storage.set_trial_state_values(trial_id, late_state(), [0.5]),
        ):
            with pytest.raises(LeaseLostError, match="trial:0: attempt 1, of host:1, has ended"):
                write()
        assert vars(other.frozen_trials()[0]) == vars(before)


def late_state():
    from optuna.trial import TrialState

    return TrialState.COMPLETE


@pytest.mark.thorough
def test_a_process_that_was_frozen_for_longer_than_its_lease_wakes_up_and_writes_nothing(study, monkeypatch):
    monkeypatch.setattr(leases, "SECONDS_BETWEEN_LOOKS", 0.2)
    frozen = start(FREEZE, study.address)
    os.waitpid(frozen.pid, os.WUNTRACED)  # until it has stopped
    deadline = time.monotonic() + 30
    while not (ended := study.reclaim()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [(attempt.number, attempt.state) for attempt in ended] == [(0, "waiting")]
    assert ended[0].cause.startswith("worker_died: frozen was not heard of for ")
    trial = OptunaSearch(study, "host:2").ask()
    epochs = study.trials()[0].epochs
    os.kill(frozen.pid, signal.SIGCONT)
    output, errors = frozen.communicate(timeout=60)
    assert errors == ""
    assert output.startswith("trial:0: attempt 1, of frozen, has ended, or another worker goes on with it.")
    assert study.trials()[0].epochs == epochs
    trial.tell(COMPLETED)
    assert study.trials()[0].state == "complete"
