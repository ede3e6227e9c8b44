"""A study is searched by a sweep: the real client asks a stand-in of W&B's server, whose engine is W&B's own."""

from __future__ import annotations

import threading
import time

import pytest
import wandb
import yaml

from hpo.errors import UserError
from hpo.search import NoTrial, claim, open_backend, prepare_search
from hpo.search.wandb import agent as agents
from hpo.search.wandb import search as searches
from hpo.search.wandb import server as servers
from hpo.search.wandb import sweep as sweeps
from hpo.spaces import spec_of
from hpo.studies import TrialLedger, adopt_spec, create_study
from hpo.training import Completed, EpochReport, Learned, Paused, Pruned, Verdict

SPACE = {
    "study": "swept",
    "data": "digits",
    "model": {"simple_cnn": {"depth": {"int": [1, 3]}, "filters": 4, "dropout": {"float": [0.0, 0.5]}}},
    "training": {
        "epochs": 3,
        "learning_rate": {"float": [1e-3, 1e-1], "log": True},
        "optimizer": {"choice": {"adam": None, "sgd": {"momentum": {"float": [0.0, 0.9]}}}},
    },
    "search": {"backend": "wandb", "method": "random", "project": "tests", "trials": 4},
}
SMALL = {
    "study": "small",
    "data": "digits",
    "model": {"simple_cnn": {"filters": 4}},
    "training": {
        "epochs": 1,
        "optimizer": {
            "choice": {"adam": None, "sgd": {"momentum": {"choice": [0.5, 0.9]}, "nesterov": {"choice": [True, False]}}}
        },
    },
    "search": {"backend": "wandb", "method": "grid", "project": "tests", "trials": 20},
}


@pytest.fixture(autouse=True)
def quick_heartbeats(monkeypatch):
    monkeypatch.setattr(agents, "BEAT_S", 0.05)
    monkeypatch.setattr(searches, "_FIRST_WAIT_S", 0.05)
    monkeypatch.setattr(searches, "ARRIVAL_S", 0.0)


@pytest.fixture
def make_study(tmp_path, wandb_server, monkeypatch):
    """Creates a study and its sweep, which is opened in this process to save the start of another."""
    monkeypatch.setattr(sweeps, "ask", lambda _, request, **options: sweeps.open_sweep(request, print))

    def make(document=SPACE, *changes):
        study = create_study(spec_of(document, "values", changes), tmp_path / "studies")
        prepare_search(study)
        return study

    return make


def find_sweep(server, study):
    entity, project, name = study.ledger.sweep["path"].split("/")
    assert (server.sweeps[name].entity, server.sweeps[name].project) == (entity, project)
    return server.sweeps[name]


def complete(trial, server, value=0.5):
    """End a trial as a worker does, and its run as what mirrors it does."""
    run = TrialLedger(trial._trial.user_attrs).run
    learned = Learned(value, 1, value, {"parameters": 1000}, 10.0, {"val_accuracy": [value]})
    trial.tell(Completed(learned, (value,), lambda path: None))
    if run is not None:
        remote = server.runs[run["id"]]
        remote.state, remote.summary = "finished", {"val_accuracy": value}


def wait_until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_sweep_of_a_study_is_what_its_file_says(make_study, wandb_server):
    study = make_study(SPACE, "search.early_terminate={min_iter: 1}")
    config = yaml.safe_load(find_sweep(wandb_server, study).config)
    assert config["metric"] == {"name": "val_accuracy", "goal": "maximize"}
    assert config["early_terminate"] == {"type": "hyperband", "min_iter": 1, "eta": 3, "strict": False}
    assert (config["name"], config["method"], config["run_cap"]) == ("swept", "random", 4)
    assert config["parameters"]["learning_rate"] == {"distribution": "log_uniform_values", "min": 0.001, "max": 0.1}
    assert config["parameters"]["optimizer"] == {"values": ["adam", "sgd"]}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("method", ["random", "bayes"])
