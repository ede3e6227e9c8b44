"""A study: what it holds, and what it says of itself."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from datetime import datetime

import pytest

from hpo.errors import DataError, StudyConflictError, StudyNotFoundError, UserError
from hpo.processes.environment import engine_environment
from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import load
from hpo.studies import ActiveStudy, StudyAddress, StudyRecord, TrialLedger, create_study, study_names
from hpo.studies.store.attempts import EndedAttempt
from hpo.training import EpochReport


def test_a_created_study_is_opened_by_its_folder_alone(make_study, studies, spec):
    make_study()
    study = StudyRecord(StudyAddress.in_folder(studies / "small"))
    assert study.name == "small"
    assert study.spec == spec()
    assert study.trials() == []
    assert study.best is None
    assert study.test_score is None
    assert study.unscored() == []


def test_creating_what_exists_opens_it(make_study, add_trials):
    add_trials(make_study(), 0.5)
    assert len(make_study().trials()) == 1


def test_a_study_that_is_not_there_is_reported_with_those_that_are(make_study, studies):
    make_study()
    make_study("study=another")
    with pytest.raises(StudyNotFoundError, match="there are another, small"):
        StudyRecord(StudyAddress.in_folder(studies / "x"))
    with pytest.raises(StudyNotFoundError, match="did you mean 'small'") as caught:
        StudyRecord(StudyAddress.in_folder(studies / "smal"))
    assert "study smal:" in str(caught.value)
    assert not (studies / "smal").exists()


def test_an_empty_folder_says_that_there_is_no_study_yet(studies):
    with pytest.raises(StudyNotFoundError, match="there is none yet"):
        StudyRecord(StudyAddress.in_folder(studies / "small"))


def test_names_are_those_of_the_folders_that_hold_a_study(make_study, studies):
    assert study_names(studies) == []
    make_study("study=b")
    make_study("study=a")
    (studies / "no-study").mkdir()
    assert study_names(studies) == ["a", "b"]


@pytest.mark.parametrize(
    "overrides", [("search.trials=50",), ("search.timeout=2h",), ("search.trials=9", "search.timeout=60")]
)
def test_only_the_budget_may_change(make_study, overrides):
    make_study()
    assert make_study(*overrides).name == "small"


@pytest.mark.parametrize(
    ("override", "difference"),
    [
        ("training.epochs=3", "training.epochs (was 2, is 3)"),
        ("model.dense_units={choice: [8, 16]}", 'model.dense_units (was 8, is {"choice": [8, 16]})'),
        ("seed=1", "seed (was 0, is 1)"),
        ("objective.metric=val_loss", 'objective.metric (was "val_accuracy", is "val_loss")'),
        ("search.sampler=tpe", 'search.sampler.name (was "random", is "tpe")'),
        ("data.augmentation={flip: horizontal}", 'data.augmentation (was null, is {"flip": "horizontal"})'),
    ],
)
def test_a_conflict_names_the_path_that_differs(make_study, add_trials, override, difference):
    add_trials(make_study(), 0.5)
    with pytest.raises(StudyConflictError) as caught:
        make_study(override)
    assert difference in str(caught.value)
    assert "--set study=NAME" in str(caught.value)


def test_a_conflict_names_exactly_the_paths_that_differ(make_study, add_trials):
    add_trials(make_study(), 0.5)
    with pytest.raises(StudyConflictError) as caught:
        make_study("training.epochs=3", "training.batch_size=64", "search.trials=9")
    assert "differs in training.epochs (was 2, is 3); training.batch_size (was 128, is 64). " in str(caught.value)


def test_a_study_without_trials_is_made_anew_where_its_file_changed(make_study):
    make_study()
    study = make_study("training.epochs=3", "objective.metric=val_loss", "search.trials=7")
    assert study.spec.document["training"]["epochs"] == 3
    assert study.optuna_study.direction.name == "MINIMIZE"
    assert study.budget.trials == 7
    with sqlite3.connect(study.address.database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_where_the_data_lies_may_change(add_trials, tmp_path, studies):
    file = tmp_path / "photos.yaml"
    file.write_text("data: {dataset: folder, path: photos}\nmodel: simple_cnn\n")
    (tmp_path / "photos").mkdir()
    add_trials(create_study(load(file), studies), 0.5)
    (tmp_path / "photos").rename(tmp_path / "moved")
    again = create_study(load(file, [f"data.path={tmp_path / 'moved'}"]), studies)
    assert again.spec.config({}).data.path == tmp_path / "moved"
    (tmp_path / "names.json").write_text('{"cat": "pet"}')
    others = [f"data.path={tmp_path / 'moved'}", f"data.relabel={tmp_path / 'names.json'}", "data.cache=stream"]
    kept = create_study(load(file, others), studies)
    assert kept.spec.config({}).data.cache == "stream"  # whether the images are the same, their fingerprint tells
    assert len(again.trials()) == 1


def test_a_file_sets_the_budget_and_its_absence(make_study):
    assert make_study("search.trials=9", "search.timeout=60").budget.timeout_s == 60
    assert make_study("search.trials=3").budget.timeout_s is None
    assert make_study("search.trials=3").budget.trials == 3


def test_a_conflict_changes_nothing(make_study, add_trials):
    study = make_study()
    add_trials(study, 0.5)
    with pytest.raises(StudyConflictError):
        make_study("training.epochs=3", "search.trials=9")
    assert study.budget.trials == 2


def test_defaults_spelled_out_are_no_difference(make_study):
    make_study()
    assert make_study("engine=tensorflow", "seed=0", "objective.metric=val_accuracy").name == "small"


def test_a_budget_is_a_total_that_is_raised_and_kept(make_study, add_trials, studies):
    study = make_study("search.trials=3")
    add_trials(study, 0.5, "failed", "pruned")
    assert (study.budget.trials, study.budget.used, study.budget.remaining) == (3, 3, 0)
    study.raise_budget({"trials": 5})
    assert (study.budget.trials, study.budget.timeout_s) == (5, None)
    study.raise_budget({"timeout": 60.0})
    again = ActiveStudy(StudyAddress.in_folder(studies / "small"))
    assert (again.budget.trials, again.budget.timeout_s, again.budget.remaining) == (5, 60.0, 2)


def test_a_running_trial_uses_the_budget_and_a_waiting_one_does_not(make_study, add_trials):
    study = make_study("search.trials=3")
    add_trials(study, "running", "waiting", 0.5)
    assert (study.budget.used, study.budget.remaining) == (2, 1)


@pytest.mark.parametrize(("trials", "timeout"), [(0, None), (-1, None), (1, None), (None, 0.0), (None, -5.0)])
def test_resuming_never_lowers_a_budget(make_study, trials, timeout):
    study = make_study()
    with pytest.raises(UserError, match="a budget is a total, and resuming raises it"):
        study.raise_budget({"trials": trials, "timeout": timeout})
    assert study.budget.trials == 2


def test_worked_time_is_counted_over_sessions_and_ends_the_budget(make_study):
    study = make_study("search.timeout=100")
    clock = iter([0.0, 0.0, 60.0, 1000.0, 1000.0, 1050.0]).__next__
    with study.session(clock):
        pass
    assert (study.budget.worked_s, study.budget.remaining) == (60.0, 2)
    assert study.state == "paused"
    with study.session(clock):
        pass
    assert (study.budget.worked_s, study.budget.remaining) == (110.0, 0)
    assert study.state == "finished"


def test_a_space_of_one_config_is_worked_once(tmp_path, studies):
    from hpo.spaces import load

    path = tmp_path / "one.yaml"
    path.write_text("data: {dataset: digits}\nmodel: {family: simple_cnn}\n")
    assert create_study(load(path), studies).budget.trials == 1


def test_each_session_records_its_environment(make_study):
    study = make_study()
    with study.session() as session:
        session.set_device("gpu: a good one")
    with study.session():
        pass
    first, second = study.environments()
    assert first["device"] == "gpu: a good one"
    assert "device" not in second
    for environment in (first, second):
        assert {"python", "keras", "tensorflow", "optuna", "numpy", "platform", "host", "cpus"} <= set(environment)
        assert environment["worked_s"] >= 0
        assert datetime.fromisoformat(environment["started"]).tzinfo is not None


def test_a_session_that_ends_in_an_error_is_counted(make_study):
    study = make_study()
    with pytest.raises(RuntimeError), study.session():
        raise RuntimeError
    assert len(study.environments()) == 1


@pytest.mark.parametrize(
    ("metric", "best", "cases"),
    [
        ("val_accuracy", 1, {(9, 0.95): True, (0, 0.9): True, (9, 0.9): False, (9, 0.5): False}),
        ("val_loss", 2, {(9, 0.1): True, (0, 0.2): True, (9, 0.2): False, (9, 0.5): False}),
    ],
)
def test_the_best_follows_the_direction_and_of_equals_is_the_earlier(make_study, add_trials, metric, best, cases):
    study = make_study(f"objective.metric={metric}")
    assert study.would_join_front(0, (0.0,))
    add_trials(study, 0.5, 0.9, 0.2, 0.9, 0.2, "pruned", "failed", "waiting")
    assert study.best.number == best
    assert {case: study.would_join_front(case[0], case[1:]) for case in cases} == cases


def test_the_best_has_the_config_that_it_trained(make_study, add_trials):
    study = make_study()
    (trial,) = add_trials(study, 0.5)
    best = study.best
    assert best.params == trial.params
    assert {section: best.config[section] for section in ("data", "model", "training")} == trial.config.tree
    assert best.config["objective"] == {"metric": "val_accuracy", "direction": "maximize"}
    assert (best.value, best.best_epoch, best.last_value, best.measures) == (0.5, 1, 0.5, {"parameters": 100})


def test_a_trial_as_json_has_exactly_these_keys(make_study, add_trials):
    study = make_study()
    add_trials(study, 0.5, "failed", "running")
    records = [record.to_json() for record in study.trials()]
    for record in records:
        assert list(record) == [
            *("number", "state", "values", "params", "epochs", "duration_s"),
            *("started", "finished", "worker", "attempts", "cause", "outside"),
        ]
    assert json.loads(json.dumps(records)) == records
    complete, failed, running = records
    assert (complete["state"], complete["values"], complete["epochs"], complete["attempts"]) == (
        "complete",
        [0.5],
        1,
        1,
    )
    assert complete["duration_s"] >= 0
    assert datetime.fromisoformat(complete["started"]).tzinfo is not None
    assert (failed["state"], failed["values"], failed["cause"]) == ("failed", None, "nan_loss: in epoch 1")
    assert (running["finished"], running["duration_s"], running["worker"]) == (None, None, "host:1")


def test_a_summary_has_the_keys_that_programs_rely_on(make_study, add_trials, studies):
    study = make_study("search.trials=9")
    empty = study.summary()
    assert empty["best"] is None
    add_trials(study, 0.5, 0.75, "failed", "pruned", "running", "waiting")
    summary = study.summary()
    assert {"study", "state", "objectives", "trials", "budget", "best", "storage", "files"} <= set(summary)
    assert summary["study"] == "small"
    assert summary["objectives"] == [{"metric": "val_accuracy", "direction": "maximize"}]
    assert summary["trials"] == {
        **{"complete": 2, "pruned": 1, "failed": 1, "running": 1, "waiting": 1, "infeasible": 0}
    }
    assert (summary["budget"]["trials"], summary["budget"]["used"]) == (9, 5)
    assert summary["best"] == {"number": 1, "values": [0.75], "params": study.trials()[1].params, "classes": []}
    assert summary["storage"] == f"sqlite:///{studies / 'small' / 'study.db'}"
    assert summary["files"] == str(studies / "small")
    assert json.loads(json.dumps(summary)) == summary


def test_a_study_is_running_while_it_is_held_then_paused_and_at_last_finished(make_study, add_trials):
    study = make_study()
    assert study.state == "paused"
    with study.place.lock():
        assert study.state == "running"
    add_trials(study, 0.5)
    assert study.state == "paused"
    add_trials(study, 0.5)
    assert study.state == "finished"


@pytest.mark.parametrize("loss", ["started = 1.0", "until = 1.0"], ids=["its process has ended", "it is silent"])
def test_a_trial_runs_as_long_as_its_worker_does_whoever_looks(make_study, add_trials, loss):
    study = make_study("search.trials=2")
    add_trials(study, 0.5, "running")
    seen = StudyRecord(study.address)
    assert (seen.counts()["running"], seen.counts()["waiting"], seen.budget.used) == (1, 0, 2)
    with study.storage.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE hpo_leases SET {loss}")  # noqa: S608
    assert (seen.counts()["running"], seen.counts()["waiting"]) == (0, 1)
    assert [trial.state for trial in seen.trials()] == ["complete", "waiting"]
    assert (seen.state, seen.budget.used, seen.spent) == ("paused", 1, None)
    assert seen.summary()["trials"]["waiting"] == 1


def test_the_trials_of_a_worker_that_has_ended_wait_with_all_that_is_known_of_them(make_study, add_trials):
    study = make_study()
    first, _ = add_trials(study, "running", 0.5)
    assert study.end_attempts_of("host:1", "worker_died: signal 9") == [
        EndedAttempt(0, 1, "waiting", "worker_died: signal 9")
    ]
    record = study.trials()[0]
    assert (record.state, record.params, record.epochs, record.cause) == ("waiting", first.params, 1, None)
    assert study.end_attempts_of("host:1", "worker_died: signal 9") == []


def test_only_the_running_trials_of_the_dead_worker_are_given_back(make_study, add_trials):
    study = make_study()
    add_trials(study, "running", 0.5, worker="host:1")
    add_trials(study, "running", worker="host:2")
    assert [ended.number for ended in study.end_attempts_of("host:1", "worker_died: signal 9")] == [0]
    assert [trial.state for trial in study.trials()] == ["waiting", "complete", "running"]


def test_a_trial_fails_once_it_has_killed_more_workers_in_a_row_than_it_is_retried_without_a_new_epoch(make_study):
    study = make_study()
    search = OptunaSearch(study, "host:1")
    states = []
    for epochs in (0, 2, 2, 1, 2):
        trial = search.ask()
        for epoch in range(1, epochs + 1):
            trial.report(EpochReport(epoch, 9, 0.5, 10.0))
        (ended,) = study.end_attempts_of("host:1", "worker_died: signal 9", log="line\n" * 100)
        states.append(ended.state)
    assert states == ["waiting"] * 4 + ["failed"]
    record = study.trials()[0]
    assert (record.state, record.attempts, record.cause) == ("failed", 5, "worker_died: signal 9")
    entries = TrialLedger(study.frozen_trials()[0].user_attrs).attempt_entries
    assert list(entries) == [1, 2, 3, 4, 5]
    assert all(entry["worker"] == "host:1" and entry["cause"] == "worker_died: signal 9" for entry in entries.values())
    assert all(
        entry["started"] <= entry["ended"] and entry["log"] == "\n".join(["line"] * 50) for entry in entries.values()
    )


def test_a_score_belongs_to_the_best_trial_alone(make_study, add_trials):
    study = make_study()
    add_trials(study, 0.5)
    assert study.unscored() == []  # no model was kept
    study.files.models.put(0, lambda path: path.write_bytes(b"model"))
    assert study.unscored() == [0]
    study.record_test_score(0, 0.8, 0.4)
    assert study.test_score == {"trial": 0, "accuracy": 0.8, "loss": 0.4}
    assert study.unscored() == []
    add_trials(study, 0.9)
    study.files.models.put(1, lambda path: path.write_bytes(b"model"))
    assert study.test_score is None
    assert study.unscored() == [1]


def test_data_that_has_no_test_part_is_scored_once(make_study, add_trials):
    study = make_study()
    add_trials(study, 0.5)
    study.files.models.put(0, lambda path: path.write_bytes(b"model"))
    study.record_test_score(0, None, None)
    assert study.unscored() == []
    assert study.test_score == {"trial": 0, "accuracy": None, "loss": None}


def test_data_that_changed_is_refused(make_study, studies):
    study = make_study()
    study.confirm_fingerprint("digits", "a" * 64)
    study.confirm_fingerprint("digits", "a" * 64)
    study.confirm_fingerprint("digits, larger", "b" * 64)
    again = ActiveStudy(StudyAddress.in_folder(studies / "small"))
    with pytest.raises(DataError, match="the data stays the same from trial to trial") as caught:
        again.confirm_fingerprint("digits", "c" * 64)
    assert "cccccccccccc, not aaaaaaaaaaaa" in str(caught.value)


def test_studies_import_no_engine():
    code = (
        "import sys, hpo.studies; "
        "sys.exit(', '.join({'tensorflow', 'keras', 'jax', 'torch', 'optuna'} & set(sys.modules)) or 0)"
    )
    found = subprocess.run([sys.executable, "-c", code], env=engine_environment(1), capture_output=True, check=False)
    assert found.returncode == 0, found.stderr
