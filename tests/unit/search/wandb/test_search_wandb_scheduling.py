"""The scheduler of a sweep runs beside a study: wandb's own, which asks a stand-in of W&B's server for runs."""

from __future__ import annotations

import json
import time

import pytest
import yaml
from child_processes import find_children

from hpo.errors import SpaceError, WorkError
from hpo.search import NoTrial, accompany_search, open_backend, prepare_search
from hpo.search.wandb import agent as agents
from hpo.search.wandb import search as searches
from hpo.spaces import spec_of
from hpo.studies import TrialLedger, create_study
from hpo.training import Completed, EpochReport, Learned, Paused, Pruned, Verdict

SPACE = {
    "study": "scheduled",
    "data": "digits",
    "model": {"simple_cnn": {"depth": {"int": [1, 3]}, "filters": 4}},
    "training": {
        "epochs": 4,
        "learning_rate": {"float": [1e-3, 1e-1], "log": True},
        "optimizer": {"choice": {"adam": None, "sgd": {"momentum": {"float": [0.0, 0.9]}}}},
    },
    "search": {
        "backend": "wandb",
        "method": "hpo",
        "project": "tests",
        "trials": 3,
        "sampler": "random",
        "pruner": {"median": {"n_startup_trials": 1, "n_warmup_steps": 0, "n_min_trials": 1}},
    },
}


@pytest.fixture(autouse=True)
def quick_heartbeats(monkeypatch):
    monkeypatch.setattr(agents, "BEAT_S", 0.05)
    monkeypatch.setattr(searches, "_FIRST_WAIT_S", 0.05)


@pytest.fixture
def make_study(tmp_path, wandb_server):
    """Creates a study and its sweep."""

    def make(*changes):
        study = create_study(spec_of(SPACE, "values", changes), tmp_path / "studies")
        prepare_search(study)
        return study

    return make


def find_sweep(server, study):
    return server.sweeps[study.ledger.sweep["path"].rpartition("/")[2]]


def complete(trial, server, value=0.5):
    """End a trial as a worker does, and its run as what mirrors it does."""
    run = server.runs[TrialLedger(trial._trial.user_attrs).run["id"]]
    for epoch in range(1, 5):
        trial.report(EpochReport(epoch, 4, value, 10.0))
    learned = Learned(value, 1, value, {"parameters": 1000}, 10.0, {"val_accuracy": [value] * 4})
    trial.tell(Completed(learned, (value,), lambda path: None))
    run.state, run.summary = "finished", {"val_accuracy": value}


@pytest.mark.long
def test_agents_train_what_the_study_suggests_and_its_pruner_stops_until_the_budget_is_spent(make_study, wandb_server):
    study = make_study()
    sweep = find_sweep(wandb_server, study)
    config = yaml.safe_load(sweep.config)
    assert (config["method"], config["scheduler"]) == ("custom", {"engine": "optuna"})
    assert "run_cap" not in config
    with accompany_search(study):
        first, second = (open_backend(study, f"host:{number}") for number in (1, 2))
        trials = [first.ask(3), second.ask(3)]
        assert {trial.number for trial in trials} == {0, 1}
        for trial in trials:
            run = TrialLedger(study.frozen_trials()[trial.number].user_attrs).run
            assert wandb_server.runs[run["id"]].values == {**trial.params, "hpo_trial": trial.number}
            assert run["args"] == trial.params
        complete(trials[0], wandb_server)
        assert trials[1].report(EpochReport(1, 4, 0.1, 10.0)) is Verdict.PRUNE
        trials[1].tell(Pruned(Learned(0.1, 1, 0.1, {}, 10.0, {"val_accuracy": [0.1]})))
        complete(first.ask(3), wandb_server)
        assert first.ask(3) is None
        assert second.ask(3) is None
    assert [trial.state for trial in study.trials()] == ["complete", "pruned", "complete"]
    assert study.ledger.is_exhausted is False
    assert sweep.state == "FINISHED"
    # The scheduler has a run of its own, for its log.
    assert len(wandb_server.runs) == 3 + 1
    assert not find_children("hpo.search.wandb.scheduler_process")
    study.raise_budget({"trials": 4})
    prepare_search(study)
    assert sweep.state == "RUNNING"


@pytest.mark.long
def test_a_study_whose_scheduler_is_killed_pauses_and_goes_on_with_the_same_sweep(make_study, wandb_server):
    study = make_study()

    def search_until_paused():
        with accompany_search(study):
            search = open_backend(study, "host:1")
            given_back = search.ask(3)
            given_back.tell(Paused())
            (scheduler,) = find_children("hpo.search.wandb.scheduler_process")
            scheduler.kill()
            deadline = time.monotonic() + 20
            while study.ledger.pause is None:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    with pytest.raises(WorkError, match=r"Received one that died \(signal 9.*`hpo resume") as caught:
        search_until_paused()
    assert not any(key in str(caught.value) for key in wandb_server.keys)
    assert "the scheduler of the sweep died (signal 9" in study.ledger.pause
    prepare_search(study)
    with accompany_search(study):
        search = open_backend(study, "host:1")
        while (trial := search.ask(3)) is not None:
            complete(trial, wandb_server)
    assert len(wandb_server.sweeps) == 1
    assert [trial.state for trial in study.trials()] == ["complete"] * 3
    numbers = [run.values["hpo_trial"] for run in wandb_server.runs.values() if run.sweep]
    assert sorted(numbers) == [0, 1, 2]


@pytest.mark.long
def test_a_run_that_somebody_puts_into_the_sweep_by_hand_is_trained_too(make_study, wandb_server):
    study = make_study("search.trials=1")
    server = find_sweep(wandb_server, study)
    arguments = {"simple_cnn.depth": {"value": 2}, "learning_rate": {"value": 0.01}, "optimizer": {"value": "adam"}}
    by_hand = wandb_server.ask("EnqueueSweepRun", {"id": server.id, "config": json.dumps(arguments)})
    search = open_backend(study, "host:1")
    trial = search.ask(1)
    assert trial.params == {"simple_cnn.depth": 2, "learning_rate": 0.01, "optimizer": "adam"}
    run = TrialLedger(study.frozen_trials()[0].user_attrs).run
    assert run["id"] == by_hand["data"]["enqueueSweepRun"]["id"]


def test_a_sweep_that_is_paused_in_wandb_pauses_the_study(make_study, wandb_server):
    study = make_study()
    find_sweep(wandb_server, study).state = "PAUSED"
    assert open_backend(study, "host:1").ask(3) == NoTrial("paused")


def test_a_sweep_that_is_stopped_in_wandb_ends_the_study(make_study, wandb_server):
    study = make_study()
    find_sweep(wandb_server, study).state = "FINISHED"
    assert open_backend(study, "host:1").ask(3) is None
    assert study.ledger.is_exhausted
    prepare_search(study)
    assert find_sweep(wandb_server, study).state == "FINISHED"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        (("search.early_terminate={min_iter: 1}",), "trials are stopped by `pruner`"),
        (("search.project=", "search.sweep=a/b/c"), "the sweep is one that hpo creates"),
    ],
)
def test_a_file_that_has_two_decide_is_refused(changes, rule):
    document = {**SPACE, "search": {key: value for key, value in SPACE["search"].items() if key != "project"}}
    with pytest.raises(SpaceError, match=rule):
        spec_of(document, "values", [change for change in changes if not change.endswith("=")])
