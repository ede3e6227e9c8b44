"""Figures and notes as people read them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hpo.analysis import (
    format_costs,
    format_duration,
    format_parameters,
    format_score,
    format_value,
    format_worst_classes,
    shorten_note,
)
from hpo.studies import Budget, ClassScore, StudyCosts


def test_a_short_note_stays_and_a_long_one_leaves_its_files_to_inspect():
    short = "files whose ending is of no image are passed over, 7 in all: 6 .txt, 1 .md"
    assert shorten_note(short) == short
    files = "; ".join(f"b/a long name of a file {number}.png (no image that Pillow knows)" for number in range(3))
    long = f"files that cannot be decoded are left out, 6 in all: {files}; and 3 more"
    assert (
        shorten_note(long) == "files that cannot be decoded are left out, 6 in all; `hpo datasets inspect` lists them"
    )
    assert len(shorten_note("a word " * 100)) <= 140


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


def test_what_is_used_of_a_limit_leaves_out_what_confirms_others():
    costs = StudyCosts(3600.0, 1.5, 40, 3.0, "EUR")
    searched = Budget(9, 9, None, 0.0, epochs=24, costs=StudyCosts(1800.0, 1.0, 24, 2.0, "EUR"))
    assert format_costs(costs, searched) == (
        "1.5 GPU-hours, 3.00 EUR, 24 of 24 epochs (40 with those that confirm); 1:00:00 of training"
    )
    assert "3.00 EUR, 0.25 kWh, 24 of 24" in format_costs(replace(costs, energy_kwh=0.25), searched)
    limited = replace(searched, gpu_hours=2.0, cost=2.5, costs=costs)
    assert format_costs(costs, limited) == (
        "1.5 of 2 GPU-hours, 3.00 of 2.50 EUR, 40 of 24 epochs; 1:00:00 of training"
    )