def test_each_run_of_the_sweep_is_a_trial_with_its_active_parameters_until_the_budget_is_spent(
    make_study, wandb_server, method
):
    study = make_study(SPACE, f"search.method={method}")
    search = open_backend(study, "host:1")
    for number in range(4):
        trial = search.ask(4)
        run = TrialLedger(study.frozen_trials()[number].user_attrs).run
        assert (trial.number, run["sweep"]) == (number, study.ledger.sweep["path"])
        remote = wandb_server.runs[run["id"]]
        assert {name: arg["value"] for name, arg in remote.arguments.items()} == pytest.approx(run["args"])
        assert study.spec.space.fill(lambda parameter: trial.params[parameter.name])[1] == trial.params  # noqa: B023
        assert run["inactive"] == ([] if trial.params["optimizer"] == "sgd" else ["optimizer.sgd.momentum"])
        complete(trial, wandb_server, number / 4)
    assert search.ask(4) is None
    assert study.spent == "trials"
    assert len(wandb_server.runs) == 4


def test_a_config_is_trained_once_and_the_runs_that_repeat_it_are_recorded(make_study, wandb_server):
    study = make_study(SMALL)
    search = open_backend(study, "host:1")
    while (trial := search.ask(20)) is not None:
        complete(trial, wandb_server)
    assert [trial.params["optimizer"] for trial in study.trials()].count("adam") == 1
    assert len(study.trials()) == 5
    adam = next(trial.number for trial in study.trials() if trial.params["optimizer"] == "adam")
    # Of the 8 points of the grid, 4 have no other config; the study does not ask for more when all are tried.
    repeats = study.ledger.duplicate_runs
    assert len(wandb_server.runs) == 5 + len(repeats)
    assert {repeat["trial"] for repeat in repeats.values()} == {adam}
    assert repeats.keys() <= wandb_server.runs.keys()
    assert study.spent == "space"


def test_what_costs_the_budget_nothing_does_not_cost_the_sweep_its_runs(make_study, wandb_server):
    study = make_study(SMALL, "search.trials=4", "search.method=random")
    search = open_backend(study, "host:1")
    for _ in range(4):
        complete(search.ask(4), wandb_server)
    sweep = find_sweep(wandb_server, study)
    assert yaml.safe_load(sweep.config)["run_cap"] <= 4 + len(study.ledger.duplicate_runs)
    assert search.ask(4) is None
    assert study.budget.used == 4


def test_a_trial_that_was_given_back_goes_on_with_its_run_before_the_sweep_is_asked(make_study, wandb_server):
    study = make_study()
    trial = open_backend(study, "host:1").ask(4)
    trial.tell(Paused())
    other = open_backend(study, "host:2")
    again = other.ask(4)
    assert (again.number, again.params, again.attempt) == (trial.number, trial.params, 2)
    run = TrialLedger(study.frozen_trials()[0].user_attrs).run["id"]
    assert list(wandb_server.runs) == [run]
    wait_until(
        lambda: any(op == "Heartbeat" and run in variables["runState"] for op, variables in wandb_server.requests)
    )
    complete(again, wandb_server)


def test_what_the_file_starts_from_is_trained_first_and_is_no_run_of_the_sweep(make_study, wandb_server):
    start = {"simple_cnn.depth": 2, "simple_cnn.dropout": 0.1}
    study = make_study({**SPACE, "start_from": [start]})
    search = open_backend(study, "host:1")
    trial = search.ask(4)
    assert {name: trial.params[name] for name in start} == start
    assert not wandb_server.runs
    complete(trial, wandb_server)
    search.ask(4)
    assert len(wandb_server.runs) == 1


def test_a_run_that_is_stopped_in_wandb_is_pruned(make_study, wandb_server):
    study = make_study()
    search = open_backend(study, "host:1")
    trial = search.ask(4)
    assert trial.report(EpochReport(1, 3, 0.25, 10.0)) is Verdict.CONTINUE
    (run,) = wandb_server.runs.values()
    run.should_stop = True
    wait_until(lambda: search._agent.is_stopped)
    assert trial.report(EpochReport(2, 3, 0.25, 10.0)) is Verdict.PRUNE
    trial.tell(Pruned(Learned(0.25, 1, 0.25, {}, 10.0, {"val_accuracy": [0.25, 0.25]})))
    assert search.ask(4).report(EpochReport(1, 3, 0.25, 10.0)) is Verdict.CONTINUE


