"""The page says what is best and why, needs no network, and shows text as text."""

from __future__ import annotations

import re

import pytest

from hpo.analysis import (
    format_duration,
    format_parameters,
    format_score,
    format_value,
    format_worst_classes,
    render,
    write_report,
)
from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import to_yaml
from hpo.studies import ClassScore
from hpo.training import Cause, Completed, Learned


def test_the_page_shows_figures_plots_and_the_best_config(study):
    page = render(study)
    best = study.best
    assert f"{best.value:.4f}" in page
    assert "0.8750" in page  # the test accuracy
    assert page.count('class="plotly-graph-div"') == 3
    assert to_yaml(best.config).splitlines()[0] in page
    assert "30 complete, 1 pruned, 1 failed" in page


def test_the_page_loads_nothing_from_elsewhere(study):
    page = render(study)
    assert not re.search(r"<(script|link|img)[^>]*(src|href)=", page)
    assert "plotly.js v" in page


def test_text_of_trials_is_escaped(study):
    page = render(study)
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; broken" in page
    assert "<b>bold</b>" not in page


def test_a_trial_that_ended_early_is_shown_with_its_remark(empty_study):
    trial = OptunaSearch(empty_study, "host:1").ask()
    learned = Learned(0.75, 1, 0.75, {}, 100.0, {"loss": [1.0]})
    trial.tell(Completed(learned, (0.75,), lambda path: None, remark=Cause("nan_loss", "in epoch 2")))
    assert "ended early, its best epoch counts: nan_loss: in epoch 2" in render(empty_study)


def test_the_classes_of_the_best_trial_are_shown_the_worst_first_on_validation_and_test(study):
    page = render(study)
    table = page[page.index("Classes of the best trial") :]
    assert table.index("&lt;dog&gt;") < table.index("cat")
    for figure in ("0.3333", "0.1666", "0.8500", "0.4250"):
        assert figure in table
    assert "macro F1 0.8642" in page


def test_classes_are_told_in_a_line_the_worst_first(study):
    assert format_worst_classes(study.best.classes) == "<dog> (F1 0.33), cat (F1 0.85): the worst of 2 on validation"


def test_a_study_without_trials_has_a_page_that_says_so(empty_study):
    page = render(empty_study)
    assert "No trial is complete yet." in page
    assert "importances need 2 complete trials, and there are 0" in page


def test_a_report_replaces_the_earlier_one_and_leaves_nothing_else(study):
    first = write_report(study)
    assert write_report(study) == first
    assert [path.name for path in first.parent.iterdir()] == ["report.html"]


def test_the_table_has_the_best_trials_first(study):
    rows = re.findall(r'<tr( class="best")?><td class="number">(\d+)</td>', render(study))
    assert rows[0] == (' class="best"', str(study.best.number))
    assert len(rows) == 20


def test_several_objectives_have_the_front_in_place_of_the_history(two_objectives):
    page = render(two_objectives)
    assert "<h2>Pareto front</h2>" in page
    assert "Optimization history" not in page
    assert "maximize val_accuracy, minimize parameters" in page
    assert page.count('class="plotly-graph-div"') == 3
    assert "Config of the best trial by val_accuracy" in page
    assert "trial 40: infeasible: parameters &lt;= 1000" in page


def test_every_trial_of_the_front_is_in_the_table_however_many_have_a_better_first_value(two_objectives):
    front = [best.number for best in two_objectives.front]
    assert [best.values[1] for best in two_objectives.front] == [300.0, 200.0, 100.0]
    better = [trial for trial in two_objectives.trials() if trial.values and trial.values[1] > 100.0]
    assert len(better) >= 20, "else the best twenty by the first value have all depths anyway"
    rows = re.findall(r'<tr( class="best")?><td class="number">(\d+)</td>', render(two_objectives))
    assert rows[:3] == [(' class="best"', str(number)) for number in front]
    assert not any(mark for mark, _ in rows[3:])


def test_the_front_is_drawn_with_the_learned_objective_against_the_first_other(two_objectives):
    from hpo.analysis.plots.front import plot_front

    figure = plot_front(two_objectives)
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("parameters", "val_accuracy")
    others, front = figure.data
    assert sorted(front.x) == [100.0, 200.0, 300.0]
    assert len(others.x) == 37


@pytest.mark.parametrize(
    ("metric", "value", "text"),
    [
        ("val_accuracy", 0.5, "0.5000"),
        ("parameters", 1394.0, "1,394"),
        ("flops", 12.0, "12"),
        ("memory", 8.5e9, "8,500,000,000"),
        ("model_mb", 0.0055768, "0.00558"),
        ("latency_ms", 12.345, "12.3"),
        ("latency_ms", 99.97, "100"),
        ("duration_s", 7384.2, "7,384"),
    ],
)
def test_values_read_well(metric, value, text):
    assert format_value(metric, value) == text


def test_times_and_parameters_read_well():
    assert [format_duration(seconds) for seconds in (0, 59.6, 187, 7387)] == ["0:00", "1:00", "3:07", "2:03:07"]
    text = format_parameters({"depth": 2, "learning_rate": 0.00123456, "nesterov": True, "weights": None, "name": "a"})
    assert text == "depth=2, learning_rate=0.001235, nesterov=true, weights=none, name=a"


def test_a_class_without_an_image_is_not_among_the_worst_and_is_counted():
    classes = [ClassScore("cat", 0.9, 0.8, 0.85, 20, 18), ClassScore("emu", 0.0, 0.0, 0.0, 0, 0)]
    assert format_worst_classes(classes) == "cat (F1 0.85): the worst of 1 on validation; 1 more has no image there"


def test_a_macro_f1_says_over_how_many_classes_it_is_a_mean():
    classes = [{"images": 9, "predicted": 8}, {"images": 0, "predicted": 1}, {"images": 0, "predicted": 0}]
    score = {"loss": 0.5, "macro_f1": 0.25, "classes": classes}
    assert format_score(score) == "loss 0.5000, macro F1 0.2500 over 2 of 3 classes; evaluated once"
    assert format_score({**score, "classes": classes[:2]}) == "loss 0.5000, macro F1 0.2500; evaluated once"
