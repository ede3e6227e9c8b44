"""A study as Python sees it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import hpo
from hpo.cli.app import run_command_line
from hpo.errors import MissingExtraError


@pytest.fixture
def opened(study):
    return hpo.open_study("small")


def test_trials_are_what_the_command_line_prints_as_json(opened, capsys):
    with pytest.raises(SystemExit) as ended:
        run_command_line(["trials", "small", "--json"])
    assert ended.value.code == 0
    assert json.loads(json.dumps(opened.trials())) == json.loads(capsys.readouterr().out)
    assert opened.trials()[0]["state"] == opened.trials()[0].state == "complete"
    with pytest.raises(AttributeError, match="a trial has number, state"):
        _ = opened.trials()[0].nothing


def test_pruned_trials_have_the_value_of_their_last_epoch(opened):
    assert [trial.values for trial in opened.trials()] == [[0.5], [0.25], [0.75], None, None]


def test_the_best_knows_where_its_model_is(opened):
    assert opened.best.model_path == Path("studies/small/artifacts/trial-2.keras").absolute()
    assert opened.summary()["model"] == str(opened.best.model_path)
    opened.best.model_path.unlink()
    assert opened.best.model_path is None
    assert opened.summary()["model"] is None


def test_show_tells_where_the_model_is(opened, capsys):
    with pytest.raises(SystemExit):
        run_command_line(["show", "small"])
    assert "model      studies/small/artifacts/trial-2.keras" in capsys.readouterr().out.splitlines()


def test_show_says_that_the_description_of_a_model_is_missing(opened, capsys):
    model = opened.best.model_path
    for has_description in (False, True):
        if has_description:
            score = {"name": "cat", "precision": 0.5, "recall": 0.5, "f1": 0.5, "images": 4, "predicted": 4}
            model.with_suffix(".json").write_text(json.dumps({"validation": {"classes": [score]}}))
        with pytest.raises(SystemExit):
            run_command_line(["show", "small"])
        text = " ".join(capsys.readouterr().out.split())  # wrapped to the terminal
        missing = "not known: studies/small/artifacts/trial-2.json, which describes the model, is missing"
        worst = "cat (F1 0.50): the worst of 1 on validation"
        assert f" classes {worst if has_description else missing} " in text


def test_show_says_why_trials_have_failed(opened, capsys):
    with pytest.raises(SystemExit):
        run_command_line(["show", "small"])
    causes = [trial["cause"] for trial in opened.trials() if trial["state"] == "failed"]
    assert causes
    assert f" failed 1 by {causes[0]} " in " ".join(capsys.readouterr().out.split())


def test_trials_are_a_table_of_pandas(opened):
    frame = opened.dataframe()
    assert list(frame["number"]) == [0, 1, 2, 3, 4]
    assert list(frame["state"]) == ["complete", "pruned", "complete", "failed", "waiting"]
    assert list(frame["value"][:3]) == [0.5, 0.25, 0.75]
    assert {"learning_rate", "optimizer", "depth"} <= set(frame.columns)
    assert frame["started"].dt.tz is not None


def test_learning_curves_have_a_row_an_epoch(opened):
    curves = opened.dataframe(learning_curves=True)
    first = curves[curves["number"] == 0]
    assert list(first["epoch"]) == [1, 2]
    assert list(first["val_accuracy"]) == [0.25, 0.5]
    assert list(first["loss"]) == [2.0, 1.0]
    assert set(curves["number"]) == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("outcomes", [[]])
def test_a_study_without_trials_gives_empty_tables(opened):
    assert opened.trials() == []
    assert len(opened.dataframe()) == len(opened.dataframe(learning_curves=True)) == 0
    assert "none yet" in opened._repr_html_()


def test_without_pandas_the_error_says_what_to_install(opened, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match="pip install pandas"):
        opened.dataframe()


def test_a_notebook_shows_figures_and_the_best_config(opened):
    html = opened._repr_html_()
    for text in ("Study small", "maximize val_accuracy", "0.7500", "learning_rate", "trial-2.keras"):
        assert text in html


def test_the_space_is_what_run_takes(opened):
    assert opened.space["search"]["trials"] == 4
    assert hpo.load(opened.space).name == "small"


def test_nothing_by_which_hpo_works_is_in_the_face(opened):
    public = {name for name in dir(opened) if not name.startswith("_")}
    assert public == {
        "address", "advise", "best", "budget", "card", "certainty", "conclusion", "confirmation", "costs", "counts",
        "dashboard", "dataframe", "diagnose", "environments", "estimate_end", "export", "folder", "front",
        "importances", "name", "path", "pause", "plot", "report", "reproduce", "space", "state", "summary", "tag",
        "tags", "test_score", "test_scores", "trials",
    }  # fmt: skip


def test_a_study_is_opened_by_a_path_and_says_what_it_is(study):
    opened = hpo.open_study(study.files.path)
    assert repr(opened) == f"<Study 'small', finished, in {str(study.files.path)!r}>"


def test_a_plot_is_a_figure_that_a_notebook_shows(opened):
    figure = opened.plot("history")
    assert list(figure.data[0].x) == [0, 2]
    assert "Plotly.newPlot" in figure._repr_html_()
    with pytest.raises(hpo.UserError, match=r"plot hypervolume: it needs two objectives, and the study has one"):
        opened.plot("hypervolume")


def test_plot_writes_what_can_be_drawn_and_says_what_cannot_and_why(opened, capsys, tmp_path):
    for options, names in (([], ["history", "edf"]), (["edf", "--format", "svg"], ["edf"])):
        with pytest.raises(SystemExit) as ended:
            run_command_line(["plot", "small", *options, "--output", str(tmp_path / "plots"), "--json"])
        assert ended.value.code == 0
        told = json.loads(capsys.readouterr().out)
        assert set(names) <= set(told["plots"])
        assert all(Path(path).stat().st_size > 1000 for path in told["plots"].values())
        assert ("hypervolume" in told["missing"]) == (not options)


def test_plot_refuses_a_plot_that_cannot_be_drawn_and_writes_nothing(opened, capsys, tmp_path):
    assert run_command_line(["plot", "small", "history", "pareto_front", "--output", str(tmp_path / "plots")]) == 2
    assert "plot pareto_front: it needs two objectives" in capsys.readouterr().err
    assert not (tmp_path / "plots").exists()
