"""What is left of a run on the standard output, and what of it a report that cannot be written costs."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest
import yaml

from hpo.analysis import write_report
from hpo.cli.commands.run import _advise
from hpo.cli.terminal.output import OutputLost, guard_streams
from hpo.cli.texts import result
from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import load
from hpo.studies import create_study
from hpo.training import Completed, EpochReport, Learned


@pytest.fixture
def make_study(small_space, studies):
    """Creates the small study, with changes to its file and so many complete trials."""

    def make(*overrides, trials=1):
        study = create_study(load(small_space, overrides), studies)
        search = OptunaSearch(study, "host:1")
        for _ in range(trials):
            trial = search.ask()
            trial.report(EpochReport(1, 1, 0.5, 10.0))
            learned = Learned(0.5, 1, 0.5, {}, 10.0, {"loss": [1.0]})
            trial.tell(Completed(learned, (0.5,), lambda path: None))
        return study

    return make


def test_the_best_config_comes_before_the_report_which_is_named_behind_it(make_study, capsys):
    study = make_study()
    result.print_result(study, as_json=False)
    out, err = capsys.readouterr()
    assert out.startswith("# The best config of study small\n")
    assert out.splitlines()[-1] == f"# report  {study.files.reports / 'report.html'}"
    assert yaml.safe_load(out) == study.best.config
    assert err == ""


def test_the_last_lines_say_where_trackers_show_the_trials(make_study, monkeypatch, capsys):
    for name in ("WANDB_MODE", "WANDB_PROJECT", "WANDB_ENTITY", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://user:hush@host:5000")
    trackers = ["mlflow=true", "tensorboard=true", "wandb={project: cnn, entity: team}"]
    study = make_study(*(f"tracking.{tracker}" for tracker in trackers))
    result.print_result(study, as_json=False)
    out = capsys.readouterr().out
    folder = study.files.path
    assert out.splitlines()[-3:] == [
        "# trackers  MLflow, http://***@host:5000, experiment small",
        f"# trackers  tensorboard --logdir {folder / 'tensorboard'}",
        "# trackers  W&B, project team/cnn, group small",
    ]
    assert yaml.safe_load(out) == study.best.config
    monkeypatch.setenv("WANDB_MODE", "offline")
    result.print_result(study, as_json=False)
    assert f"# trackers  wandb sync {folder / 'wandb'}/offline-run-*" in capsys.readouterr().out


def put_a_file_in_its_place(study):
    study.files.reports.write_text("a file")
    return write_report(study)


def fill_the_disk(study):
    study.files.reports.symlink_to("/dev/full")
    return write_report(study)


def terminate(study):
    os.kill(os.getpid(), signal.SIGTERM)


def interrupt(study):
    os.kill(os.getpid(), signal.SIGINT)


def interrupt_twice(study):
    try:
        os.kill(os.getpid(), signal.SIGINT)
    finally:
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("write", [put_a_file_in_its_place, fill_the_disk, terminate, interrupt, interrupt_twice])
def test_a_report_that_cannot_be_written_costs_a_line(make_study, capsys, write, as_json):
    study = make_study()
    result.print_result(study, as_json=as_json, write_report=write)
    out, err = capsys.readouterr()
    if as_json:
        assert json.loads(out)["report"] is None
        assert json.loads(out)["config"] == study.best.config
    else:
        assert yaml.safe_load(out) == study.best.config
        assert "# report" not in out
    (line,) = err.splitlines()
    assert line.startswith("hpo: no report was written: ")
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_the_report_is_written_though_nobody_reads_the_config(make_study, monkeypatch):
    study = make_study()
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with guard_streams(), pytest.raises(OutputLost):
            result.print_result(study, as_json=False)
    assert (study.files.reports / "report.html").is_file()


def test_a_planted_link_is_not_followed(make_study, tmp_path):
    study = make_study()
    victim = tmp_path / "victim"
    victim.write_text("precious")
    study.files.reports.mkdir()
    for name in ("report.partial", "report.html"):
        (study.files.reports / name).symlink_to(victim)
    result.print_result(study, as_json=True)
    assert victim.read_text() == "precious"
    assert not (study.files.reports / "report.html").is_symlink()


def test_a_model_that_was_removed_by_hand_is_gone_and_not_beaten(make_study, capsys):
    study = make_study()
    result.print_result(study, as_json=False)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("# model")]
    assert "trial-0.keras is gone; `hpo run` of this file trains it again" in line
    assert "outside" not in line


def test_a_model_that_cannot_be_loaded_is_told_with_its_cause(make_study, capsys):
    study = make_study()
    study.record_test_score(0, None, None, error="it cannot be loaded: damaged\x1b[2J")
    result.print_result(study, as_json=False)
    assert "# test               not evaluated: it cannot be loaded: damaged\\x1b[2J\n" in capsys.readouterr().out
    assert "not evaluated: it cannot be loaded" in Path(study.files.reports, "report.html").read_text()


FINITE = ["model=simple_cnn", "training={epochs: 1, learning_rate: {choice: [0.1, 0.2]}}", "search.sampler=grid"]


@pytest.mark.parametrize(
    ("overrides", "worked", "spent", "advice"),
    [
        ([], 0, "trials", "--trials N` raises it to N in all"),
        (["search.trials=9", "search.timeout=60"], 61, "timeout", "--timeout TIME` raises that to TIME in all"),
        ([*FINITE, "search.trials=9"], 0, "space", "--space FILE` goes on in a larger one"),
        ([*FINITE, "search.trials=2"], 0, "space", "--space FILE` goes on in a larger one"),
    ],
)
def test_advice_names_what_is_used_up(make_study, overrides, worked, spent, advice):
    study = make_study(*overrides, trials=2)
    with study.session() as session:
        session._started -= worked
    assert study.spent == spent
    text = _advise(study)
    assert text.startswith("Study small is finished: ")
    assert advice in text
    assert sum(word in text for word in ("--trials", "--timeout", "--space")) == 1
