"""The page says what is best and why, needs no network, and shows text as text."""

from __future__ import annotations

import re

import pytest

from hpo.analysis import duration, parameter_text, render, value_text, write_report
from hpo.spaces import to_yaml


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
    assert value_text(metric, value) == text


def test_times_and_parameters_read_well():
    assert [duration(seconds) for seconds in (0, 59.6, 187, 7387)] == ["0:00", "1:00", "3:07", "2:03:07"]
    text = parameter_text({"depth": 2, "learning_rate": 0.00123456, "nesterov": True, "weights": None, "name": "a"})
    assert text == "depth=2, learning_rate=0.001235, nesterov=true, weights=none, name=a"