def test_a_sweep_that_is_paused_pauses_the_study_wherever_it_is_worked_on(make_study, wandb_server):
    study = make_study()
    search = open_backend(study, "host:1")
    complete(search.ask(4), wandb_server)
    find_sweep(wandb_server, study).state = "PAUSED"
    assert search.ask(4) == NoTrial("paused")
    assert study.ledger.pause.endswith(f"the sweep is paused in W&B ({study.ledger.sweep['path']})")
    with pytest.raises(UserError, match="wandb sweep --resume loopback/tests/"):
        prepare_search(study)
    find_sweep(wandb_server, study).state = "RUNNING"
    prepare_search(study)
    assert search.ask(4) is not None


def test_a_sweep_that_is_stopped_ends_the_study_and_goes_on_when_it_does(make_study, wandb_server):
    study = make_study()
    search = open_backend(study, "host:1")
    trial = search.ask(4)
    find_sweep(wandb_server, study).state = "FINISHED"
    assert trial.report(EpochReport(1, 3, 0.25, 10.0)) is Verdict.CONTINUE
    complete(trial, wandb_server)
    assert search.ask(4) is None
    assert study.budget.remaining == 0
    find_sweep(wandb_server, study).state = "RUNNING"
    prepare_search(study)
    assert search.ask(4).number == 1


def test_a_sweep_that_is_cancelled_prunes_what_runs_and_ends_the_study(make_study, wandb_server):
    study = make_study()
    searches = [open_backend(study, f"host:{number}") for number in range(2)]
    trials = [search.ask(4) for search in searches]
    find_sweep(wandb_server, study).state = "CANCELED"
    wait_until(lambda: all(search._agent.is_stopped for search in searches))
    for trial in trials:
        assert trial.report(EpochReport(1, 3, 0.25, 10.0)) is Verdict.PRUNE
        trial.tell(Pruned(Learned(0.25, 1, 0.25, {}, 10.0, {"val_accuracy": [0.25]})))
    assert searches[0].ask(4) is None
    assert study.budget.remaining == 0


def test_a_study_goes_on_with_its_sweep_whose_cap_follows_the_budget(make_study, wandb_server):
    study = make_study(SPACE, "search.trials=1")
    complete(open_backend(study, "host:1").ask(1), wandb_server)
    sweep = find_sweep(wandb_server, study)
    sweep.state = "FINISHED"
    study.raise_budget({"trials": 3})
    prepare_search(study)
    assert len(wandb_server.sweeps) == 1
    assert (yaml.safe_load(sweep.config)["run_cap"], sweep.state) == (3, "RUNNING")
    assert open_backend(study, "host:1").ask(3).number == 1


def test_a_sweep_that_was_deleted_ends_the_study_and_is_created_anew_when_it_goes_on(make_study, wandb_server):
    study = make_study()
    search = open_backend(study, "host:1")
    complete(search.ask(4), wandb_server)
    wandb_server.sweeps.clear()
    assert search.ask(4) is None
    prepare_search(study)
    assert len(wandb_server.sweeps) == 1
    assert open_backend(study, "host:1").ask(4).number == 1


def test_while_the_server_is_away_a_worker_waits_and_goes_on_when_it_answers(
    make_study, wandb_server, caplog, monkeypatch
):
    study = make_study()
    monkeypatch.setattr(servers, "TIMEOUT", 2)
    search = open_backend(study, "host:1")
    caplog.set_level("INFO", "hpo.search")
    answers = []
    with wandb_server.fail("Heartbeat", "CreateAgent", status=503):
        thread = threading.Thread(target=lambda: answers.append(search.ask(4)))
        thread.start()
        wait_until(lambda: "waiting for W&B since" in caplog.text)
        assert not answers
    thread.join(60)
    assert answers[0].number == 0
    assert "W&B answers again" in caplog.text


def test_a_server_that_stays_away_pauses_the_study(make_study, wandb_server, monkeypatch):
    study = make_study()
    monkeypatch.setattr(searches, "PATIENCE_S", 0.1)
    monkeypatch.setattr(servers, "TIMEOUT", 2)
    with wandb_server.refusing():
        assert open_backend(study, "host:1").ask(4) == NoTrial("paused")
    assert "the server of W&B does not answer" in study.ledger.pause


def test_where_the_client_has_ended_a_heartbeat_ends_and_who_asks_is_told(make_study, wandb_server, monkeypatch):
    """A thread that raises fails a test."""
    study = make_study()
    monkeypatch.setattr(agents, "BEAT_S", 0.1)
    server, path = servers.SweepServer(), study.ledger.sweep["path"]
    agent = agents.SweepAgent(server, path, "host:1")
    others = set(threading.enumerate())
    agent.begin(agent.next_run().id)
    (beating,) = (thread for thread in set(threading.enumerate()) - others if "_keep_beating" in thread.name)
    wandb.teardown()
    with pytest.raises(servers.ClientEndedError):
        server.read(path)
    beating.join(20)
    assert not beating.is_alive()


def test_a_worker_that_is_told_to_stop_does_not_wait_for_the_server(make_study, wandb_server):
    study = make_study()
    with wandb_server.refusing():
        study.storage.patience.is_stopped = lambda: True
        assert open_backend(study, "host:1").ask(4) == NoTrial("stopped")


def test_without_a_key_the_error_says_in_one_line_what_to_set(make_study, wandb_server, monkeypatch):
    from wandb.sdk.lib.wbauth import unauthenticate_session

    monkeypatch.delenv("WANDB_API_KEY")
    unauthenticate_session(update_settings=True)  # what an earlier test has signed in, in this process
    with pytest.raises(UserError, match=r"Received none that can be used\. Set WANDB_API_KEY, or type `wandb login`"):
        make_study()


def test_a_key_that_the_server_refuses_is_told_and_not_shown(make_study, wandb_server):
    with wandb_server.fail(status=401), pytest.raises(UserError, match="Received the status 401") as caught:
        make_study()
    assert not any(key in str(caught.value) for key in wandb_server.keys)


@pytest.mark.parametrize(("method", "waits"), [("bayes", True), ("random", False)])
def test_a_search_that_learns_asks_for_a_run_when_the_last_result_has_arrived(
    make_study, wandb_server, monkeypatch, method, waits
):
    monkeypatch.setattr(searches, "ARRIVAL_S", 60.0)
    study = make_study(SPACE, f"search.method={method}")
    search, answers = open_backend(study, "host:1"), []
    complete(search.ask(4), wandb_server)
    thread = threading.Thread(target=lambda: answers.append(search.ask(4)))
    thread.start()
    thread.join(1.0 if waits else 60)
    assert len(wandb_server.runs) == (1 if waits else 2)
    study.ledger.set_tracked(0, {"wandb": {"state": "complete"}})
    thread.join(60)
    assert answers[0].number == 1


def test_a_study_whose_budget_is_spent_by_others_asks_for_no_run(make_study, wandb_server):
    study = make_study(SPACE, "search.trials=1")
    first, second = (open_backend(study, f"host:{number}") for number in range(2))
    trial = first.ask(1)
    assert second.ask(1) is None
    complete(trial, wandb_server)
    assert len(wandb_server.runs) == 1
    assert claim(study, second, lambda: False).reason in ("trials", "paused")


@pytest.mark.parametrize(
    ("rule", "reason"), [("target=0.9", "has reached the target"), ("no_improvement=1", "1 trials have ended since")]
)
def test_a_rule_that_ends_the_study_asks_for_no_run_and_the_sweep_goes_on_without_it(
    make_study, wandb_server, rule, reason
):
    study = make_study(SPACE, f"search.stop.{rule}")
    first, second = (open_backend(study, f"host:{number}") for number in range(2))
    complete(first.ask(4), wandb_server, 0.95)
    if rule != "target=0.9":
        complete(first.ask(4), wandb_server, 0.5)
    asked, trials = len(wandb_server.runs), len(study.trials())
    for backend in (first, second):
        assert backend.ask(4) is None
        with study.place.lock():
            assert claim(study, backend, lambda: False) == NoTrial("stop")
    assert (len(wandb_server.runs), len(study.trials())) == (asked, trials)
    assert reason in study.budget.end
    adopt_spec(study, spec_of({**SPACE, "search": {**SPACE["search"], "stop": {}}}, "values"))
    prepare_search(study)
    trial = open_backend(study, "host:3").ask(4)
    assert trial.number == trials
    complete(trial, wandb_server)
